"""Turns one line of a selection, ``Field|modifiers: values``, into comparisons."""

import re2  # type: ignore[import-untyped]
from yaml.nodes import Node, SequenceNode

from tocsin.sigma.syntax import modifiers, wildcards
from tocsin.sigma.syntax.ir import Atom, Wild
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.modifiers import ModifiedValue
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.simplify import all_of, any_of, negation

_MAX_WILDCARDS = 64
"""Of one value, which is matched as an expression."""
_EXPRESSION_MEMORY = 1 << 20
"""Bytes for a compiled expression; the largest in practice need a tenth."""
_EFFORT_OF_ONE, _EFFORT_OF_CHARACTER, _EFFORT_OF_FAILURE = 100, 20, 25_000
"""Costs of compiling in addition to the instructions; a failure may have come close to the limit."""


def options() -> re2.Options:
    """Options for every expression of a rule: bounded memory, no output on stderr."""
    options_ = re2.Options()
    options_.log_errors = False
    options_.max_mem = _EXPRESSION_MEMORY
    return options_


def item(context: ParseContext, key: Node | None, field: str, names: list[str], value: Node) -> Ir:
    """*field* compared with one value or a list of them; an empty *field* is a keyword."""
    node_ = key or value
    modifiers.check(context, node_, names)
    nodes = list(value.value) if isinstance(value, SequenceNode) else [value]
    if not nodes:
        return _nothing(context, node_, field, names)
    compared = []
    for node in nodes:
        values: tuple[ModifiedValue, ...] = (modifiers.read_value(context, node),)
        for name in names:
            if name not in modifiers.LIST_MODIFIERS:
                values = tuple(changed for one in values for changed in modifiers.apply(context, name, one))
        compared.append(any_of([_atom(context, field, one) for one in values]))
    if "all" in names and len(nodes) == 1:
        context.warn(node_, "'all' has no effect on a single value; write a list or remove it", "all-of-one")
    joined = all_of(compared) if "all" in names else any_of(compared)
    return negation(joined) if "neq" in names else joined


def _nothing(context: ParseContext, node_: Node, field: str, names: list[str]) -> Ir:
    if not field:
        raise context.error(node_, "an empty list of keywords matches nothing; write one or remove it", "empty")
    context.warn(node_, f"{quoted(field)}: an empty list means that the field is absent; write null for that", "empty")
    context.count_literal(node_)
    mark = node_.start_mark
    absent = Atom(field, "null", None, line=mark.line + 1, column=mark.column + 1)
    return negation(absent) if "neq" in names else absent


def _atom(context: ParseContext, field: str, value_: ModifiedValue) -> Atom:
    parts = value_.parts or ()
    context.count_literal(value_.node, max(sum(len(part) for part in parts if isinstance(part, str)), len(parts)))
    if value_.op is None and sum(isinstance(part, Wild) for part in parts) > _MAX_WILDCARDS:
        message = f"a value has at most {_MAX_WILDCARDS} wildcards; use several values, or an expression with 're'"
        raise context.error(value_.node, message, "too-large")
    mark = value_.node.start_mark
    line, column = mark.line + 1, mark.column + 1
    match value_.op:
        case None if not field:
            return _keyword(context, value_, line, column)
        case None if value_.parts is not None:
            op, value = wildcards.operation(value_.parts)
            cased = value_.cased and op != "exists"
            return Atom(field, op, value, cased, line=line, column=column)
        case None if value_.value is None:
            return Atom(field, "null", None, line=line, column=column)
        case None:
            _warn_of_form(context, value_)
            truth = isinstance(value_.value, bool)
            return Atom(field, "eq", str(value_.value).lower() if truth else value_.value, line=line, column=column)
        case "re":
            return Atom(field, "re", _expression(context, value_), line=line, column=column)
        case "cidr":
            _bound(context, field, value_)
            return Atom(field, "cidr", value_.node.value, line=line, column=column)
        case "fieldref":
            _bound(context, field, value_)
            return _reference(field, value_, line, column)
        case _:
            _bound(context, field, value_)
            return Atom(field, value_.op, value_.value, line=line, column=column)


def _bound(context: ParseContext, field: str, one: ModifiedValue) -> None:
    if not field:
        raise context.error(one.node, f"{one.op!r} needs a field; write it before the modifier", "keyword")


def _keyword(context: ParseContext, one: ModifiedValue, line: int, column: int) -> Atom:
    """A keyword matches anywhere in the command line."""
    if one.value is None:
        raise context.error(one.node, "null is not a keyword; name the field that must be absent", "keyword")
    parts = one.parts if one.parts is not None else wildcards.pattern(one.node.value)
    op, value = wildcards.operation(wildcards.open_end(wildcards.open_start(parts)))
    if op == "exists":
        op, value = "contains", ""
    return Atom("", op, value, one.cased, line=line, column=column)


def _reference(field: str, one: ModifiedValue, line: int, column: int) -> Atom:
    name = wildcards.literal(one.parts or ())
    match one.open_start, one.open_end:
        case True, True:
            return Atom(field, "fieldref", name, one.cased, "contains", line, column)
        case True, False:
            return Atom(field, "fieldref", name, one.cased, "endswith", line, column)
        case False, True:
            return Atom(field, "fieldref", name, one.cased, "startswith", line, column)
        case _:
            return Atom(field, "fieldref", name, one.cased, line=line, column=column)


def _expression(context: ParseContext, one: ModifiedValue) -> str:
    written = one.node.value
    expression = f"(?{one.flags}){written}" if one.flags else written
    effort = _EFFORT_OF_ONE + _EFFORT_OF_CHARACTER * len(written)
    try:
        effort += re2.compile(expression, options()).programsize
    except re2.error as error:
        context.count_expression(one.node, effort + _EFFORT_OF_FAILURE)
        raise context.error(one.node, f"RE2 rejects {quoted(written)}: {_why(error)}", "regex") from error
    context.count_expression(one.node, effort)
    return expression


def _why(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    if "invalid perl operator" in text:
        return f"{text[:120]}; RE2 has neither look-around nor atomic groups: use a second selection with `not`"
    if "invalid escape sequence" in text:
        return f"{text[:120]}; RE2 has no back-references, and supports \\d \\w \\s \\b \\x41"
    if "too large" in text:
        return f"{text[:120]}; use smaller repetitions"
    return text[:200]


def _warn_of_form(context: ParseContext, one: ModifiedValue) -> None:
    """Warn of a number or boolean that YAML reads differently than a person."""
    written = one.node.value
    if isinstance(one.value, bool):
        odd = written.lower() not in ("true", "false")
    else:
        odd = not written.lstrip("+-").replace(".", "", 1).isdigit() or (written[:1] == "0" and written[1:2].isdigit())
    if odd:
        context.warn(
            one.node, f"{quoted(written)} is read as {one.value}; put it in quotes if you mean the text", "form"
        )

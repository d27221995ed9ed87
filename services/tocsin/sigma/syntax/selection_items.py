"""One line of a selection, ``Field|modifiers: values``, as comparisons."""

import re2  # type: ignore[import-untyped]
from yaml.nodes import Node, SequenceNode

from tocsin.sigma.syntax import modifiers, wildcards
from tocsin.sigma.syntax.ir import Atom, Wild
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.modifiers import Draft
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.simplify import both, either, negation

_MAX_WILDCARDS = 64
"""Of one value: it is matched as an expression."""
_EXPRESSION_MEMORY = 1 << 20
"""Bytes for a compiled expression; the longest that are in use need a tenth."""
_EFFORT_OF_ONE, _EFFORT_OF_CHARACTER, _EFFORT_OF_FAILURE = 100, 20, 25_000
"""What compiling costs besides the instructions that come of it; a failure may have come close to the bound."""


def options() -> re2.Options:
    """How every expression of a rule is compiled: bounded, and silent on stderr."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = _EXPRESSION_MEMORY
    return chosen


def item(page: ParseContext, key: Node | None, field: str, names: list[str], value: Node) -> Ir:
    """*field* compared with one value or a list of them; an empty *field* is a keyword."""
    place = key or value
    modifiers.check(page, place, names)
    nodes = list(value.value) if isinstance(value, SequenceNode) else [value]
    if not nodes:
        return _nothing(page, place, field, names)
    compared = []
    for node in nodes:
        drafts: tuple[Draft, ...] = (modifiers.draft(page, node),)
        for name in names:
            if name not in modifiers.LIST_MODIFIERS:
                drafts = tuple(made for one in drafts for made in modifiers.apply(page, name, one))
        compared.append(either([_atom(page, field, one) for one in drafts]))
    if "all" in names and len(nodes) == 1:
        page.warn(place, "'all' has no meaning with a single value; write a list or remove it", "all-of-one")
    joined = both(compared) if "all" in names else either(compared)
    return negation(joined) if "neq" in names else joined


def _nothing(page: ParseContext, place: Node, field: str, names: list[str]) -> Ir:
    if not field:
        raise page.error(place, "an empty list of keywords matches nothing; write one or remove it", "empty")
    page.warn(place, f"{shown(field)}: an empty list means that the field is missing; write null for that", "empty")
    page.count_literal(place)
    mark = place.start_mark
    absent = Atom(field, "null", None, line=mark.line + 1, column=mark.column + 1)
    return negation(absent) if "neq" in names else absent


def _atom(page: ParseContext, field: str, one: Draft) -> Atom:
    parts = one.parts or ()
    page.count_literal(one.node, max(sum(len(part) for part in parts if isinstance(part, str)), len(parts)))
    if one.op is None and sum(isinstance(part, Wild) for part in parts) > _MAX_WILDCARDS:
        told = f"a value has at most {_MAX_WILDCARDS} wildcards; use several values, or an expression with 're'"
        raise page.error(one.node, told, "too-large")
    mark = one.node.start_mark
    line, column = mark.line + 1, mark.column + 1
    match one.op:
        case None if not field:
            return _keyword(page, one, line, column)
        case None if one.parts is not None:
            op, value = wildcards.operation(one.parts)
            cased = one.cased and op != "exists"
            return Atom(field, op, value, cased, line=line, column=column)
        case None if one.value is None:
            return Atom(field, "null", None, line=line, column=column)
        case None:
            _warn_of_form(page, one)
            truth = isinstance(one.value, bool)
            return Atom(field, "eq", str(one.value).lower() if truth else one.value, line=line, column=column)
        case "re":
            return Atom(field, "re", _expression(page, one), line=line, column=column)
        case "cidr":
            _bound(page, field, one)
            return Atom(field, "cidr", one.node.value, line=line, column=column)
        case "fieldref":
            _bound(page, field, one)
            return _reference(field, one, line, column)
        case _:
            _bound(page, field, one)
            return Atom(field, one.op, one.value, line=line, column=column)


def _bound(page: ParseContext, field: str, one: Draft) -> None:
    if not field:
        raise page.error(one.node, f"{one.op!r} needs a field; write it before the modifier", "keyword")


def _keyword(page: ParseContext, one: Draft, line: int, column: int) -> Atom:
    """Looked for anywhere in the command line."""
    if one.value is None:
        raise page.error(one.node, "null is no keyword; name the field that shall be missing", "keyword")
    parts = one.parts if one.parts is not None else wildcards.pattern(one.node.value)
    op, value = wildcards.operation(wildcards.open_end(wildcards.open_start(parts)))
    if op == "exists":
        op, value = "contains", ""
    return Atom("", op, value, one.cased, line=line, column=column)


def _reference(field: str, one: Draft, line: int, column: int) -> Atom:
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


def _expression(page: ParseContext, one: Draft) -> str:
    written = one.node.value
    expression = f"(?{one.flags}){written}" if one.flags else written
    effort = _EFFORT_OF_ONE + _EFFORT_OF_CHARACTER * len(written)
    try:
        effort += re2.compile(expression, options()).programsize
    except re2.error as error:
        page.count_expression(one.node, effort + _EFFORT_OF_FAILURE)
        raise page.error(one.node, f"RE2 does not take {shown(written)}: {_why(error)}", "regex") from error
    page.count_expression(one.node, effort)
    return expression


def _why(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
    if "invalid perl operator" in text:
        return f"{text[:120]}; it has neither look-around nor atomic groups: use a second selection with `not`"
    if "invalid escape sequence" in text:
        return f"{text[:120]}; it has no back-references, and knows \\d \\w \\s \\b \\x41"
    if "too large" in text:
        return f"{text[:120]}; use smaller repetitions"
    return text[:200]


def _warn_of_form(page: ParseContext, one: Draft) -> None:
    """A number or truth that YAML reads otherwise than a person."""
    written = one.node.value
    if isinstance(one.value, bool):
        odd = written.lower() not in ("true", "false")
    else:
        odd = not written.lstrip("+-").replace(".", "", 1).isdigit() or (written[:1] == "0" and written[1:2].isdigit())
    if odd:
        page.warn(one.node, f"{shown(written)} is read as {one.value}; put it in quotes if the text is meant", "form")

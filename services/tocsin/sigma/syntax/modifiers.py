"""Applies Sigma's modifiers (``contains|all``, ``re|i``, ``base64offset`` ...), which turn values into comparisons."""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import product

from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import Node, ScalarNode

from tocsin.model.text import suggest
from tocsin.sigma.syntax import wildcards
from tocsin.sigma.syntax.ir import Op, Pattern
from tocsin.sigma.syntax.parse_context import MAX_LITERAL, ParseContext, quoted
from tocsin.sigma.syntax.scalars import Scalar, scalar

LIST_MODIFIERS = frozenset({"all", "neq"})
"""Modifiers of the whole list of values."""
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/]\b")
_MAX_DASHES = 3
_BASE64_STARTS = (0, 2, 3)
_BASE64_ENDS = (None, -3, -2)
"""Encoded characters that depend on neighbouring text, by the length of the input."""
_UTF16 = "Linux passes UTF-8 to programs, so no event could match"
_PLACEHOLDER = "there are no placeholder lists here; write out the values"
_TIME = "parts of a time cannot be compared here; group by a timespan in a correlation instead"
REFUSED = {
    "wide": _UTF16, "utf16": _UTF16, "utf16le": _UTF16, "utf16be": _UTF16, "expand": _PLACEHOLDER,
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), _TIME),
}  # fmt: skip
"""Modifiers of the specification that are not supported, and why."""


class ModifiedValue(Struct, frozen=True):
    """A value with the modifiers that were applied to it so far."""

    node: ScalarNode
    value: Scalar
    """With its YAML type."""
    op: Op | None = None
    """``None`` until a modifier sets it: the value is compared as a whole, or as a text with wildcards."""
    parts: Pattern | None = None
    """The text with its wildcards; ``None`` if it is not a text."""
    cased: bool = False
    flags: str = ""
    """Of a regular expression."""
    open_start: bool = False
    open_end: bool = False
    """Of a fieldref: other text may stand before, or after."""
    touched: bool = False
    """Whether a modifier has changed it."""


def read_value(context: ParseContext, node: Node) -> ModifiedValue:
    """The value of *node* before any modifier."""
    if not isinstance(node, ScalarNode):
        raise context.error(node, "a value must be a text, a number, true, false or null", "shape")
    if len(node.value) > MAX_LITERAL:
        raise context.error(node, f"a value has at most {MAX_LITERAL:,} characters; use a part of it", "too-large")
    value = scalar(context, node)
    return ModifiedValue(node, value, parts=wildcards.pattern(value) if isinstance(value, str) else None)


def check(context: ParseContext, key: Node, modifiers: list[str]) -> None:
    """An error for modifiers that are unknown, not supported, or repeated (which would multiply the values)."""
    for modifier in modifiers:
        if modifier in REFUSED:
            raise context.error(key, f"the modifier {modifier!r} is not supported: {REFUSED[modifier]}", "modifier")
        if modifier not in _APPLY and modifier not in LIST_MODIFIERS:
            known = [*_APPLY, *LIST_MODIFIERS]
            raise context.error(key, f"{quoted(modifier)} is not a modifier; {suggest(modifier, known)}", "modifier")
    if len(set(modifiers)) < len(modifiers):
        raise context.error(key, "a modifier appears twice; remove one", "modifier")


def apply(context: ParseContext, modifier: str, item: ModifiedValue) -> tuple[ModifiedValue, ...]:
    """The result of *modifier*; several results are alternatives."""
    return _APPLY[modifier](context, item, modifier)


def _wrong(context: ParseContext, item: ModifiedValue, text: str) -> Exception:
    return context.error(item.node, text, "modifier")


def _text(context: ParseContext, item: ModifiedValue, modifier: str) -> ModifiedValue:
    """*item* as a text: a number or a boolean as it is written."""
    if item.op is not None:
        raise _wrong(context, item, f"{modifier!r} changes texts, so it must stand before {item.op!r}")
    if item.parts is not None:
        return item
    if item.value is None:
        raise _wrong(context, item, f"{modifier!r} needs a text, not null; put the text in quotes")
    return replace(item, parts=wildcards.pattern(item.node.value))


def _pure(context: ParseContext, item: ModifiedValue, modifier: str) -> None:
    if item.touched or item.op is not None:
        raise _wrong(context, item, f"{modifier!r} must be the first modifier")


def _literal(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, str]:
    """*item* as a text without wildcards."""
    item = _text(context, item, modifier)
    parts = item.parts or ()
    if not wildcards.is_literal(parts):
        if item.touched:
            raise _wrong(context, item, f"{modifier!r} must stand before contains, startswith and endswith")
        message = rf"{modifier!r} does not support wildcards; write a literal star or question mark as \* or \?"
        raise _wrong(context, item, message)
    return item, wildcards.literal(parts)


def _around(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    start, end = modifier != "startswith", modifier != "endswith"
    if item.op == "fieldref":
        return (replace(item, open_start=item.open_start or start, open_end=item.open_end or end, touched=True),)
    if item.op == "re":
        message = f"{modifier!r} and 're' cannot be combined: an expression matches anywhere; use ^ and $"
        raise _wrong(context, item, message)
    item = _text(context, item, modifier)
    parts = item.parts or ()
    parts = wildcards.open_start(parts) if start else parts
    return (replace(item, parts=wildcards.open_end(parts) if end else parts, touched=True),)


def _cased(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    if item.op == "fieldref":
        return (replace(item, cased=True),)
    if item.op == "re":
        raise _wrong(context, item, "'cased' is not needed: an expression is case-sensitive, unless it has 'i'")
    return (replace(_text(context, item, modifier), cased=True, touched=True),)


def _expression(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    _pure(context, item, modifier)
    return (replace(_text(context, item, modifier), op="re", touched=True),)


def _flag(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    if item.op != "re":
        raise _wrong(context, item, f"{modifier!r} applies to expressions; write 're' before it")
    flag = {"ignorecase": "i", "multiline": "m", "dotall": "s"}.get(modifier, modifier)
    return (replace(item, flags="".join(sorted({*item.flags, flag}))),)


def _network(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    _pure(context, item, modifier)
    item = _text(context, item, modifier)
    written = item.node.value
    try:
        ipaddress.ip_network(written)
    except ValueError as error:
        raise _wrong(context, item, _network_hint(written)) from error
    return (replace(item, op="cidr", touched=True),)


def _network_hint(written: str) -> str:
    try:
        likely = ipaddress.ip_network(written, strict=False)
    except ValueError:
        return f"{quoted(written)} is not a network; write one like 10.0.0.0/8 or fd00::/8"
    return f"{quoted(written)} has bits set beyond its prefix; did you mean '{likely}'?"


def _compare(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    _pure(context, item, modifier)
    if isinstance(item.value, bool) or not isinstance(item.value, int | float):
        raise _wrong(context, item, f"{modifier!r} needs a number, without quotes")
    op: dict[str, Op] = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte"}
    return (replace(item, op=op[modifier], touched=True),)


def _exists(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    _pure(context, item, modifier)
    if not isinstance(item.value, bool):
        raise _wrong(context, item, "'exists' needs true or false")
    return (replace(item, op="exists", touched=True),)


def _fieldref(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    item, name = _literal(context, item, modifier)
    return (replace(item, op="fieldref", parts=(name,), touched=True),)


def _windash(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    """Each dash or slash at the start of a word stands for any kind of dash or slash."""
    item = _text(context, item, modifier)
    parts = item.parts or ()
    dashes = sum(len(_DASH.findall(part)) for part in parts if isinstance(part, str))
    if dashes > _MAX_DASHES:
        raise _wrong(
            context, item, f"{modifier!r} supports at most {_MAX_DASHES} dashes in a value; split it into several"
        )
    choices = product(_DASHES, repeat=dashes)
    return tuple(replace(item, parts=_dashed(parts, iter(chosen)), touched=True) for chosen in choices)


def _dashed(parts: Pattern, dashes: Iterator[str]) -> Pattern:
    return tuple(_DASH.sub(lambda _: next(dashes), part) if isinstance(part, str) else part for part in parts)


def _base64(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    item, text = _literal(context, item, modifier)
    return (replace(item, parts=(b64encode(text.encode()).decode(),), touched=True),)


def _base64offset(context: ParseContext, item: ModifiedValue, modifier: str) -> tuple[ModifiedValue, ...]:
    item, text = _literal(context, item, modifier)
    plain = text.encode()
    variants = []
    for shift, start in enumerate(_BASE64_STARTS):
        encoded = b64encode(b" " * shift + plain)[start : _BASE64_ENDS[(len(plain) + shift) % 3]]
        if not encoded:
            raise _wrong(
                context, item, f"{quoted(text)} is too short for {modifier!r}: no encoded character is always the same"
            )
        variants.append(replace(item, parts=(encoded.decode(),), touched=True))
    return tuple(variants)


_APPLY: dict[str, Callable[[ParseContext, ModifiedValue, str], tuple[ModifiedValue, ...]]] = {
    **dict.fromkeys(("contains", "startswith", "endswith"), _around),
    **dict.fromkeys(("i", "m", "s", "ignorecase", "multiline", "dotall"), _flag),
    **dict.fromkeys(("lt", "lte", "gt", "gte"), _compare),
    "re": _expression, "cidr": _network, "windash": _windash, "base64": _base64, "base64offset": _base64offset,
    "exists": _exists, "cased": _cased, "fieldref": _fieldref,
}  # fmt: skip

"""Values through Sigma's modifiers: ``contains|all``, ``re|i``, ``base64offset`` and the others become comparisons."""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import product

from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import Node, ScalarNode

from tocsin.sigma.syntax import wildcards
from tocsin.sigma.syntax.ir import Op, Pattern
from tocsin.sigma.syntax.parse_context import MAX_LITERAL, ParseContext, shown
from tocsin.sigma.syntax.scalars import Scalar, scalar
from tocsin.sigma.syntax.suggestions import hint

LIST_MODIFIERS = frozenset({"all", "neq"})
"""They are about the values together."""
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/]\b")
_MAX_DASHES = 3
_BASE64_STARTS = (0, 2, 3)
_BASE64_ENDS = (None, -3, -2)
"""Characters that depend on what stands before and after, by the length of what was encoded."""
_UTF16 = "Linux passes UTF-8 to programs, so no event could match"
_PLACEHOLDER = "there is no list of placeholders here; write the values out"
_TIME = "parts of a time cannot be compared here; group by a timespan in a correlation instead"
REFUSED = {
    "wide": _UTF16, "utf16": _UTF16, "utf16le": _UTF16, "utf16be": _UTF16, "expand": _PLACEHOLDER,
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), _TIME),
}  # fmt: skip
"""Modifiers of the specification that are not taken, and why."""


class Draft(Struct, frozen=True):
    """A value on its way through the modifiers."""

    node: ScalarNode
    value: Scalar
    """As YAML types it."""
    op: Op | None = None
    """``None`` while it is still compared as a whole, or as a text with wildcards."""
    parts: Pattern | None = None
    """The text with its wildcards; ``None`` for what is no text."""
    cased: bool = False
    flags: str = ""
    """Of a regular expression."""
    open_start: bool = False
    open_end: bool = False
    """Of a fieldref: something may stand before, or after."""
    touched: bool = False
    """A modifier has changed it."""


def draft(page: ParseContext, node: Node) -> Draft:
    """The value of *node* before any modifier."""
    if not isinstance(node, ScalarNode):
        raise page.error(node, "a value must be a text, a number, true, false or null", "shape")
    if len(node.value) > MAX_LITERAL:
        raise page.error(node, f"a value has at most {MAX_LITERAL:,} characters; use a part of it", "too-large")
    value = scalar(page, node)
    return Draft(node, value, parts=wildcards.pattern(value) if isinstance(value, str) else None)


def check(page: ParseContext, key: Node, modifiers: list[str]) -> None:
    """Refuse modifiers that are unknown, not taken, or written twice (several would multiply the values)."""
    for modifier in modifiers:
        if modifier in REFUSED:
            raise page.error(key, f"the modifier {modifier!r} is not taken: {REFUSED[modifier]}", "modifier")
        if modifier not in _APPLY and modifier not in LIST_MODIFIERS:
            known = [*_APPLY, *LIST_MODIFIERS]
            raise page.error(key, f"{shown(modifier)} is no modifier; {hint(modifier, known)}", "modifier")
    if len(set(modifiers)) < len(modifiers):
        raise page.error(key, "a modifier stands here twice; remove one", "modifier")


def apply(page: ParseContext, modifier: str, item: Draft) -> tuple[Draft, ...]:
    """What *modifier* makes of *item*; several stand for one of them."""
    return _APPLY[modifier](page, item, modifier)


def _wrong(page: ParseContext, item: Draft, text: str) -> Exception:
    return page.error(item.node, text, "modifier")


def _text(page: ParseContext, item: Draft, modifier: str) -> Draft:
    """*item* as a text: a number or a truth as it is written."""
    if item.op is not None:
        raise _wrong(page, item, f"{modifier!r} changes texts and must stand before {item.op!r}, or not at all")
    if item.parts is not None:
        return item
    if item.value is None:
        raise _wrong(page, item, f"{modifier!r} needs a text, not null; put the text in quotes")
    return replace(item, parts=wildcards.pattern(item.node.value))


def _pure(page: ParseContext, item: Draft, modifier: str) -> None:
    if item.touched or item.op is not None:
        raise _wrong(page, item, f"{modifier!r} must be the first modifier")


def _literal(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, str]:
    """*item* as a text without wildcards."""
    item = _text(page, item, modifier)
    parts = item.parts or ()
    if not wildcards.is_literal(parts):
        if item.touched:
            raise _wrong(page, item, f"{modifier!r} must stand before contains, startswith and endswith")
        told = rf"{modifier!r} takes no wildcards; a star or question mark that is meant is written \* or \?"
        raise _wrong(page, item, told)
    return item, wildcards.literal(parts)


def _around(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    start, end = modifier != "startswith", modifier != "endswith"
    if item.op == "fieldref":
        return (replace(item, open_start=item.open_start or start, open_end=item.open_end or end, touched=True),)
    if item.op == "re":
        told = f"{modifier!r} and 're' do not go together: an expression is found anywhere; use ^ and $"
        raise _wrong(page, item, told)
    item = _text(page, item, modifier)
    parts = item.parts or ()
    parts = wildcards.open_start(parts) if start else parts
    return (replace(item, parts=wildcards.open_end(parts) if end else parts, touched=True),)


def _cased(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    if item.op == "fieldref":
        return (replace(item, cased=True),)
    if item.op == "re":
        raise _wrong(page, item, "'cased' is not needed: an expression tells cases apart, unless 'i' is there")
    return (replace(_text(page, item, modifier), cased=True, touched=True),)


def _expression(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    _pure(page, item, modifier)
    return (replace(_text(page, item, modifier), op="re", touched=True),)


def _flag(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    if item.op != "re":
        raise _wrong(page, item, f"{modifier!r} is about expressions; write 're' before it")
    flag = {"ignorecase": "i", "multiline": "m", "dotall": "s"}.get(modifier, modifier)
    return (replace(item, flags="".join(sorted({*item.flags, flag}))),)


def _network(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    _pure(page, item, modifier)
    item = _text(page, item, modifier)
    written = item.node.value
    try:
        ipaddress.ip_network(written)
    except ValueError as error:
        raise _wrong(page, item, _network_hint(written)) from error
    return (replace(item, op="cidr", touched=True),)


def _network_hint(written: str) -> str:
    try:
        likely = ipaddress.ip_network(written, strict=False)
    except ValueError:
        return f"{shown(written)} is no network; write one like 10.0.0.0/8 or fd00::/8"
    return f"{shown(written)} has bits set beyond its prefix; did you mean '{likely}'?"


def _compare(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    _pure(page, item, modifier)
    if isinstance(item.value, bool) or not isinstance(item.value, int | float):
        raise _wrong(page, item, f"{modifier!r} needs a number, without quotes")
    op: dict[str, Op] = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte"}
    return (replace(item, op=op[modifier], touched=True),)


def _exists(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    _pure(page, item, modifier)
    if not isinstance(item.value, bool):
        raise _wrong(page, item, "'exists' needs true or false")
    return (replace(item, op="exists", touched=True),)


def _fieldref(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    item, name = _literal(page, item, modifier)
    return (replace(item, op="fieldref", parts=(name,), touched=True),)


def _windash(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    """Each dash or slash at the start of a word as any of its kind."""
    item = _text(page, item, modifier)
    parts = item.parts or ()
    dashes = sum(len(_DASH.findall(part)) for part in parts if isinstance(part, str))
    if dashes > _MAX_DASHES:
        raise _wrong(page, item, f"{modifier!r} takes at most {_MAX_DASHES} dashes in a value; split it into several")
    choices = product(_DASHES, repeat=dashes)
    return tuple(replace(item, parts=_dashed(parts, iter(chosen)), touched=True) for chosen in choices)


def _dashed(parts: Pattern, dashes: Iterator[str]) -> Pattern:
    return tuple(_DASH.sub(lambda _: next(dashes), part) if isinstance(part, str) else part for part in parts)


def _base64(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    item, text = _literal(page, item, modifier)
    return (replace(item, parts=(b64encode(text.encode()).decode(),), touched=True),)


def _base64offset(page: ParseContext, item: Draft, modifier: str) -> tuple[Draft, ...]:
    item, text = _literal(page, item, modifier)
    plain = text.encode()
    found = []
    for shift, start in enumerate(_BASE64_STARTS):
        encoded = b64encode(b" " * shift + plain)[start : _BASE64_ENDS[(len(plain) + shift) % 3]]
        if not encoded:
            raise _wrong(page, item, f"{shown(text)} is too short for {modifier!r}: nothing of it stays the same")
        found.append(replace(item, parts=(encoded.decode(),), touched=True))
    return tuple(found)


_APPLY: dict[str, Callable[[ParseContext, Draft, str], tuple[Draft, ...]]] = {
    **dict.fromkeys(("contains", "startswith", "endswith"), _around),
    **dict.fromkeys(("i", "m", "s", "ignorecase", "multiline", "dotall"), _flag),
    **dict.fromkeys(("lt", "lte", "gt", "gte"), _compare),
    "re": _expression, "cidr": _network, "windash": _windash, "base64": _base64, "base64offset": _base64offset,
    "exists": _exists, "cased": _cased, "fieldref": _fieldref,
}  # fmt: skip

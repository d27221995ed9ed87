"""Reads single values from YAML nodes: texts, booleans, numbers and durations, with an error for a wrong type."""

import math
import re
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tocsin.model.text import suggest
from tocsin.sigma.syntax.parse_context import ParseContext, quoted

_TAG = "tag:yaml.org,2002:"
_TEXTS = frozenset(_TAG + kind for kind in ("str", "timestamp", "value"))
_TRUTHS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_LONGEST_NUMBER = 40
_DURATION = re.compile(r"([0-9]{1,9})([smhdwMy])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class Entry(NamedTuple):
    """A key of a mapping with its value."""

    key: ScalarNode
    value: Node


Scalar = str | int | float | bool | None


def mapping(context: ParseContext, node: Node, what: str) -> dict[str, Entry]:
    """The entries of a mapping."""
    if not isinstance(node, MappingNode):
        raise context.error(node, f"{what}: must be a mapping of keys to values", "shape")
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise context.error(key, f"{what}: a key must be a text", "shape")
        if key.value in entries:
            raise context.error(key, f"{what}: the key {quoted(key.value)} appears twice", "duplicate-key")
        entries[key.value] = Entry(key, value)
    return entries


def check_keys(context: ParseContext, entries: dict[str, Entry], known: tuple[str, ...], what: str) -> None:
    """An error for keys that are not *known*."""
    for key, entry in entries.items():
        if key not in known:
            raise context.error(entry.key, f"{what}: unknown key {quoted(key)}; {suggest(key, known)}", "unknown-key")


def scalar(context: ParseContext, node: ScalarNode) -> Scalar:
    """The value with its type of YAML 1.1; a date stays a text."""
    tag, text = node.tag, node.value
    if tag in _TEXTS:
        return str(text)
    if tag == _TAG + "null":
        return None
    if tag == _TAG + "bool" and text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    if tag in (_TAG + "int", _TAG + "float"):
        number = _number(text, whole=tag == _TAG + "int")
        if number is None:
            raise context.error(node, f"{quoted(text)} looks like a number, but is not one; put it in quotes", "number")
        return number
    raise context.error(node, f"the tag {quoted(tag.removeprefix(_TAG))} is not supported here; remove it", "tag")


def _number(text: str, *, whole: bool) -> int | float | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    bare = text.replace("_", "").lower()
    sign = -1 if bare.startswith("-") else 1
    bare = bare.lstrip("+-")
    try:
        if ":" in bare:
            return _exact(sign * _sexagesimal(bare))
        return sign * _whole(bare) if whole else _exact(sign * float(bare))
    except (ValueError, OverflowError):
        return None


def _whole(bare: str) -> int:
    for prefix, base in (("0b", 2), ("0x", 16)):
        if bare.startswith(prefix):
            return int(bare[2:], base)
    return int(bare, 8 if len(bare) > 1 and bare.startswith("0") else 10)


def _sexagesimal(bare: str) -> float:
    number = 0.0
    for digits in bare.split(":"):
        number = number * 60 + float(digits)
    return number


def _exact(number: float) -> int | float:
    """A whole number as an int; an error for infinity and NaN."""
    if not math.isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() else number


def text(context: ParseContext, node: Node, what: str) -> str:
    """A text as written, without YAML's types; not empty."""
    if not isinstance(node, ScalarNode):
        raise context.error(node, f"{what}: must be a text, not a {_kind(node)}", "shape")
    if node.tag == _TAG + "null" or not node.value.strip():
        raise context.error(node, f"{what}: is empty; write a text, or remove the key", "shape")
    return str(node.value)


def texts(context: ParseContext, node: Node, what: str) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one, an empty value is an empty list."""
    if isinstance(node, SequenceNode):
        return tuple(text(context, item, what) for item in node.value)
    if isinstance(node, ScalarNode) and node.tag == _TAG + "null":
        return ()
    return (text(context, node, what),)


def boolean(context: ParseContext, node: Node, what: str) -> bool:
    """``true`` or ``false``."""
    value = scalar(context, node) if isinstance(node, ScalarNode) else None
    if not isinstance(value, bool):
        raise context.error(node, f"{what}: must be true or false", "shape")
    return value


def whole_number(context: ParseContext, node: Node, what: str) -> int:
    """A whole number."""
    value = scalar(context, node) if isinstance(node, ScalarNode) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise context.error(node, f"{what}: must be a whole number, without quotes", "shape")
    return value


def duration_s(context: ParseContext, node: Node, what: str) -> float:
    """A duration: ``10s``, ``5m``, ``2h``, ``1d``."""
    written = text(context, node, what)
    match = _DURATION.fullmatch(written)
    if match is None:
        raise context.error(
            node,
            f"{what}: {quoted(written)} is not a duration; write a number and s, m, h or d: 30s, 5m, 2h",
            "duration",
        )
    if match[2] not in _SECONDS:
        raise context.error(node, f"{what}: months and years differ in length; write days: 30d", "duration")
    if not int(match[1]):
        raise context.error(node, f"{what}: must be more than zero", "duration")
    return float(int(match[1]) * _SECONDS[match[2]])


def to_python(context: ParseContext, node: Node) -> Any:
    """The whole of *node* as Python values."""
    if isinstance(node, ScalarNode):
        return scalar(context, node)
    if isinstance(node, SequenceNode):
        return [to_python(context, item) for item in node.value]
    return {key.value: to_python(context, value) for key, value in node.value}


def _kind(node: Node) -> str:
    return "list" if isinstance(node, SequenceNode) else "mapping"

"""Single values out of YAML nodes: texts, truths, numbers and durations, each refused in words where it is none."""

import math
import re
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.suggestions import hint

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


def mapping(page: ParseContext, node: Node, what: str) -> dict[str, Entry]:
    """The entries of a mapping."""
    if not isinstance(node, MappingNode):
        raise page.error(node, f"{what}: must be a mapping of keys to values", "shape")
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise page.error(key, f"{what}: a key must be a text", "shape")
        if key.value in found:
            raise page.error(key, f"{what}: the key {shown(key.value)} stands here twice", "duplicate-key")
        found[key.value] = Entry(key, value)
    return found


def only(page: ParseContext, entries: dict[str, Entry], known: tuple[str, ...], what: str) -> None:
    """Refuse keys that are not *known*."""
    for key, entry in entries.items():
        if key not in known:
            raise page.error(entry.key, f"{what}: {shown(key)} is no key of it; {hint(key, known)}", "unknown-key")


def scalar(page: ParseContext, node: ScalarNode) -> Scalar:
    """The value as YAML 1.1 types it; a date stays the text that it is."""
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
            raise page.error(node, f"{shown(text)} is read as a number, but is none; put it in quotes", "number")
        return number
    raise page.error(node, f"the tag {shown(tag.removeprefix(_TAG))} is not taken here; remove it", "tag")


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
    """Whole numbers as such; neither infinity nor what is no number."""
    if not math.isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() else number


def text(page: ParseContext, node: Node, what: str) -> str:
    """A text as written, whatever YAML would make of it; not empty."""
    if not isinstance(node, ScalarNode):
        raise page.error(node, f"{what}: must be a text, not a {_kind(node)}", "shape")
    if node.tag == _TAG + "null" or not node.value.strip():
        raise page.error(node, f"{what}: is empty; write a text or remove it", "shape")
    return str(node.value)


def texts(page: ParseContext, node: Node, what: str) -> tuple[str, ...]:
    """A list of texts; a single one stands for a list of one, an empty value for none."""
    if isinstance(node, SequenceNode):
        return tuple(text(page, item, what) for item in node.value)
    if isinstance(node, ScalarNode) and node.tag == _TAG + "null":
        return ()
    return (text(page, node, what),)


def truth(page: ParseContext, node: Node, what: str) -> bool:
    """``true`` or ``false``."""
    value = scalar(page, node) if isinstance(node, ScalarNode) else None
    if not isinstance(value, bool):
        raise page.error(node, f"{what}: must be true or false", "shape")
    return value


def count(page: ParseContext, node: Node, what: str) -> int:
    """A whole number."""
    value = scalar(page, node) if isinstance(node, ScalarNode) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise page.error(node, f"{what}: must be a whole number, without quotes", "shape")
    return value


def seconds(page: ParseContext, node: Node, what: str) -> float:
    """A duration: ``10s``, ``5m``, ``2h``, ``1d``."""
    written = text(page, node, what)
    match = _DURATION.fullmatch(written)
    if match is None:
        raise page.error(
            node, f"{what}: {shown(written)} is no duration; write a number and s, m, h or d: 30s, 5m, 2h", "duration"
        )
    if match[2] not in _SECONDS:
        raise page.error(node, f"{what}: months and years differ in length; write days: 30d", "duration")
    if not int(match[1]):
        raise page.error(node, f"{what}: must be more than nothing", "duration")
    return float(int(match[1]) * _SECONDS[match[2]])


def plain(page: ParseContext, node: Node) -> Any:
    """The whole of *node* as Python values."""
    if isinstance(node, ScalarNode):
        return scalar(page, node)
    if isinstance(node, SequenceNode):
        return [plain(page, item) for item in node.value]
    return {key.value: plain(page, value) for key, value in node.value}


def _kind(node: Node) -> str:
    return "list" if isinstance(node, SequenceNode) else "mapping"

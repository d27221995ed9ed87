"""Parts of an event that few rules look at, decoded when one does; what is not as expected is not there."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw

from tocsin.model.event import ABSENT
from tocsin.sigma.fields.event_view import EventView

Values = tuple[str, ...]
"""The texts of one field; empty where the event has none."""

_any = msgspec.json.Decoder()


def part(seen: EventView, raw: Raw, *path: str) -> Any:
    """What stands in *raw*, a part of the event, under *path*; ``None`` where there is nothing."""
    if raw is ABSENT:
        return None
    found = seen.decoded.get(id(raw), ABSENT)
    if found is ABSENT:
        found = seen.decoded[id(raw)] = _decoded(raw)
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _decoded(raw: Raw) -> Any:
    try:
        return _any.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def scalar(value: object) -> Values:
    """A text, number or truth as a field's value; an empty text is none."""
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    if isinstance(value, int | float):
        return (str(value),)
    return (value,) if isinstance(value, str) and value else ()


def listed(value: object) -> Values:
    """The texts and numbers of a list."""
    return tuple(text for each in value for text in scalar(each)) if isinstance(value, list) else ()


def keyed(seen: EventView, raw: Raw, *path: str) -> Values:
    """One text, number or truth within an object."""
    return scalar(part(seen, raw, *path))


def present(seen: EventView, raw: Raw, path: Iterable[str]) -> bool:
    """Whether there is an object under *path*."""
    return isinstance(part(seen, raw, *path), dict)


def variable(seen: EventView, raw: Raw, name: str) -> Values:
    """A variable of the environment, which is written as a list of keys and values."""
    found = part(seen, raw)
    if not isinstance(found, list):
        return ()
    named = (each for each in found if isinstance(each, dict) and each.get("Key") == name)
    return tuple(text for each in named for text in scalar(each.get("Value")))

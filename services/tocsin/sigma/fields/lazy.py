"""Parts of an event that few rules need, decoded on demand; values of an unexpected type count as absent."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw

from tocsin.model.event import ABSENT
from tocsin.sigma.fields.event_view import EventView

Values = tuple[str, ...]
"""The values of one field; empty if the event has none."""

_any = msgspec.json.Decoder()


def decoded_part(view: EventView, raw: Raw, *path: str) -> Any:
    """What stands in *raw*, a part of the event, at *path*; ``None`` if there is nothing."""
    if raw is ABSENT:
        return None
    value = view.decoded.get(id(raw), ABSENT)
    if value is ABSENT:
        value = view.decoded[id(raw)] = _decoded(raw)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _decoded(raw: Raw) -> Any:
    try:
        return _any.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def scalar(value: object) -> Values:
    """A text, number or boolean as field values; none for an empty text."""
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    if isinstance(value, int | float):
        return (str(value),)
    return (value,) if isinstance(value, str) and value else ()


def list_values(value: object) -> Values:
    """The texts and numbers of a list."""
    return tuple(text for each in value for text in scalar(each)) if isinstance(value, list) else ()


def value_at(view: EventView, raw: Raw, *path: str) -> Values:
    """The text, number or boolean at *path*."""
    return scalar(decoded_part(view, raw, *path))


def has_object(view: EventView, raw: Raw, path: Iterable[str]) -> bool:
    """Whether there is an object at *path*."""
    return isinstance(decoded_part(view, raw, *path), dict)


def environment_variable(view: EventView, raw: Raw, name: str) -> Values:
    """The value of an environment variable; the environment is a list of keys and values."""
    variables = decoded_part(view, raw)
    if not isinstance(variables, list):
        return ()
    named = (each for each in variables if isinstance(each, dict) and each.get("Key") == name)
    return tuple(text for each in named for text in scalar(each.get("Value")))

"""Decoding of an event with fields of unknown types, as other versions of the agent and re-encoders write them."""

from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Raw, Struct, ValidationError

S = TypeVar("S", bound=Struct)


def salvage(kind: type[S], value: object, needed: frozenset[str], place: str = "") -> S:
    """*value* (decoded JSON) as *kind*, without the fields of a wrong type.

    ``ValidationError`` if one of *needed* (dotted paths) has a wrong type: without it the event would be misjudged.
    """
    if not isinstance(value, dict):
        raise ValidationError(f"Expected `object`, got `{_named(value)}`{_at(place)}")
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in value:
            here = f"{place}.{field.encode_name}" if place else field.encode_name
            fields[field.name] = _fitting(field.type, value[field.encode_name], needed, here)
    return kind(**fields)


def _fitting(expected: Any, value: object, needed: frozenset[str], place: str) -> Any:
    if expected is Raw:  # decoded on demand
        return Raw(msgspec.json.encode(value))
    try:
        return msgspec.convert(value, expected)
    except ValidationError as error:
        one, several = _struct_in(expected)
        if one is not None and isinstance(value, dict):
            return salvage(one, value, needed, place)
        if several is not None and isinstance(value, list):
            # an unknown element keeps its place
            return tuple(salvage(several, e, needed, place) if isinstance(e, dict) else several() for e in value)
        if place in needed:
            raise ValidationError(f"{error}{_at(place)}") from error
        return None


def _struct_in(expected: Any) -> tuple[type[Struct] | None, type[Struct] | None]:
    """The struct in ``Struct | None``, and the one in ``tuple[Struct, ...] | None``."""
    for part in get_args(expected):
        if isinstance(part, type) and issubclass(part, Struct):
            return part, None
        if get_origin(part) is tuple and issubclass(get_args(part)[0], Struct):
            return None, get_args(part)[0]
    return None, None


def _at(place: str) -> str:
    return f" - at `{place}`" if place else ""


def _named(value: object) -> str:
    names = {str: "str", list: "array", bool: "bool", int: "int", float: "float", type(None): "null"}
    return names.get(type(value), "object")

"""A filter as it travels in JSON: lists of values by field, a leading minus excludes, ``q`` is free text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from tocsin.model.alert_row import FIELDS as ROW_FIELDS
from tocsin.model.severity import WORST_FIRST

MAX_VALUES = 64
MAX_CHARACTERS = 512
_MAX_WORDS = 16
WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
"""A quoted phrase or a word of free text."""
EXCLUDES = "-"
_LITERAL = re.compile(r"\\*-")
_SEVERITIES = tuple(severity.value for severity in WORST_FIRST)
TEXT, _SEVERITY = "q", "severity"

FIELDS = tuple(name for name, field in ROW_FIELDS.items() if field.use.filter)
"""The fields that a filter may name."""
OLD_NAMES: Mapping[str, str] = {
    "sev": "severity", "ns": "namespace", "wl": "workload", "proc": "process", "event": "event_type", "rule": "rules",
    "att": "techniques",
}  # fmt: skip
"""Former names of fields, which are understood for one release."""
_NAMES = {name: [name, *(old for old, new in OLD_NAMES.items() if new == name)] for name in FIELDS}
"""Each field with the names that it may have."""


class FilterError(ValueError):
    """The text names the wrong field and what is allowed."""


class Values(Struct, frozen=True):
    """What one field must have: any of `wanted`, if there are any, and none of `unwanted`."""

    field: str
    wanted: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()

    def allow(self, values: Iterable[str]) -> bool:
        """Whether these values pass."""
        present = frozenset(values)
        return not (present & self.unwanted) and (not self.wanted or bool(present & self.wanted))


class Filter(Struct, frozen=True):
    """An alert passes if all fields allow its values and all words are in its text."""

    fields: tuple[Values, ...] = ()
    """In the order of `FIELDS`, so that filters with the same meaning are equal."""
    words: tuple[str, ...] = ()
    """Lower case, sorted."""

    @property
    def severities(self) -> tuple[bool, ...] | None:
        """For each severity, worst first, whether it passes; ``None`` if more than the severity decides."""
        if self.words or any(values.field != _SEVERITY for values in self.fields):
            return None
        return self.possible

    @property
    def possible(self) -> tuple[bool, ...]:
        """For each severity, worst first, whether an alert of it can pass."""
        limits = [values for values in self.fields if values.field == _SEVERITY]
        return tuple(all(values.allow((name,)) for values in limits) for name in _SEVERITIES)

    def without(self, *fields: str) -> "Filter":
        """The same without the values of these fields."""
        return Filter(tuple(values for values in self.fields if values.field not in fields), self.words)


EVERYTHING = Filter()


def parse(wire: Mapping[str, Any]) -> Filter:
    """The filter of a JSON object; `FilterError` for a value of the wrong form. Unknown fields are ignored."""
    fields = [values for name, names in _NAMES.items() if (values := _values(name, names, wire)) is not None]
    return Filter(tuple(fields), words(_text(wire.get(TEXT) or "")))


def write(filter_: Filter) -> dict[str, list[str] | str]:
    """The JSON object of a filter: what `parse` reads."""
    wire: dict[str, list[str] | str] = {}
    for values in filter_.fields:
        wanted = [signed(value, excludes=False) for value in sorted(values.wanted)]
        wire[values.field] = wanted + [signed(value, excludes=True) for value in sorted(values.unwanted)]
    if filter_.words:
        wire[TEXT] = " ".join(f'"{word}"' if re.search(r"\s", word) else word for word in filter_.words)
    return wire


def old_names(wire: Mapping[str, Any]) -> list[str]:
    """The old names of fields in a JSON object or in parameters."""
    return [name for name in OLD_NAMES if name in wire]


def unsigned(value: str) -> tuple[str, bool]:
    """The value itself, and whether it excludes; a wanted one that begins with a minus has a backslash before it."""
    if value.startswith(EXCLUDES):
        return value[1:], True
    return (value[1:], False) if value[:1] == "\\" and _LITERAL.match(value) else (value, False)


def signed(text: str, *, excludes: bool) -> str:
    """The value as it travels: the reverse of `unsigned`."""
    if excludes:
        return f"{EXCLUDES}{text}"
    return f"\\{text}" if _LITERAL.match(text) else text


def words(text: str) -> tuple[str, ...]:
    """The words of a free text, lower case; double quotes make one word of a phrase. `FilterError` for too many."""
    unique = {phrase or word for phrase, word in WORD.findall(text.lower())} - {""}
    if len(unique) > _MAX_WORDS:
        raise FilterError(f"q must be at most {_MAX_WORDS} words; what stands between double quotes is one")
    return tuple(sorted(unique))


def _text(text: object) -> str:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise FilterError(f"q must be a text of at most {MAX_CHARACTERS} characters")
    return text


def _values(name: str, names: Iterable[str], wire: Mapping[str, Any]) -> Values | None:
    """The values of one field, whichever of its names they have."""
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for given in (wire[key] for key in names if key in wire):
        if not isinstance(given, list) or len(given) > MAX_VALUES:
            raise FilterError(f"{name} must be a list of at most {MAX_VALUES} values")
        for value in given:
            if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
                raise FilterError(f"{name}: a value must be a text of at most {MAX_CHARACTERS} characters")
            text, excludes = unsigned(value)
            if name == _SEVERITY and text not in _SEVERITIES:
                raise FilterError(f"{name}: {text[:40]!r} is none of {', '.join(_SEVERITIES)}")
            (unwanted if excludes else wanted).add(text)
    return Values(name, frozenset(wanted), frozenset(unwanted)) if wanted or unwanted else None

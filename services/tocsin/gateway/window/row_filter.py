"""What a client wants to see: values by field, any of one field, all of the fields, and what is excluded wins."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from msgspec import Struct

from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES

MAX_VALUES = 64
MAX_CHARACTERS = 512
_MAX_WORDS = 16
_MEMO = 5_000
WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
"""A quoted phrase or a word of free text."""
EXCLUDES = "-"
_LITERAL = re.compile(r"\\*-")


class FilterError(ValueError):
    """The text says which field is wrong, and what is allowed."""


def _event(shape: SharedFields) -> Iterable[str]:
    return shape.fn, shape.event


def _kind(shape: SharedFields) -> Iterable[str]:
    return shape.event, shape.event.removeprefix("process_")


def _technique(shape: SharedFields) -> Iterable[str]:
    return (*shape.att, *(technique.partition(".")[0] for technique in shape.att))


_OF_SHAPE: Mapping[str, Callable[[SharedFields], Iterable[str]]] = {
    "sev": lambda shape: (shape.sev.value,),
    "ns": lambda shape: (shape.ns,),
    "pod": lambda shape: (shape.pod,),
    "wl": lambda shape: (shape.wl,),
    "node": lambda shape: (shape.node,),
    "proc": lambda shape: (shape.bin, shape.bin.rpartition("/")[2]),
    "event": _event,
    "kind": _kind,
    "rule": lambda shape: shape.rules,
    "att": _technique,
    "container": lambda shape: (shape.container,),
}
_TARGET, _TEXT, _SEVERITY = "target", "q", "sev"
FIELDS = (*_OF_SHAPE, _TARGET)


class Values(Struct, frozen=True):
    """Of one field: one of `wanted` (any, where there is none) and none of `unwanted`."""

    field: str
    wanted: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()

    def allow(self, values: Iterable[str]) -> bool:
        """Whether these values pass."""
        own = frozenset(values)
        return not (own & self.unwanted) and (not self.wanted or bool(own & self.wanted))


class Filter(Struct, frozen=True):
    """Equal filters are equal, however they were written."""

    fields: tuple[Values, ...] = ()
    words: tuple[str, ...] = ()
    """All of them must be in the text, lower case."""

    @property
    def by_shape(self) -> bool:
        """Whether rows of one shape pass or fail together, so that a window is searched in no time."""
        return not self.words and all(values.field != _TARGET for values in self.fields)

    @property
    def severities(self) -> tuple[bool, ...] | None:
        """For each severity whether all of it passes; ``None`` where it is not the severity alone that decides."""
        if self.words or any(values.field != _SEVERITY for values in self.fields):
            return None
        return tuple(all(values.allow((name,)) for values in self.fields) for name in SEVERITIES)

    @property
    def possible(self) -> tuple[bool, ...]:
        """For each severity whether any of it may pass."""
        own = [values for values in self.fields if values.field == _SEVERITY]
        return tuple(all(values.allow((name,)) for values in own) for name in SEVERITIES)

    def without(self, *fields: str) -> "Filter":
        """The same but for what it says of these fields."""
        return Filter(tuple(values for values in self.fields if values.field not in fields), self.words)

    def match(self) -> "Matcher | None":
        """A test for rows, which remembers what it found of each shape; ``None`` where every row passes."""
        return Matcher(self) if self.fields or self.words else None


EVERYTHING = Filter()


class Matchers:
    """One matcher for equal filters, as long as somebody has it; for one thread."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Filter, Matcher] = WeakValueDictionary()

    def of(self, wanted: Filter) -> "Matcher | None":
        """The filter's matcher; ``None`` where every row passes."""
        found = self._known.get(wanted)
        if found is None and (found := wanted.match()) is not None:
            self._known[wanted] = found
        return found


class Matcher:
    """A test for rows, made by `Filter.match`."""

    def __init__(self, wanted: Filter) -> None:
        self._fields = [(values, _OF_SHAPE[values.field]) for values in wanted.fields if values.field != _TARGET]
        self._target = next((values for values in wanted.fields if values.field == _TARGET), None)
        self._words = wanted.words
        self._memo: dict[SharedFields, tuple[str, ...] | None] = {}

    def __call__(self, row: Row) -> bool:
        """Whether the row passes."""
        shape = row.shape
        words = self._memo[shape] if shape in self._memo else self._look(shape)
        if words is None:
            return False
        if words:
            own = f"{row.args}\n{row.target}".lower()
            if not all(word in own for word in words):
                return False
        return self._target is None or self._target.allow((row.target,))

    def shape(self, shape: SharedFields) -> bool:
        """Whether rows of this shape may pass."""
        return (self._memo[shape] if shape in self._memo else self._look(shape)) is not None

    def _look(self, shape: SharedFields) -> tuple[str, ...] | None:
        """The words that the row's own text must still have; ``None`` where no row of this shape passes."""
        if len(self._memo) >= _MEMO:
            self._memo.clear()
        passes = all(values.allow(of(shape)) for values, of in self._fields)
        text = shape.text if passes and self._words else ""
        words = tuple(word for word in self._words if word not in text) if passes else None
        self._memo[shape] = words
        return words


def parse(wire: Mapping[str, Any]) -> Filter:
    """A filter as it travels: lists of values by field, a leading ``-`` excludes; ``q`` is free text.

    Fields that are not known are ignored, as the protocol has it; `FilterError` where one has a wrong shape or value.
    """
    fields = []
    for name in FIELDS:
        if name in wire:
            values = _values(name, wire[name])
            if values is not None:
                fields.append(values)
    return Filter(tuple(fields), words(_text(wire.get(_TEXT) or "")))


def unsigned(value: str) -> tuple[str, bool]:
    """The value itself, and whether it excludes; a wanted one that begins with a minus has a backslash before it."""
    if value.startswith(EXCLUDES):
        return value[1:], True
    return (value[1:], False) if value[:1] == "\\" and _LITERAL.match(value) else (value, False)


def signed(text: str, *, excludes: bool) -> str:
    """The value as it travels: what `unsigned` takes apart."""
    if excludes:
        return f"{EXCLUDES}{text}"
    return f"\\{text}" if _LITERAL.match(text) else text


def words(text: str) -> tuple[str, ...]:
    """The words of a free text, lower case; what stands between double quotes is one. `FilterError` for too many."""
    found = {phrase or word for phrase, word in WORD.findall(text.lower())}
    if len(found - {""}) > _MAX_WORDS:
        raise FilterError(f"q must be at most {_MAX_WORDS} words; what stands between double quotes is one")
    return tuple(sorted(found - {""}))


def _text(text: object) -> str:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise FilterError(f"q must be a text of at most {MAX_CHARACTERS} characters")
    return text


def _values(name: str, given: object) -> Values | None:
    if not isinstance(given, list) or len(given) > MAX_VALUES:
        raise FilterError(f"{name} must be a list of at most {MAX_VALUES} values")
    wanted: set[str] = set()
    unwanted: set[str] = set()
    for value in given:
        if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
            raise FilterError(f"{name}: a value must be a text of at most {MAX_CHARACTERS} characters")
        bare, excludes = unsigned(value)
        if name == _SEVERITY and bare not in SEVERITIES:
            raise FilterError(f"sev: {bare[:40]!r} is none of {', '.join(SEVERITIES)}")
        (unwanted if excludes else wanted).add(bare)
    return Values(name, frozenset(wanted), frozenset(unwanted)) if wanted or unwanted else None

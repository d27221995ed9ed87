"""What a client wants to see: values by field, any of one field, all of the fields, and what is excluded wins."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from tocsin.gateway.rows import SEVERITIES, Row, Shape

MAX_VALUES = 64
MAX_CHARACTERS = 512
_MAX_WORDS = 16
_MEMO = 5_000
_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')


class FilterError(ValueError):
    """The text says which field is wrong, and what is allowed."""


def _event(shape: Shape) -> Iterable[str]:
    return shape.fn, shape.event


def _kind(shape: Shape) -> Iterable[str]:
    return shape.event, shape.event.removeprefix("process_")


def _technique(shape: Shape) -> Iterable[str]:
    return (*shape.att, *(technique.partition(".")[0] for technique in shape.att))


_OF_SHAPE: Mapping[str, Callable[[Shape], Iterable[str]]] = {
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
_TARGET, _TEXT = "target", "q"
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

    def match(self) -> "Matcher | None":
        """A test for rows, which remembers what it found of each shape; ``None`` where every row passes."""
        return Matcher(self) if self.fields or self.words else None


EVERYTHING = Filter()


class Matcher:
    """A test for rows, made by `Filter.match`."""

    def __init__(self, wanted: Filter) -> None:
        self._fields = [(values, _OF_SHAPE[values.field]) for values in wanted.fields if values.field != _TARGET]
        self._target = next((values for values in wanted.fields if values.field == _TARGET), None)
        self._words = wanted.words
        self._memo: dict[Shape, tuple[str, ...] | None] = {}

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

    def shape(self, shape: Shape) -> bool:
        """Whether rows of this shape may pass."""
        return (self._memo[shape] if shape in self._memo else self._look(shape)) is not None

    def _look(self, shape: Shape) -> tuple[str, ...] | None:
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


def words(text: str) -> tuple[str, ...]:
    """The words of a free text, lower case; what stands between double quotes is one. `FilterError` for too many."""
    found = {phrase or word for phrase, word in _WORD.findall(text.lower())}
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
        bare = value.removeprefix("-")
        if name == "sev" and bare not in SEVERITIES:
            raise FilterError(f"sev: {bare[:40]!r} is none of {', '.join(SEVERITIES)}")
        (unwanted if value.startswith("-") else wanted).add(bare)
    return Values(name, frozenset(wanted), frozenset(unwanted)) if wanted or unwanted else None

"""An index of the literals that rules require: each location is searched once, and the rest is bit arithmetic.

Each alternative of each rule is one bit. A location returns the bits whose texts are there; an alternative remains if
all its locations return its bit. Rules are in the order of their bits.
"""

from collections.abc import Callable, Mapping, Sequence

import ahocorasick  # type: ignore[import-not-found]

from tocsin.sigma.fields.event_parts import PARTS, SOURCES
from tocsin.sigma.fields.hooks import settled
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiled_rule import CompiledRule
from tocsin.sigma.matching.required_literals import Location, RequiredLiterals

_ORDER = {"part": 0, "exact": 1, "name": 2, "text": 3}
"""The cheapest locations are searched first, and may make the others unnecessary."""
_KNOWN, _KNOWN_CHARACTERS = 2048, 256
"""Limits of the cache of bits by value: its size, and the length of a value, since containers choose some values."""


class ExactValues:
    """Whole values, found by hash; results are cached by the source of the values."""

    __slots__ = ("_bits", "_field", "_known", "_source")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: the bits that require a text, by text."""
        self._field, self._bits = field, wanted
        self._known: dict[object, int] = {}
        self._source = SOURCES.get(field)

    def hits(self, record: EventRecord) -> int:
        """The bits of the texts that are there."""
        source = self._source(record) if self._source is not None else record.values(self._field)
        if source is None or source == ():
            return 0
        known = self._known.get(source)
        return self._learned(source, record) if known is None else known

    def _learned(self, source: object, record: EventRecord) -> int:
        bits = 0
        values = record.values(self._field)
        for value in values:
            bits |= self._bits.get(value.lower(), 0)
        short = not isinstance(source, str) or len(source) <= _KNOWN_CHARACTERS
        if short and len(self._known) < _KNOWN and sum(map(len, values)) <= _KNOWN_CHARACTERS:
            self._known[source] = bits
        return bits


class ProgramNames:
    """The last part of a program's path."""

    __slots__ = ("_bits", "_parent")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: the bits that require a name, by name."""
        self._parent, self._bits = field == "ParentImage", wanted

    def hits(self, record: EventRecord) -> int:
        """The bits that require this program."""
        path = (record.parent if self._parent else record.process).binary
        return self._bits.get(path.rpartition("/")[2].lower(), 0) if path else 0


class PartPresence:
    """The presence of a part of the event."""

    __slots__ = ("_bits", "_there")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: the bits that require the part, for the empty text."""
        self._there, self._bits = PARTS[field], _union(wanted)

    def hits(self, record: EventRecord) -> int:
        """The bits if the part is there."""
        return self._bits if self._there(record) else 0


class TextSearch:
    """Texts within a text, all searched in one pass."""

    __slots__ = ("_field", "_iterate")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: the bits that require a text, by text."""
        self._field = field
        self._iterate = build_automaton(wanted).iter

    def hits(self, record: EventRecord) -> int:
        """The bits of the texts that are there."""
        union = 0
        for value in record.folded(self._field):
            for _, bits in self._iterate(value):
                union |= bits
        return union


def build_automaton(words: Mapping[str, int | str]) -> "ahocorasick.Automaton":
    """An automaton that searches all *words* (not empty) at once."""
    automaton = ahocorasick.Automaton()
    for word, value in words.items():
        automaton.add_word(word, value)
    automaton.make_automaton()
    return automaton


_MATCHERS: dict[str, type[PartPresence | ExactValues | ProgramNames | TextSearch]] = {
    "part": PartPresence,
    "name": ProgramNames,
    "exact": ExactValues,
    "text": TextSearch,
}


_Step = tuple[Location, int, Callable[[EventRecord], int]]
"""A location, the bits that require something there, and its search."""
_Start = tuple[int, tuple[_Step, ...]]
"""The possible bits for a type of events, and the locations to search in each event."""


class LiteralIndex:
    """The index of the rules for one kind of event."""

    def __init__(self, rules: Sequence[tuple[CompiledRule, RequiredLiterals | None]]) -> None:
        """*rules* in the order of the results, each with its required literals."""
        self.rules = [rule for rule, _ in rules]
        self._owners: list[CompiledRule] = []
        wanted: dict[Location, dict[str, int]] = {}
        for rule, ways in rules:
            for way in ways if ways is not None else ({},):
                bit = 1 << len(self._owners)
                self._owners.append(rule)
                for place, texts in way.items():
                    words = wanted.setdefault(place, {})
                    for text in texts:
                        words[text] = words.get(text, 0) | bit
        self._all = (1 << len(self._owners)) - 1
        self._places: tuple[_Step, ...] = tuple(
            (place, _union(words), _MATCHERS[place.kind](place.field, words).hits)
            for place, words in sorted(wanted.items(), key=_cheapest_first)
        )
        self._starts: dict[str, _Start] = {}

    def candidates(self, record: EventRecord) -> list[CompiledRule]:
        """Every rule that may match; no matching rule is missing."""
        start = self._starts.get(record.event_type)
        bits, steps = start if start is not None else self._start(record)
        for _, mask, hits in steps:
            wanted = bits & mask
            if wanted:
                bits = bits ^ wanted | wanted & hits(record)
        rules: list[CompiledRule] = []
        owners, last = self._owners, None
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            owner = owners[lowest.bit_length() - 1]
            if owner is not last:
                rules.append(owner)
                last = owner
        return rules

    def _start(self, record: EventRecord) -> _Start:
        """The remaining bits and steps after those with the same result for all events of one type."""
        bits, left = self._all, []
        for step in self._places:
            place, mask, hits = step
            if not settled(place.field, record.function):
                left.append(step)
            elif wanted := bits & mask:
                bits = bits ^ wanted | wanted & hits(record)
        start = bits, tuple(step for step in left if step[1] & bits)
        if len(self._starts) < _KNOWN and len(record.event_type) <= _KNOWN_CHARACTERS:
            self._starts[record.event_type] = start
        return start


def _cheapest_first(item: tuple[Location, dict[str, int]]) -> tuple[int, int]:
    place, words = item
    return _ORDER[place.kind], -_union(words).bit_count()


def _union(words: dict[str, int]) -> int:
    union = 0
    for bits in words.values():
        union |= bits
    return union

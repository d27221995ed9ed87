"""Which rules an event may match: each place that rules want a text in is looked at once, and the rest is arithmetic.

Every way of every rule's witness is one bit. A place tells the bits whose texts are there; a way is left when all its
places have told so. Rules stand in the order of the bits.
"""

from collections.abc import Callable, Mapping, Sequence

import ahocorasick  # type: ignore[import-not-found]

from tocsin.sigma.fields.event_parts import PARTS, SOURCES
from tocsin.sigma.fields.hooks import settled
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiled_rule import Compiled
from tocsin.sigma.matching.required_literals import Place, Witness

_ORDER = {"part": 0, "exact": 1, "name": 2, "text": 3}
"""What costs least is looked at first, and may make the rest needless."""
_KNOWN, _KNOWN_CHARACTERS = 2048, 256
"""Values of which the bits are kept: so many, and only short ones, since containers choose some."""


class Values:
    """Whole values, found by hash; what was found is kept under what the values are made of."""

    __slots__ = ("_bits", "_field", "_known", "_source")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: text to the bits that want it."""
        self._field, self._bits = field, wanted
        self._known: dict[object, int] = {}
        self._source = SOURCES.get(field)

    def hits(self, record: EventRecord) -> int:
        """The bits whose texts are there."""
        source = self._source(record) if self._source is not None else record.values(self._field)
        if source is None or source == ():
            return 0
        known = self._known.get(source)
        return self._learned(source, record) if known is None else known

    def _learned(self, source: object, record: EventRecord) -> int:
        found = 0
        values = record.values(self._field)
        for value in values:
            found |= self._bits.get(value.lower(), 0)
        short = not isinstance(source, str) or len(source) <= _KNOWN_CHARACTERS
        if short and len(self._known) < _KNOWN and sum(map(len, values)) <= _KNOWN_CHARACTERS:
            self._known[source] = found
        return found


class Names:
    """The last part of the path of a program."""

    __slots__ = ("_bits", "_parent")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: name to the bits that want it."""
        self._parent, self._bits = field == "ParentImage", wanted

    def hits(self, record: EventRecord) -> int:
        """The bits whose program it is."""
        path = (record.parent if self._parent else record.process).binary
        return self._bits.get(path.rpartition("/")[2].lower(), 0) if path else 0


class Part:
    """A part of the event that is there, or not."""

    __slots__ = ("_bits", "_there")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: the bits that want the part, under the empty text."""
        self._there, self._bits = PARTS[field], _union(wanted)

    def hits(self, record: EventRecord) -> int:
        """The bits whose part is there."""
        return self._bits if self._there(record) else 0


class Texts:
    """Texts within a text, all found in one pass."""

    __slots__ = ("_field", "_iterate")

    def __init__(self, field: str, wanted: dict[str, int]) -> None:
        """*wanted*: text to the bits that want it."""
        self._field = field
        self._iterate = automaton(wanted).iter

    def hits(self, record: EventRecord) -> int:
        """The bits whose texts are there."""
        found = 0
        for value in record.folded(self._field):
            for _, bits in self._iterate(value):
                found |= bits
        return found


def automaton(words: Mapping[str, int | str]) -> "ahocorasick.Automaton":
    """All of *words* (not empty), ready to be looked for at once."""
    made = ahocorasick.Automaton()
    for word, value in words.items():
        made.add_word(word, value)
    made.make_automaton()
    return made


_LOOKS: dict[str, type[Part | Values | Names | Texts]] = {"part": Part, "name": Names, "exact": Values, "text": Texts}


_Step = tuple[Place, int, Callable[[EventRecord], int]]
"""A place, the bits that want something of it, and those that get it."""
_Start = tuple[int, tuple[_Step, ...]]
"""The bits that are possible for a type of events, and what is to be looked at in each."""


class Index:
    """The rules of one kind of event."""

    def __init__(self, rules: Sequence[tuple[Compiled, Witness | None]]) -> None:
        """*rules*, in the order in which they shall be found, each with what must be there for it to match."""
        self.rules = [rule for rule, _ in rules]
        self._owners: list[Compiled] = []
        wanted: dict[Place, dict[str, int]] = {}
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
            (place, _union(words), _LOOKS[place.kind](place.field, words).hits)
            for place, words in sorted(wanted.items(), key=_cheapest_first)
        )
        self._starts: dict[str, _Start] = {}

    def candidates(self, record: EventRecord) -> list[Compiled]:
        """Every rule that may match; none that does is missing."""
        start = self._starts.get(record.event_type)
        bits, steps = start if start is not None else self._start(record)
        for _, mask, hits in steps:
            wanted = bits & mask
            if wanted:
                bits = bits ^ wanted | wanted & hits(record)
        found: list[Compiled] = []
        owners, last = self._owners, None
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            owner = owners[lowest.bit_length() - 1]
            if owner is not last:
                found.append(owner)
                last = owner
        return found

    def _start(self, record: EventRecord) -> _Start:
        """What is left once that has been looked at which is the same for all events of one type."""
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


def _cheapest_first(item: tuple[Place, dict[str, int]]) -> tuple[int, int]:
    place, words = item
    return _ORDER[place.kind], -_union(words).bit_count()


def _union(words: dict[str, int]) -> int:
    found = 0
    for bits in words.values():
        found |= bits
    return found

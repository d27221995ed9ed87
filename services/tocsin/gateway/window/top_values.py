"""What is most frequent, counted by minute and by hour, so that the top of a quarter of an hour costs no search."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from tocsin.gateway.window.rows import SharedFields
from tocsin.gateway.window.severities import SEVERITIES

Entry = tuple[str, int, str]
"""Value, how many, and the worst severity among them."""

_MINUTE_S, _HOUR_S = 60, 3_600
_MINUTES = 61
_VALUES = 300
"""Values of one list that one minute or hour remembers."""
_FRESH = 4_096
_LENGTH = 10
_INDEX_BITS, _INDEX_MASK = 2, 3
"""A count and the index of its worst severity are kept in one integer: there are many."""

DIMENSIONS: Mapping[str, Callable[[SharedFields], Iterable[str]]] = {
    "event": lambda shape: (shape.fn,),
    "process": lambda shape: (shape.bin,),
    "namespace": lambda shape: (shape.ns,),
    "node": lambda shape: (shape.node,),
    "workload": lambda shape: (shape.wl,),
    "rule": lambda shape: shape.rules,
    "technique": lambda shape: shape.att,
}

_Lists = dict[str, dict[str, int]]


class TopValues:
    """Counts of values over time. Where new names come in a flood, the rare ones of their minute are forgotten."""

    def __init__(self, window_s: int) -> None:
        """Nothing older than *window_s* is kept."""
        self._hours = window_s // _HOUR_S + 2
        self._fresh: Counter[tuple[int, SharedFields]] = Counter()
        """What was not yet sorted into the lists: many alerts of a second share minute and shape."""
        self._by_minute: dict[int, _Lists] = {}
        self._by_hour: dict[int, _Lists] = {}

    def add(self, shape: SharedFields, second: int) -> None:
        """Count one."""
        self._fresh[second // _MINUTE_S, shape] += 1
        if len(self._fresh) >= _FRESH:
            self._settle()

    def lists(self, now_s: int, window_s: int) -> dict[str, list[Entry]]:
        """The ten most frequent of everything in the last *window_s*, in whole minutes (long ones: hours)."""
        return {name: _best(counts) for name, counts in self._counts(now_s - window_s, None, now_s).items()}

    def between(self, from_s: int, to_s: int, now_s: int, length: int) -> tuple[dict[str, list[Entry]], dict[str, int]]:
        """The *length* most frequent of everything in a time, in whole minutes or hours; how many values are known."""
        counted = self._counts(from_s, to_s, now_s)
        lists = {name: _best(counts, length) for name, counts in counted.items()}
        return lists, {name: len(counts) for name, counts in counted.items()}

    def _counts(self, from_s: int, to_s: int | None, now_s: int) -> _Lists:
        self._settle()
        held, width = (self._by_minute, _MINUTE_S) if now_s - from_s <= _HOUR_S else (self._by_hour, _HOUR_S)
        places = [
            lists
            for place, lists in held.items()
            if place >= from_s // width and (to_s is None or place * width < to_s)
        ]
        return {name: _sum(lists[name] for lists in places) for name in DIMENSIONS}

    def _settle(self) -> None:
        for (minute, shape), n in self._fresh.items():
            for held, place, limit in (
                (self._by_minute, minute, _MINUTES),
                (self._by_hour, minute * _MINUTE_S // _HOUR_S, self._hours),
            ):
                lists = held.get(place)
                if lists is None:
                    lists = held[place] = {name: {} for name in DIMENSIONS}
                    while len(held) > limit:
                        del held[min(held)]
                for name, values in DIMENSIONS.items():
                    _count(lists[name], values(shape), n, shape.index)
        self._fresh.clear()


def rank(
    shapes: Iterable[tuple[SharedFields, int]], values: Callable[[SharedFields], Iterable[str]], length: int = _LENGTH
) -> list[Entry]:
    """The most frequent values, ties by name; what is empty does not count."""
    return ranked(shapes, values, length)[0]


def ranked(
    shapes: Iterable[tuple[SharedFields, int]], values: Callable[[SharedFields], Iterable[str]], length: int
) -> tuple[list[Entry], int]:
    """The same, and how many different values there are."""
    counts: dict[str, int] = {}
    seen = counts.get
    for shape, n in shapes:
        for value in values(shape):
            if value:
                packed = seen(value, _INDEX_MASK)
                counts[value] = (packed >> _INDEX_BITS) + n << _INDEX_BITS | min(packed & _INDEX_MASK, shape.index)
    return _best(counts, length), len(counts)


def _count(counts: dict[str, int], values: Iterable[str], n: int, index: int, limit: int | None = _VALUES) -> None:
    for value in values:
        if value:
            packed = counts.get(value, _INDEX_MASK)
            counts[value] = (packed >> _INDEX_BITS) + n << _INDEX_BITS | min(packed & _INDEX_MASK, index)
    if limit is not None and len(counts) > limit:
        kept = sorted(counts.items(), key=lambda item: -item[1])[: limit // 2]
        counts.clear()
        counts.update(kept)


def _sum(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for part in parts:
        for value, packed in part.items():
            _count(whole, (value,), packed >> _INDEX_BITS, packed & _INDEX_MASK, limit=None)
    return whole


def _best(counts: dict[str, int], length: int = _LENGTH) -> list[Entry]:
    best = sorted(counts.items(), key=lambda item: (-(item[1] >> _INDEX_BITS), item[0]))[:length]
    return [(value, packed >> _INDEX_BITS, SEVERITIES[packed & _INDEX_MASK]) for value, packed in best]

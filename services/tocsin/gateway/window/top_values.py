"""The most frequent values, counted by minute and by hour, so that the top of a quarter of an hour needs no scan."""

from collections import Counter
from collections.abc import Callable, Iterable

from tocsin.gateway.window.rows import SharedFields
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.alert_row import FACETS

Entry = tuple[str, int, str]
"""A value, its number of alerts, and the worst severity among them."""

_MINUTE_S, _HOUR_S = 60, 3_600
_MINUTES = 61
_VALUES = 300
"""The most values of one list that are kept for a minute or hour."""
_FRESH = 4_096
_LENGTH = 10
_INDEX_BITS, _INDEX_MASK = 2, 3
"""A count and the index of its worst severity share one integer: there are many of them."""

_Lists = dict[str, dict[str, int]]


class TopValues:
    """Counts of values over time. In a flood of new values, the rare ones of the minute are dropped."""

    def __init__(self, window_s: int) -> None:
        """Nothing older than *window_s* is kept."""
        self._hours = window_s // _HOUR_S + 2
        self._fresh: Counter[tuple[int, SharedFields]] = Counter()
        """Alerts that are not in the lists yet: many alerts of a second share minute and shape."""
        self._by_minute: dict[int, _Lists] = {}
        self._by_hour: dict[int, _Lists] = {}

    def add(self, shape: SharedFields, second: int) -> None:
        """Count one alert."""
        self._fresh[second // _MINUTE_S, shape] += 1
        if len(self._fresh) >= _FRESH:
            self._flush()

    def lists(self, now_s: int, window_s: int) -> dict[str, list[Entry]]:
        """The ten most frequent values of each list in the last *window_s*, in whole minutes or hours."""
        return {name: _best(counts) for name, counts in self._counts(now_s - window_s, None, now_s).items()}

    def between(self, from_s: int, to_s: int, now_s: int, length: int) -> tuple[dict[str, list[Entry]], dict[str, int]]:
        """The *length* most frequent values of each list in a range, and how many values are known of it."""
        counted = self._counts(from_s, to_s, now_s)
        lists = {name: _best(counts, length) for name, counts in counted.items()}
        return lists, {name: len(counts) for name, counts in counted.items()}

    def _counts(self, from_s: int, to_s: int | None, now_s: int) -> _Lists:
        self._flush()
        lists_by_time, width = (self._by_minute, _MINUTE_S) if now_s - from_s <= _HOUR_S else (self._by_hour, _HOUR_S)
        places = [
            lists
            for place, lists in lists_by_time.items()
            if place >= from_s // width and (to_s is None or place * width < to_s)
        ]
        return {name: _sum(lists[name] for lists in places) for name in FACETS}

    def _flush(self) -> None:
        for (minute, shape), n in self._fresh.items():
            for lists_by_time, place, limit in (
                (self._by_minute, minute, _MINUTES),
                (self._by_hour, minute * _MINUTE_S // _HOUR_S, self._hours),
            ):
                lists = lists_by_time.get(place)
                if lists is None:
                    lists = lists_by_time[place] = {name: {} for name in FACETS}
                    while len(lists_by_time) > limit:
                        del lists_by_time[min(lists_by_time)]
                for name, values in FACETS.items():
                    _count(lists[name], values(shape), n, shape.index)
        self._fresh.clear()


def rank(
    shapes: Iterable[tuple[SharedFields, int]], values: Callable[[SharedFields], Iterable[str]], length: int = _LENGTH
) -> list[Entry]:
    """The most frequent values, ties by name; the empty value does not count."""
    return ranked(shapes, values, length)[0]


def ranked(
    shapes: Iterable[tuple[SharedFields, int]], values: Callable[[SharedFields], Iterable[str]], length: int
) -> tuple[list[Entry], int]:
    """The same, and the number of different values."""
    counts: dict[str, int] = {}
    count_of = counts.get
    for shape, n in shapes:
        for value in values(shape):
            if value:
                packed = count_of(value, _INDEX_MASK)
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

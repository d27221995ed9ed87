"""What is most frequent, counted by minute and by hour, so that the top of a quarter of an hour costs no search."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from tocsin.gateway.rows import SEVERITIES, Shape

Entry = tuple[str, int, str]
"""Value, how many, and the worst severity among them."""

_MINUTE_S, _HOUR_S = 60, 3_600
_MINUTES = 61
_SHAPES = 2_000
_LENGTH = 10

_DIMENSIONS: Mapping[str, Callable[[Shape], Iterable[str]]] = {
    "event": lambda shape: (shape.fn,),
    "process": lambda shape: (shape.bin,),
    "namespace": lambda shape: (shape.ns,),
    "node": lambda shape: (shape.node,),
    "workload": lambda shape: (shape.wl,),
    "rule": lambda shape: shape.rules,
    "technique": lambda shape: shape.att,
}


class Tops:
    """Counts of shapes over time. Where names come in a flood the rare ones of their minute are forgotten."""

    def __init__(self, window_s: int) -> None:
        """Nothing older than *window_s* is kept."""
        self._hours = window_s // _HOUR_S + 2
        self._by_minute: dict[int, Counter[Shape]] = {}
        self._by_hour: dict[int, Counter[Shape]] = {}

    def add(self, shape: Shape, second: int) -> None:
        """Count one."""
        minute = second // _MINUTE_S
        counter = self._by_minute.get(minute)
        if counter is None:
            counter = self._by_minute[minute] = Counter()
            _forget(self._by_minute, _MINUTES)
        counter[shape] += 1
        if len(counter) > _SHAPES:
            _thin(counter)
        hour = second // _HOUR_S
        counter = self._by_hour.get(hour)
        if counter is None:
            counter = self._by_hour[hour] = Counter()
            _forget(self._by_hour, self._hours)
        counter[shape] += 1
        if len(counter) > _SHAPES:
            _thin(counter)

    def lists(self, now_s: int, window_s: int) -> dict[str, list[Entry]]:
        """The ten most frequent of everything in the last *window_s*, in whole minutes (long ones: hours)."""
        if window_s <= _HOUR_S:
            held, width = self._by_minute, _MINUTE_S
        else:
            held, width = self._by_hour, _HOUR_S
        first = (now_s - window_s) // width
        whole: Counter[Shape] = Counter()
        for place, counter in held.items():
            if place >= first:
                whole.update(counter)
        return {name: rank(whole.items(), values) for name, values in _DIMENSIONS.items()}


def rank(
    shapes: Iterable[tuple[Shape, int]], values: Callable[[Shape], Iterable[str]], length: int = _LENGTH
) -> list[Entry]:
    """The most frequent values, ties by name; what is empty does not count."""
    counts: dict[str, list[int]] = {}
    for shape, n in shapes:
        for value in values(shape):
            if not value:
                continue
            entry = counts.get(value)
            if entry is None:
                counts[value] = [n, shape.index]
            else:
                entry[0] += n
                entry[1] = min(entry[1], shape.index)
    best = sorted(counts.items(), key=lambda item: (-item[1][0], item[0]))[:length]
    return [(value, n, SEVERITIES[worst]) for value, (n, worst) in best]


def _forget(held: dict[int, Counter[Shape]], limit: int) -> None:
    while len(held) > limit:
        del held[min(held)]


def _thin(counter: Counter[Shape]) -> None:
    kept = counter.most_common(_SHAPES // 2)
    counter.clear()
    counter.update(dict(kept))

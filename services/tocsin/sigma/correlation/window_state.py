"""What every kind of correlation keeps for one key, and how sorted times are searched."""

from array import array
from bisect import bisect_left, bisect_right

from msgspec import Struct

EVIDENCE = 10
"""Alerts that a firing names."""
_REMEMBERED = 1_024
"""Times that one key may keep for the sake of late signals."""


class Span(Struct, frozen=True, gc=False):
    """A window in which a correlation is satisfied."""

    from_ns: int
    to_ns: int
    count: int


class State:
    """What one key has seen; subclasses say when that satisfies the correlation."""

    __slots__ = ("epoch_until", "low", "low_before")

    def __init__(self) -> None:
        self.epoch_until = 0
        """From this time on a new epoch begins, one horizon long, and what is older than the one before is dropped."""
        self.low = self.low_before = 0
        """The lowest sequence that was taken in this epoch, and in the one before: nothing older is kept."""

    def take(self, time_ns: int, id: str, step: int, value: str) -> Span | None:
        """Count one signal; the window that it completes."""
        raise NotImplementedError

    def prune(self, before_ns: int) -> None:
        """Forget what is older."""
        raise NotImplementedError

    def evidence(self, span: Span, id: str) -> tuple[str, ...]:
        """Alerts within *span*, the last ones, *id* in any case."""
        raise NotImplementedError


def capacity(threshold: int, span_ns: int, horizon_ns: int) -> int:
    """How many times a key keeps: as many as can lie within the horizon without satisfying the correlation."""
    fewest = threshold + min(threshold, _REMEMBERED)
    return max(fewest, min(threshold * -(-horizon_ns // span_ns), _REMEMBERED))


def dense(times: "array[int]", index: int, threshold: int, span_ns: int) -> Span | None:
    """The last window of *threshold* times, the one at *index* among them, that is no longer than *span_ns*."""
    time_ns, size = times[index], len(times)
    low, high = bisect_left(times, time_ns - span_ns), bisect_right(times, time_ns + span_ns)
    if high - low < threshold:
        return None
    for end in range(min(index + threshold - 1, size - 1), max(index, threshold - 1) - 1, -1):
        to_ns = times[end]
        if to_ns - times[end - threshold + 1] <= span_ns:
            start = bisect_left(times, to_ns - span_ns)
            return Span(times[start], to_ns, end - start + 1)
    return None


def latest(times: "array[int]", threshold: int, span_ns: int) -> Span | None:
    """The window that ends with the last of *times*."""
    if len(times) < threshold or times[-threshold] < times[-1] - span_ns:
        return None
    start = bisect_left(times, times[-1] - span_ns)
    return Span(times[start], times[-1], len(times) - start)


def with_completing(ids: list[str], id: str) -> tuple[str, ...]:
    """The last *ids*, with *id* as the last of them."""
    others = [other for other in ids if other != id]
    return (*others[-(EVIDENCE - 1) :], id)

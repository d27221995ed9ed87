"""The state of one key for every kind of correlation, and searches in sorted times."""

from array import array
from bisect import bisect_left, bisect_right

from msgspec import Struct

EVIDENCE = 10
"""Maximum number of alerts that a firing names."""
_REMEMBERED = 1_024
"""Times that one key may keep in addition, for late signals."""


class Window(Struct, frozen=True, gc=False):
    """A window in which the condition of a correlation holds."""

    from_ns: int
    to_ns: int
    count: int


class WindowState:
    """The state of one key; subclasses decide when the condition of the correlation holds."""

    __slots__ = ("epoch_until", "low", "low_before")

    def __init__(self) -> None:
        self.epoch_until = 0
        """The end of this epoch, which is one horizon long; state that is older than the epoch before is dropped."""
        self.low = self.low_before = 0
        """The lowest sequence in this epoch and in the one before; no state is older."""

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """Count one signal; the window that it completes."""
        raise NotImplementedError

    def prune(self, before_ns: int) -> None:
        """Drop older state."""
        raise NotImplementedError

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """The last alerts within *span*, always including *id*."""
        raise NotImplementedError


def capacity(threshold: int, span_ns: int, horizon_ns: int) -> int:
    """The number of times to keep: as many as can be within the horizon without a complete window."""
    fewest = threshold + min(threshold, _REMEMBERED)
    return max(fewest, min(threshold * -(-horizon_ns // span_ns), _REMEMBERED))


def dense(times: "array[int]", index: int, threshold: int, span_ns: int) -> Window | None:
    """The last window of at most *span_ns* with *threshold* times that includes the one at *index*."""
    time_ns, size = times[index], len(times)
    low, high = bisect_left(times, time_ns - span_ns), bisect_right(times, time_ns + span_ns)
    if high - low < threshold:
        return None
    for end in range(min(index + threshold - 1, size - 1), max(index, threshold - 1) - 1, -1):
        to_ns = times[end]
        if to_ns - times[end - threshold + 1] <= span_ns:
            start = bisect_left(times, to_ns - span_ns)
            return Window(times[start], to_ns, end - start + 1)
    return None


def latest(times: "array[int]", threshold: int, span_ns: int) -> Window | None:
    """The window that ends with the last of *times*."""
    if len(times) < threshold or times[-threshold] < times[-1] - span_ns:
        return None
    start = bisect_left(times, times[-1] - span_ns)
    return Window(times[start], times[-1], len(times) - start)


def with_completing(ids: list[str], id: str) -> tuple[str, ...]:
    """The last *ids*, with *id* at the end."""
    others = [other for other in ids if other != id]
    return (*others[-(EVIDENCE - 1) :], id)

"""event_count: a number of signals within the timespan, by exact times for small thresholds, else by sixteenths."""

from array import array
from bisect import bisect_left, bisect_right

from tocsin.sigma.correlation.window_state import EVIDENCE, Window, WindowState, dense, latest, with_completing

EXACT_UP_TO = 256
"""Up to this threshold exact times are kept."""
_PARTS = 16
_MAX_COUNT = 2**32 - 1


class ExactWindow(WindowState):
    """Exact counts: keeps the last times, sorted."""

    __slots__ = ("_capacity", "_ids", "_span_ns", "_threshold", "_times")

    def __init__(self, threshold: int, span_ns: int, capacity: int) -> None:
        super().__init__()
        self._threshold, self._span_ns, self._capacity = threshold, span_ns, capacity
        self._times = array("q")
        self._ids: list[str] = []
        """Ids of the last times, at most ten, in the same order."""

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """Count one signal."""
        times = self._times
        if not times or time_ns >= times[-1]:
            times.append(time_ns)
            self._ids.append(id)
            self._trim()
            return latest(times, self._threshold, self._span_ns)
        index = bisect_right(times, time_ns)
        beside = index - (len(times) - len(self._ids))
        times.insert(index, time_ns)
        if beside > 0 or len(self._ids) < EVIDENCE:
            self._ids.insert(max(beside, 0), id)
        window = dense(times, index, self._threshold, self._span_ns)
        self._trim()
        return window

    def _trim(self) -> None:
        if len(self._times) > self._capacity:
            del self._times[0]
        if len(self._ids) > EVIDENCE or len(self._ids) > len(self._times):
            del self._ids[0]

    def prune(self, before_ns: int) -> None:
        """Drop older signals."""
        del self._times[: bisect_left(self._times, before_ns)]
        del self._ids[: max(0, len(self._ids) - len(self._times))]

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """The last alerts of the window."""
        last = zip(self._times[len(self._times) - len(self._ids) :], self._ids, strict=True)
        return with_completing([id_ for time_ns, id_ in last if span.from_ns <= time_ns <= span.to_ns], id)


class BucketedWindow(WindowState):
    """Counts for each sixteenth of the timespan; the window may be one sixteenth too long, but never too short."""

    __slots__ = ("_counts", "_first_ns", "_ids", "_inside", "_now", "_threshold", "_width_ns")

    def __init__(self, threshold: int, span_ns: int, horizon_ns: int) -> None:
        super().__init__()
        self._threshold = threshold
        self._width_ns = -(-span_ns // _PARTS)
        self._counts = array("I", bytes(4 * (-(-horizon_ns // self._width_ns) + _PARTS + 1)))
        self._now = -1
        """Index of the newest sixteenth since 1970."""
        self._inside = 0
        """Signals in the window that ends with the newest sixteenth."""
        self._first_ns = 0
        self._ids: list[tuple[int, str]] = []

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """Count one signal."""
        counts, bucket = self._counts, time_ns // self._width_ns
        if bucket > self._now:
            self._advance(bucket)
        elif bucket <= self._now - len(counts):
            return None
        slot = bucket % len(counts)
        if counts[slot] < _MAX_COUNT:
            counts[slot] += 1
        if time_ns < self._first_ns or not self._first_ns:
            self._first_ns = time_ns
        self._ids.append((time_ns, id))
        if len(self._ids) > EVIDENCE:
            del self._ids[0]
        if bucket >= self._now - _PARTS:
            self._inside += 1
        if bucket < self._now:
            return self._late(bucket)
        return self._span(bucket, time_ns, self._inside) if self._inside >= self._threshold else None

    def _advance(self, bucket: int) -> None:
        counts, size = self._counts, len(self._counts)
        if self._now < 0 or bucket - self._now >= size:
            for slot in range(size):
                counts[slot] = 0
            self._inside = 0
        else:
            for each in range(self._now + 1, bucket + 1):
                counts[each % size] = 0
                self._inside -= counts[(each - _PARTS - 1) % size]
        self._now = bucket

    def _late(self, bucket: int) -> Window | None:
        """The last complete window that contains *bucket*."""
        counts, size = self._counts, len(self._counts)
        for end in range(min(bucket + _PARTS, self._now), bucket - 1, -1):
            total = sum(counts[each % size] for each in range(max(end - _PARTS, self._now - size + 1), end + 1))
            if total >= self._threshold and counts[end % size]:
                return self._span(end, (end + 1) * self._width_ns - 1, total)
        return None

    def _span(self, end: int, to_ns: int, total: int) -> Window:
        counts, size = self._counts, len(self._counts)
        first = next(each for each in range(max(end - _PARTS, self._now - size + 1), end + 1) if counts[each % size])
        return Window(max(self._first_ns, first * self._width_ns), to_ns, total)

    def prune(self, before_ns: int) -> None:
        """Drop older signals."""
        counts, size = self._counts, len(self._counts)
        for each in range(max(0, self._now - size + 1), min(before_ns // self._width_ns, self._now + 1)):
            if each >= self._now - _PARTS:
                self._inside -= counts[each % size]
            counts[each % size] = 0
        self._ids = [pair for pair in self._ids if pair[0] >= before_ns]
        self._first_ns = max(self._first_ns, before_ns)

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """The last alerts of the window."""
        return with_completing([id_ for time_ns, id_ in self._ids if span.from_ns <= time_ns <= span.to_ns], id)

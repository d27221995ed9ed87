"""value_count: a number of different values within the timespan, by the last time of each value."""

from array import array
from bisect import bisect_left, bisect_right

from tocsin.sigma.correlation.window_state import EVIDENCE, Window, WindowState, dense, latest, with_completing


class ValueWindow(WindowState):
    """The most recent different values; exact for signals in order.

    A late signal changes nothing if its value was seen again since: only the last time of a value is kept.
    """

    __slots__ = ("_capacity", "_recent", "_seen", "_span_ns", "_threshold", "_times")

    def __init__(self, threshold: int, span_ns: int, capacity: int) -> None:
        super().__init__()
        self._threshold, self._span_ns, self._capacity = threshold, span_ns, capacity
        self._seen: dict[int, int] = {}
        """The last time of each value, by its hash, since values may be long."""
        self._times = array("q")
        """The same times, sorted."""
        self._recent: list[tuple[int, str]] = []
        """Alerts with a value that was new in the window."""

    def take(self, time_ns: int, id: str, step: int, value: str) -> Window | None:
        """Count *value*."""
        times, hashed = self._times, hash(value)
        before = self._seen.get(hashed)
        if before is not None:
            if before > time_ns:
                return None
            del times[bisect_left(times, before)]
        if before is None or before < time_ns - self._span_ns:
            self._recent.append((time_ns, id))
            if len(self._recent) > EVIDENCE:
                del self._recent[0]
        self._seen[hashed] = time_ns
        if not times or time_ns >= times[-1]:
            times.append(time_ns)
            window = latest(times, self._threshold, self._span_ns)
        else:
            index = bisect_right(times, time_ns)
            times.insert(index, time_ns)
            window = dense(times, index, self._threshold, self._span_ns)
        if len(times) > self._capacity + self._capacity // 4:
            self.prune(times[-self._capacity])
        return window

    def prune(self, before_ns: int) -> None:
        """Drop values whose last time is older."""
        gone = bisect_left(self._times, before_ns)
        if gone:
            del self._times[:gone]
            self._seen = {hashed: time_ns for hashed, time_ns in self._seen.items() if time_ns >= before_ns}
        self._recent = [pair for pair in self._recent if pair[0] >= before_ns]

    def evidence(self, span: Window, id: str) -> tuple[str, ...]:
        """Alerts of the window with different values."""
        return with_completing([id_ for time_ns, id_ in self._recent if span.from_ns <= time_ns <= span.to_ns], id)

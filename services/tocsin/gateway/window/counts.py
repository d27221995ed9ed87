"""Alerts counted by second and severity: exact, even after their rows have left the window."""

import itertools
from array import array

from tocsin.gateway.window.severities import SEVERITIES

FUTURE_S = 300
"""A clock may be ahead by this much: the classifier allows it."""
_TICKS = 150
"""A timeline has about this many bars."""

Series = list[list[int]]
"""For each severity, worst first, a number for each bin."""


class SecondCounts:
    """A ring of seconds; alerts before its window are not counted."""

    def __init__(self, window_s: int) -> None:
        """The last *window_s* seconds, and a few minutes of the future."""
        self.window_s = window_s
        self._size = window_s + FUTURE_S
        self._rings = [array("I", bytes(array("I").itemsize * self._size)) for _ in SEVERITIES]
        self._end: int | None = None
        """The first second that is not in the ring yet."""

    @property
    def begin(self) -> int:
        """The first second that is counted."""
        return 0 if self._end is None else self._end - self._size

    def add(self, index: int, second: int, n: int = 1) -> None:
        """Count *n* alerts of the severity at *index*."""
        end = self._end
        if end is not None and end - self._size <= second < end:
            self._rings[index][second % self._size] += n

    def advance(self, now_s: int) -> None:
        """Move on to *now_s*: seconds that left the window are reused."""
        end = now_s + FUTURE_S
        if self._end is None or end - self._end >= self._size:
            self._rings = [array("I", bytes(array("I").itemsize * self._size)) for _ in SEVERITIES]
        else:
            for second in range(self._end, end):
                for ring in self._rings:
                    ring[second % self._size] = 0
        self._end = max(end, self._end or end)

    def count(self, index: int, begin: int, end: int) -> int:
        """The alerts of one severity from second *begin* up to, not including, *end*."""
        if self._end is None:
            return 0
        begin, end = max(begin, self._end - self._size), min(end, self._end)
        if begin >= end:
            return 0
        ring, first, last = self._rings[index], begin % self._size, end % self._size
        return sum(ring[first:last]) if first < last else sum(ring[first:]) + sum(ring[:last])

    def series(self, t0: int, step_s: int, bins: int, end: int | None = None) -> Series:
        """The counts of *bins* bins of *step_s* seconds from *t0* on; alerts from *end* on do not count."""
        edges = [t0 + step_s * n for n in range(bins + 1)]
        edges = edges if end is None else [min(edge, end) for edge in edges]
        return [
            [self.count(index, begin, end) for begin, end in itertools.pairwise(edges)]
            for index in range(len(SEVERITIES))
        ]


def step(window_s: int) -> int:
    """The width of a bin of the timeline of *window_s*, seconds."""
    return max(1, window_s // _TICKS)


def start(now_s: int, window_s: int) -> tuple[int, int]:
    """The beginning of the timeline that ends now, and its number of bins, which are aligned to their width."""
    width = step(window_s)
    bins = window_s // width
    return (now_s // width - bins + 1) * width, bins

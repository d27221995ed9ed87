"""Short hashes of the last lines read from a log, by which repeated lines are recognized. Pure."""

import base64
import hashlib
import heapq
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tocsin.model.timestamps import NS_PER_S

SAVED_HASHES = 4_096
MOST_HASHES = 65_536
"""Of one log, while the budget of all logs lasts."""
MOST_HASHES_OF_ALL = 4_000_000
"""Hashes of all logs together, 24 bytes each; beyond this each log keeps `SAVED_HASHES`."""
BACK_NS = 60 * NS_PER_S
"""A log is read again from this long before the newest time: clocks are set, and lines come late."""
_LATE_NS = 60 * NS_PER_S
"""The longest time between an event and its line in the log; the streams are asked about lines that are later."""
_LEAST = 64
"""Kept regardless of time; they contain the lines that ``tail`` repeats when it is restarted."""
_SAMPLE = 32
"""Number of times from which the newest credible one is taken,"""
_SEVERAL = 4
"""and how many of them must reach it."""
_TRIM = 512
"""Least number of hashes to drop at once."""
_TRIM_SHARE = 8
"""At the limit an eighth of the hashes is dropped at once, so that not every line moves all of them."""


def short_hash(raw: bytes) -> int:
    """64 bits of a line."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def newest_time(times: Sequence[int]) -> int:
    """The newest time that several of the last *times* reach; 0 if there are too few.

    A single time in the year 9999 does not change it. If the clock is set back, it follows after a few lines.
    """
    last = times[-_SAMPLE:]
    if len(last) < _SEVERAL:
        return 0
    return min(heapq.nlargest(_SEVERAL, last)[-1], max(last[-_SEVERAL:]))


class HashBudget:
    """The number of hashes that all logs together may keep."""

    def __init__(self, most: int = MOST_HASHES_OF_ALL) -> None:
        """*most* hashes."""
        self.used = 0
        self._most = most

    @property
    def limit(self) -> int:
        """How many hashes one log may keep now."""
        return MOST_HASHES if self.used < self._most else SAVED_HASHES


class RecentLines:
    """Hashes and times of the last lines, numbered from the first line ever read from this source."""

    def __init__(self, budget: HashBudget, *, number: int = 0, hashes: str = "", reach_ns: int = 0) -> None:
        """Continue after line *number*, with the hashes and the time of a checkpoint."""
        self.number = number
        """Of the last line read."""
        self.settled = number
        """The last line that a checkpoint may contain; later lines are never dropped because of their age."""
        self._budget = budget
        self._hashes = decode_hashes(hashes)
        self._times = array("q", [reach_ns]) * len(self._hashes)
        self._reaches = array("q", [reach_ns]) * len(self._hashes)
        self.reach_ns = reach_ns
        self._dropped = False
        budget.used += len(self._hashes)

    def __len__(self) -> int:
        """Number of hashes kept."""
        return len(self._hashes)

    @property
    def newest(self) -> int:
        """The hash of the last line."""
        return self._hashes[-1] if self._hashes else 0

    def add(self, digest: int, time_ns: int) -> int:
        """Add a line and return its number; *time_ns* is 0 if it has no time."""
        self.number += 1
        self._hashes.append(digest)
        self._times.append(time_ns or self.reach_ns)
        self._reaches.append(self.reach_ns)
        self._budget.used += 1
        return self.number

    def trim(self) -> None:
        """Update the newest time and drop lines that will not come again; called after a few lines."""
        before, self.reach_ns = self.reach_ns, newest_time(self._times[-_SAMPLE:])
        if not before and self.reach_ns:  # lines from before the first known time are as new as this one
            self._reaches = array("q", [self.reach_ns]) * len(self._reaches)
        surplus = len(self._hashes) - self._budget.limit
        old = bisect_left(self._reaches, self.reach_ns - BACK_NS - _LATE_NS) if self.reach_ns else 0
        unsettled = self.number - self.settled
        old = min(old, len(self._hashes) - max(_LEAST, unsettled))
        if surplus > 0:
            self._drop(max(old, surplus + self._budget.limit // _TRIM_SHARE))
        elif old >= _TRIM:
            self._drop(old)

    def _drop(self, count: int) -> None:
        self._dropped = True
        del self._hashes[:count]
        del self._times[:count]
        del self._reaches[:count]
        self._budget.used -= count

    def close(self) -> None:
        """Return the hashes to the budget."""
        self._drop(len(self._hashes))

    def at(self, number: int) -> tuple[int, str] | None:
        """The newest time at line *number* and the hashes up to it; ``None`` if they were dropped."""
        end = len(self._hashes) - (self.number - number)
        if end < 0 or (end == 0 and self._dropped):
            return None
        self.settled = max(self.settled, number)
        reach = newest_time(self._times[max(0, end - _SAMPLE) : end])
        begin = bisect_left(self._reaches, reach - BACK_NS - _LATE_NS, 0, end) if reach and end else 0
        begin = max(0, end - SAVED_HASHES, min(begin, end - _LEAST))
        return reach, encode_hashes(self._hashes[begin:end])

    def expected_repeats(self) -> "ExpectedRepeats":
        """The lines that a new connection may bring again."""
        return ExpectedRepeats(self._hashes, self.reach_ns)


class ExpectedRepeats:
    """Lines read before that may come once more, each as often as it was read."""

    def __init__(self, hashes: "array[int]", reach_ns: int) -> None:
        """*reach_ns* is the newest time when they were read."""
        self.reach_ns = reach_ns
        self.met = False
        """Whether any of them has come."""
        self.done = not hashes
        """Whether the last one has come: all further lines are new."""
        self._newest = hashes[-1] if hashes else 0
        self._sorted = array("Q", sorted(hashes))
        self._seen: dict[int, int] = {}

    def known(self, digest: int) -> bool:
        """Whether the next line, with this hash, was read before."""
        if self.done:
            return False
        begin = bisect_left(self._sorted, digest)
        if begin == len(self._sorted) or self._sorted[begin] != digest:
            return False
        count = bisect_right(self._sorted, digest, begin) - begin
        seen = self._seen.get(digest, 0)
        if seen >= count:
            return False
        self._seen[digest] = seen + 1
        self.met = True
        if digest == self._newest and seen + 1 == count:
            self.done = True
        return True


def encode_hashes(hashes: "array[int]") -> str:
    """Hashes as text for a checkpoint, 8 bytes each, little-endian."""
    values = array("Q", hashes)
    if sys.byteorder == "big":
        values.byteswap()
    return base64.b64encode(values.tobytes()).decode("ascii")


def decode_hashes(text: str) -> "array[int]":
    """The hashes of a checkpoint; none if the text is damaged."""
    values = array("Q")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return values
    values.frombytes(raw[: len(raw) // 8 * 8])
    if sys.byteorder == "big":
        values.byteswap()
    return values

"""The lines of a log that were read last, by short hashes: what it hands over again is known by them. Pure."""

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
"""Of one log, while there is room for all."""
MOST_HASHES_OF_ALL = 4_000_000
"""Hashes of all logs together, 24 bytes each; beyond it a log keeps `SAVED_HASHES`."""
BACK_NS = 60 * NS_PER_S
"""A log is asked again for what is this much older than the newest time: clocks are set, lines come late."""
_LATE_NS = 60 * NS_PER_S
"""A line is written to the log at most this long after its event, or the streams are asked about it."""
_LEAST = 64
"""Kept whatever their time: what ``tail`` prints once more when it is started anew is among them."""
_LOOK = 32
"""Times that the newest believable one is taken from,"""
_SEVERAL = 4
"""which so many of them must reach."""
_TRIM = 512
"""Dropped at once, at least."""
_SPARE = 8
"""Where the bound is reached an eighth of it goes, so that not every line moves all."""


def short_hash(raw: bytes) -> int:
    """64 bits of a line."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def newest_time(times: Sequence[int]) -> int:
    """The newest time that several of the last *times* reach; 0 where there are too few.

    A single one from the year 9999 does not move it, and where the clock was set back it follows at once.
    """
    last = times[-_LOOK:]
    if len(last) < _SEVERAL:
        return 0
    return min(heapq.nlargest(_SEVERAL, last)[-1], max(last[-_SEVERAL:]))


class HashBudget:
    """What all logs together may keep."""

    def __init__(self, most: int = MOST_HASHES_OF_ALL) -> None:
        """*most* hashes."""
        self.used = 0
        self._most = most

    @property
    def limit(self) -> int:
        """How many hashes one log may keep now."""
        return MOST_HASHES if self.used < self._most else SAVED_HASHES


class RecentLines:
    """Hashes and times of the last lines, numbered from the first line that was ever read of this source."""

    def __init__(self, room: HashBudget, *, number: int = 0, hashes: str = "", reach_ns: int = 0) -> None:
        """Go on after line *number*, with what a checkpoint holds."""
        self.number = number
        """Of the line that was read last."""
        self.settled = number
        """Up to here a checkpoint may speak of them; what is above is never dropped for its age."""
        self._room = room
        self._hashes = decode_hashes(hashes)
        self._times = array("q", [reach_ns]) * len(self._hashes)
        self._reaches = array("q", [reach_ns]) * len(self._hashes)
        self.reach_ns = reach_ns
        self._dropped = False
        room.used += len(self._hashes)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._hashes)

    @property
    def newest(self) -> int:
        """The hash of the last line."""
        return self._hashes[-1] if self._hashes else 0

    def add(self, digest: int, time_ns: int) -> int:
        """One more line (*time_ns* is 0 where it has none); its number."""
        self.number += 1
        self._hashes.append(digest)
        self._times.append(time_ns or self.reach_ns)
        self._reaches.append(self.reach_ns)
        self._room.used += 1
        return self.number

    def trim(self) -> None:
        """After a few lines: look how far the times are, and let go of lines that will not come again."""
        before, self.reach_ns = self.reach_ns, newest_time(self._times[-_LOOK:])
        if not before and self.reach_ns:  # what came before any time was known is as new as this
            self._reaches = array("q", [self.reach_ns]) * len(self._reaches)
        most = len(self._hashes) - self._room.limit
        old = bisect_left(self._reaches, self.reach_ns - BACK_NS - _LATE_NS) if self.reach_ns else 0
        unsettled = self.number - self.settled
        old = min(old, len(self._hashes) - max(_LEAST, unsettled))
        if most > 0:
            self._drop(max(old, most + self._room.limit // _SPARE))
        elif old >= _TRIM:
            self._drop(old)

    def _drop(self, count: int) -> None:
        self._dropped = True
        del self._hashes[:count]
        del self._times[:count]
        del self._reaches[:count]
        self._room.used -= count

    def close(self) -> None:
        """Make room for others."""
        self._drop(len(self._hashes))

    def at(self, number: int) -> tuple[int, str] | None:
        """How far the times are at line *number*, and the hashes up to it; ``None`` where that is forgotten."""
        end = len(self._hashes) - (self.number - number)
        if end < 0 or (end == 0 and self._dropped):
            return None
        self.settled = max(self.settled, number)
        reach = newest_time(self._times[max(0, end - _LOOK) : end])
        begin = bisect_left(self._reaches, reach - BACK_NS - _LATE_NS, 0, end) if reach and end else 0
        begin = max(0, end - SAVED_HASHES, min(begin, end - _LEAST))
        return reach, encode_hashes(self._hashes[begin:end])

    def again(self) -> "ExpectedRepeats":
        """What may be handed over again now."""
        return ExpectedRepeats(self._hashes, self.reach_ns)


class ExpectedRepeats:
    """Lines that were read and may come once more, each as often as it was read."""

    def __init__(self, hashes: "array[int]", reach_ns: int) -> None:
        """*reach_ns* is how far the times were when they were read."""
        self.reach_ns = reach_ns
        self.met = False
        """Whether any has come."""
        self.done = not hashes
        """Whether the last one has: what follows was never read."""
        self._newest = hashes[-1] if hashes else 0
        self._sorted = array("Q", sorted(hashes))
        self._seen: dict[int, int] = {}

    def known(self, digest: int) -> bool:
        """Whether the line that comes now was read before."""
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

    def drop(self) -> None:
        """None of them comes any more."""
        self.done = True
        self._sorted, self._seen = array("Q"), {}


def encode_hashes(hashes: "array[int]") -> str:
    """Hashes as text for a checkpoint, 8 bytes each, little-endian."""
    own = array("Q", hashes)
    if sys.byteorder == "big":
        own.byteswap()
    return base64.b64encode(own.tobytes()).decode("ascii")


def decode_hashes(text: str) -> "array[int]":
    """The hashes of a checkpoint; none where the text is damaged."""
    found = array("Q")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return found
    found.frombytes(raw[: len(raw) // 8 * 8])
    if sys.byteorder == "big":
        found.byteswap()
    return found

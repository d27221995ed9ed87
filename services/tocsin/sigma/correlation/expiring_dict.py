"""A dict that forgets: what was not touched for a while goes, and so does the older half where it would grow too large.

Time is cut into periods of fixed length, counted from 1970, so that a replay forgets at the same places of a stream.
"""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ExpiringDict(Generic[K, V]):
    """Keeps what was touched for at least one period and at most two, while there is room for it."""

    __slots__ = ("_half", "_now", "_period_ns", "evicted", "low", "low_before", "old", "young")

    def __init__(self, period_ns: int, cap: int) -> None:
        """*cap* is for both generations together."""
        self._period_ns = max(1, period_ns)
        self._half = max(1, cap // 2)
        self._now = -1
        self.young: dict[K, V] = {}
        self.old: dict[K, V] = {}
        self.evicted = 0
        """Dropped for want of room."""
        self.low = self.low_before = NOTHING
        """The lowest sequence that what is young, or old, rests on."""

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def turn(self, clock_ns: int) -> None:
        """It is *clock_ns* now: forget what is over."""
        now = clock_ns // self._period_ns
        if now <= self._now:
            return
        if self._now >= 0:
            if now == self._now + 1:
                self._age()
            else:
                self._age()
                self._age()
        self._now = now

    def find(self, key: K) -> V | None:
        """The value, which is young from now on."""
        value = self.young.get(key)
        if value is None and self.old:
            value = self.old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep *value* as young."""
        if len(self.young) >= self._half and key not in self.young:
            self.evicted += len(self.old)
            self._age()
        self.young[key] = value

    def rests_on(self, seq: int) -> None:
        """Something young needs the stream from *seq* on."""
        if seq < self.low:
            self.low = seq

    @property
    def lowest(self) -> int:
        """From where on the stream is needed; `NOTHING` where nothing is kept."""
        return min(self.low, self.low_before)

    def _age(self) -> None:
        self.old, self.young = self.young, {}
        self.low_before, self.low = self.low, NOTHING


NOTHING = 1 << 62
"""Higher than any sequence."""

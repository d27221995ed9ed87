"""A dict whose entries expire if they are not used for a while; the older half is dropped if it grows too large.

Time is divided into fixed periods since 1970, so that a replay drops entries at the same positions of a stream.
"""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ExpiringDict(Generic[K, V]):
    """Keeps an entry for one to two periods after its last use, unless there are too many."""

    __slots__ = ("_half", "_now", "_period_ns", "evicted", "low", "low_before", "old", "young")

    def __init__(self, period_ns: int, cap: int) -> None:
        """*cap* is the limit for both generations together."""
        self._period_ns = max(1, period_ns)
        self._half = max(1, cap // 2)
        self._now = -1
        self.young: dict[K, V] = {}
        self.old: dict[K, V] = {}
        self.evicted = 0
        """Entries dropped by the limit."""
        self.low = self.low_before = NOTHING
        """The lowest sequence that young, or old, entries depend on."""

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def turn(self, clock_ns: int) -> None:
        """Set the clock, and drop expired entries."""
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
        """The value of *key*, which becomes young."""
        value = self.young.get(key)
        if value is None and self.old:
            value = self.old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Store *value* as a young entry."""
        if len(self.young) >= self._half and key not in self.young:
            self.evicted += len(self.old)
            self._age()
        self.young[key] = value

    def rests_on(self, seq: int) -> None:
        """A young entry depends on the stream from *seq* on."""
        if seq < self.low:
            self.low = seq

    @property
    def lowest(self) -> int:
        """The lowest sequence that an entry depends on; `NOTHING` if there is none."""
        return min(self.low, self.low_before)

    def _age(self) -> None:
        self.old, self.young = self.young, {}
        self.low_before, self.low = self.low, NOTHING


NOTHING = 1 << 62
"""Higher than any sequence."""

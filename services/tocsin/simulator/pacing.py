"""How many events are due: steady in small ticks, catching up when late, within a number or a time."""

import math

TICK_S = 0.005
"""Shorter waits cost more than they smooth."""
_BATCH = 2_000
"""Events written before signals are looked at again."""
_FORGIVEN_S = 10.0
"""What is later than this, after a suspended laptop for example, is not caught up."""


class Pace:
    """Counts what was written against what the rate asks for; seconds are those since the start."""

    def __init__(self, rate: float, *, count: int = 0, for_s: float = 0.0) -> None:
        """*rate* in events a second; *count* and *for_s* bound the whole, 0 does not."""
        limits = [count] * bool(count) + [math.ceil(rate * for_s)] * bool(for_s)
        self._total = min(limits) if limits else None
        self._rate = rate
        self._skipped = 0
        self._written = 0

    @property
    def finished(self) -> bool:
        """Everything was taken that was asked for."""
        return self._total is not None and self._written >= self._total

    def take(self, elapsed_s: float) -> int:
        """How many to write now; they count as written."""
        owed = int(elapsed_s * self._rate) + 1 - self._skipped - self._written
        most = int(_FORGIVEN_S * self._rate) + 1
        if owed > most:
            self._skipped += owed - most
            owed = most
        left = owed if self._total is None else self._total - self._written
        now = max(min(owed, left, _BATCH), 0)
        self._written += now
        return now

    def wait_s(self, elapsed_s: float) -> float:
        """How long nothing is due: at least a tick, nothing when late."""
        until = (self._written + self._skipped) / self._rate - elapsed_s
        return max(until, TICK_S) if until > 0 else 0.0

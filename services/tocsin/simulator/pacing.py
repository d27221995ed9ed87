"""How many events are due now: a steady rate in small ticks, which catches up after a delay."""

import math

TICK_S = 0.005
"""Shorter waits would cost more than they help."""
_BATCH = 2_000
"""Events written between two checks for signals."""
_FORGIVEN_S = 10.0
"""Longer delays, for example of a suspended laptop, are not caught up."""


class Pace:
    """Compares the number of written events with the rate; seconds are counted from the start."""

    def __init__(self, rate: float, *, count: int = 0, for_s: float = 0.0) -> None:
        """*rate* in events a second; *count* and *for_s* limit the total, 0 does not."""
        limits = [count] * bool(count) + [math.ceil(rate * for_s)] * bool(for_s)
        self._total = min(limits) if limits else None
        self._rate = rate
        self._skipped = 0
        self._written = 0

    @property
    def finished(self) -> bool:
        """Whether the limit is reached."""
        return self._total is not None and self._written >= self._total

    def take(self, elapsed_s: float) -> int:
        """Number of events to write now; they count as written."""
        due = int(elapsed_s * self._rate) + 1 - self._skipped - self._written
        most = int(_FORGIVEN_S * self._rate) + 1
        if due > most:
            self._skipped += due - most
            due = most
        left = due if self._total is None else self._total - self._written
        now = max(min(due, left, _BATCH), 0)
        self._written += now
        return now

    def wait_s(self, elapsed_s: float) -> float:
        """How long to wait for the next event: at least a tick, or 0 if it is late."""
        until = (self._written + self._skipped) / self._rate - elapsed_s
        return max(until, TICK_S) if until > 0 else 0.0

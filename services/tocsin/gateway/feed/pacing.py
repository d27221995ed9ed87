"""When the next frame is due, and whether a client may have it: cadence and credit."""

from collections import deque

BATCH_S = 0.1
FLOOD_S = 0.25
URGENT_S = 0.05
EMPTY_S = 1.0
"""A range without rows is sent after this time, so that the cursor advances."""
FLOOD_PER_S = 50.0
"""Above this rate frames are rarer and rows are folded."""
_MIN_ROWS = 50
_UNACKNOWLEDGED = 2
_UNACKNOWLEDGED_URGENT = 8


class Pace:
    """The cadence of one group's frames."""

    def __init__(self, now: float) -> None:
        """*now* and all times are seconds of one clock."""
        self._cut_at = now
        self._since = now
        self._arrived = 0
        self._rate = 0.0

    def add(self, n: int, now: float) -> None:
        """*n* more rows arrived."""
        elapsed = now - self._since
        if elapsed >= 1.0:
            self._rate = self._arrived / elapsed
            self._since, self._arrived = now, 0
        self._arrived += n

    def is_flood(self, now: float) -> bool:
        """Whether more rows arrive than a list can show one by one."""
        elapsed = max(now - self._since, 1.0)
        old = self._rate if now - self._since < 2.0 else 0.0
        return max(old, self._arrived / elapsed) > FLOOD_PER_S

    def due(self, now: float, *, rows: int, urgent: bool) -> float:
        """When the waiting rows are to be sent."""
        if urgent:
            wait_s = URGENT_S
        elif not rows:
            wait_s = EMPTY_S
        else:
            wait_s = FLOOD_S if self.is_flood(now) else BATCH_S
        return self._cut_at + wait_s

    def budget(self, now: float, limit: int) -> int:
        """How many rows a frame may have now, so that a quarter of a second has at most *limit*."""
        share = limit * min(1.0, max(0.0, now - self._cut_at) / FLOOD_S)
        return min(limit, max(_MIN_ROWS, round(share)))

    def mark_cut(self, now: float) -> None:
        """A frame was cut."""
        self._cut_at = now


class Credit:
    """The frames that a client has not acknowledged."""

    def __init__(self) -> None:
        self._sent: deque[tuple[int, bool]] = deque()

    def allows(self, *, urgent: bool) -> bool:
        """Whether one more may be sent: two, and eight more that are urgent."""
        extra = sum(1 for _, is_extra in self._sent if is_extra)
        plain = len(self._sent) - extra
        return plain < _UNACKNOWLEDGED or (urgent and extra < _UNACKNOWLEDGED_URGENT)

    def add(self, to: int, *, urgent: bool) -> None:
        """A frame that covers everything up to *to* was sent."""
        plain = sum(1 for _, is_extra in self._sent if not is_extra)
        self._sent.append((to, urgent and plain >= _UNACKNOWLEDGED))

    def acknowledge(self, to: int) -> None:
        """The client has all frames up to *to*."""
        while self._sent and self._sent[0][0] <= to:
            self._sent.popleft()

    def reset(self) -> None:
        """The client starts over: frames in flight do not count any more."""
        self._sent.clear()

    def __len__(self) -> int:
        return len(self._sent)

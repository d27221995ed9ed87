"""When the next frame is due, and whether a client may have it: cadence and credit."""

from collections import deque

BATCH_S = 0.1
FLOOD_S = 0.25
URGENT_S = 0.05
EMPTY_S = 1.0
"""A range without a row is told after this, so that the cursor moves."""
FLOOD_PER_S = 50.0
"""Above this rate frames are rarer and rows are folded."""
_MIN_ROWS = 50
_UNACKNOWLEDGED = 2
_UNACKNOWLEDGED_URGENT = 8


class Pace:
    """The cadence of one filter's frames."""

    def __init__(self, now: float) -> None:
        """*now* and all times are seconds of one clock."""
        self._cut_at = now
        self._since = now
        self._arrived = 0
        self._rate = 0.0

    def note(self, n: int, now: float) -> None:
        """*n* more rows match."""
        elapsed = now - self._since
        if elapsed >= 1.0:
            self._rate = self._arrived / elapsed
            self._since, self._arrived = now, 0
        self._arrived += n

    def flood(self, now: float) -> bool:
        """Whether more comes than a list can show one by one."""
        elapsed = max(now - self._since, 1.0)
        old = self._rate if now - self._since < 2.0 else 0.0
        return max(old, self._arrived / elapsed) > FLOOD_PER_S

    def due(self, now: float, *, rows: int, urgent: bool) -> float:
        """When what waits is to be sent."""
        if urgent:
            wait_s = URGENT_S
        elif not rows:
            wait_s = EMPTY_S
        else:
            wait_s = FLOOD_S if self.flood(now) else BATCH_S
        return self._cut_at + wait_s

    def budget(self, now: float, limit: int) -> int:
        """How many rows a frame may have now, so that a quarter of a second has at most *limit*."""
        share = limit * min(1.0, max(0.0, now - self._cut_at) / FLOOD_S)
        return min(limit, max(_MIN_ROWS, round(share)))

    def cut(self, now: float) -> None:
        """A frame was made."""
        self._cut_at = now


class Credit:
    """How many frames a client has not acknowledged."""

    def __init__(self) -> None:
        self._sent: deque[tuple[int, bool]] = deque()

    def allows(self, *, urgent: bool) -> bool:
        """Whether one more may be sent: two, and eight more that a critical or high alert cut."""
        extra = sum(1 for _, own in self._sent if own)
        plain = len(self._sent) - extra
        return plain < _UNACKNOWLEDGED or (urgent and extra < _UNACKNOWLEDGED_URGENT)

    def sent(self, to: int, *, urgent: bool) -> None:
        """A frame that covers up to *to* went out."""
        plain = sum(1 for _, own in self._sent if not own)
        self._sent.append((to, urgent and plain >= _UNACKNOWLEDGED))

    def acknowledged(self, to: int) -> None:
        """The client has all frames up to *to*."""
        while self._sent and self._sent[0][0] <= to:
            self._sent.popleft()

    def forget(self) -> None:
        """The cursor was set anew: what is under way does not count any more."""
        self._sent.clear()

    def __len__(self) -> int:
        return len(self._sent)

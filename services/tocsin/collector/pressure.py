"""Whether EVENTS has free space: reading stops before events are evicted that the classifier has not read. Pure."""

_PAUSE_SHARE = 2
"""Reading stops while the backlog is more than half of the stream's size."""
_ASK_SHARE = 8
"""At most an eighth of the size is published between two answers."""
_RECENT = 2_000
"""Number of messages of the moving average."""


class Pressure:
    """The backlog of the last answer, and the bytes published since."""

    def __init__(self, *, answer_lasts_s: float) -> None:
        """Without an answer for *answer_lasts_s* EVENTS counts as full."""
        self.backlog_bytes = 0
        """Bytes that the classifier has not read, by the larger average of the stream and recent messages."""
        self.max_bytes = 0
        """Size of the stream; 0 if it has no limit."""
        self.failure = "not asked yet"
        """Why there is no answer."""
        self._lasts_s = answer_lasts_s
        self._answered_s: float | None = None
        self._published = 0
        self._settled = 0
        self._since = 0
        """Bytes that may be missing in the backlog: published since the request, or in flight at that time."""
        self._asked_at = 0
        self._recent_bytes = self._recent_messages = 0
        """Bytes and number of the recently published messages."""

    def publishes(self, size: int) -> None:
        """*size* bytes are sent now."""
        self._published += size
        self._since += size
        self._recent_bytes += size
        self._recent_messages += 1
        if self._recent_messages >= _RECENT:
            self._recent_bytes //= 2
            self._recent_messages //= 2

    def settled(self, size: int) -> None:
        """*size* bytes were acknowledged."""
        self._settled += size

    def asks(self) -> None:
        """The request is sent now; its answer will include all bytes acknowledged so far."""
        self._asked_at = self._settled

    def answer(self, now_s: float, *, waiting: int, messages: int, stream_bytes: int, max_bytes: int) -> None:
        """The classifier has not read *waiting* of the stream's *messages*, which take *stream_bytes*."""
        self.failure = ""
        self.max_bytes = max(0, max_bytes)
        average = stream_bytes / messages if messages else 0.0
        if self._recent_messages:  # the stream may hold many small messages while the waiting ones are large
            average = max(average, self._recent_bytes / self._recent_messages)
        self.backlog_bytes = min(int(waiting * average), stream_bytes)
        self._answered_s = now_s
        self._since = self._published - self._asked_at

    def fails(self, why: str) -> None:
        """No answer came."""
        self.failure = why

    @property
    def must_ask(self) -> bool:
        """Whether an eighth of the size was published since the last answer."""
        return self.max_bytes > 0 and self._since * _ASK_SHARE >= self.max_bytes

    @property
    def wants_answer(self) -> bool:
        """Whether half of that eighth was published: a request now avoids waiting later."""
        return self.max_bytes > 0 and self._since * _ASK_SHARE * 2 >= self.max_bytes

    def full(self, now_s: float) -> str:
        """Why nothing may be read now, in words; empty if EVENTS has free space."""
        if self._answered_s is None or now_s - self._answered_s > self._lasts_s:
            return f"no answer about the classifier's backlog: {self.failure or 'none in time'}"
        if self.max_bytes and self.backlog_bytes * _PAUSE_SHARE > self.max_bytes:
            share = 100 * self.backlog_bytes // self.max_bytes
            return f"the classifier has {self.backlog_bytes:,} bytes to read, {share} % of what EVENTS holds"
        return ""

"""Whether EVENTS has room: reading stops before anything is evicted that the classifier has not answered. Pure."""

_PAUSE_SHARE = 2
"""Reading stops while the backlog passes a half of the stream's size."""
_ASK_SHARE = 8
"""Nobody publishes more than an eighth of the size on one answer."""
_LATELY = 2_000
"""Messages that our own average is made of."""


class Pressure:
    """The backlog as it was told last, and what was published since."""

    def __init__(self, *, answer_lasts_s: float) -> None:
        """Without an answer for *answer_lasts_s* there is no room."""
        self.backlog_bytes = 0
        """What the classifier has not answered, by the larger of the stream's average message and our own."""
        self.max_bytes = 0
        """Size of the stream; 0 where it has no bound."""
        self.failure = "not asked yet"
        """Why there is no answer."""
        self._lasts_s = answer_lasts_s
        self._answered_s: float | None = None
        self._published = 0
        self._settled = 0
        self._since = 0
        """What may have been published without being in the backlog: all since the question, and what was in flight."""
        self._asked_at = 0
        self._own_bytes = self._own_messages = 0
        """What was published lately, for its average."""

    def publishes(self, size: int) -> None:
        """*size* bytes are sent now."""
        self._published += size
        self._since += size
        self._own_bytes += size
        self._own_messages += 1
        if self._own_messages >= _LATELY:
            self._own_bytes //= 2
            self._own_messages //= 2

    def settled(self, size: int) -> None:
        """*size* bytes were acknowledged."""
        self._settled += size

    def asks(self) -> None:
        """The question goes out now: what is acknowledged by now will be in the answer."""
        self._asked_at = self._settled

    def answer(self, now_s: float, *, waiting: int, messages: int, stream_bytes: int, max_bytes: int) -> None:
        """*waiting* messages are not answered by the classifier, of *messages* that take *stream_bytes*."""
        self.failure = ""
        self.max_bytes = max(0, max_bytes)
        average = stream_bytes / messages if messages else 0.0
        if self._own_messages:  # the stream may be full of small ones while those that wait are large
            average = max(average, self._own_bytes / self._own_messages)
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
        """Whether half of that eighth was published: asking now spares waiting later."""
        return self.max_bytes > 0 and self._since * _ASK_SHARE * 2 >= self.max_bytes

    def full(self, now_s: float) -> str:
        """Why nothing may be read now, in words; empty where there is room."""
        if self._answered_s is None or now_s - self._answered_s > self._lasts_s:
            return f"no answer about the classifier's backlog: {self.failure or 'none in time'}"
        if self.max_bytes and self.backlog_bytes * _PAUSE_SHARE > self.max_bytes:
            share = 100 * self.backlog_bytes // self.max_bytes
            return f"the classifier has {self.backlog_bytes:,} bytes to read, {share} % of what EVENTS holds"
        return ""

"""Everything that is known of the stream at this moment, fed with one alert after another."""

import msgspec
from msgspec import Struct

from tocsin.gateway.bins import Bins
from tocsin.gateway.fanout import Fanout
from tocsin.gateway.filter import Filter
from tocsin.gateway.ranges import Range
from tocsin.gateway.rows import SEVERITIES, Row, Shapes
from tocsin.gateway.settings import Settings
from tocsin.gateway.top import Tops
from tocsin.gateway.window import Window
from tocsin.model import alert, subjects
from tocsin.model.errors import BadEvent
from tocsin.model.severity import WORST_FIRST

_MS = 1_000
_UNUSED = 10
"""A range that nobody asked for in so many seconds is forgotten."""


_SUBJECTS = tuple(subjects.alerts_of(severity).removesuffix(">") for severity in WORST_FIRST)


class Held(Struct, frozen=True):
    """What ALERTS holds, as it says itself."""

    epoch: str = ""
    first_seq: int = 0
    last_seq: int = 0


class Hub:
    """Window, counts and clients of one gateway."""

    def __init__(self, settings: Settings) -> None:
        """Empty until `begin`."""
        self._settings = settings
        self._shapes = Shapes()
        self._ranges: dict[int, Range] = {}
        self.window = Window(settings.window_rows)
        self.fanout = Fanout(self.window)
        self.held = Held()
        self.ready = False
        """Whether the window has been read back."""
        self.reading = "not begun"
        """How far that is, in words, while it is not."""
        self.undecodable = 0
        self.taken = 0
        """Alerts read live, since the start."""
        self.delay_ms = 0
        """Between the newest alert's time (its arrival, where that was late) and our reading of it."""
        self.moved_at = 0.0
        """When the head moved last, seconds of the monotonic clock."""
        self._tick = 0
        self._shown = ""
        """The epoch that clients know."""
        self._live = [0] * len(SEVERITIES)
        self._rate = [0] * len(SEVERITIES)
        self._empty()

    def _empty(self) -> None:
        window_s = int(self._settings.window_hours * 3_600)
        self.bins = Bins(window_s)
        self.tops = Tops(window_s)
        self.counted_since = [0] * len(SEVERITIES)
        """Since when the counts of each severity are complete, milliseconds since 1970; 0 is the whole window."""

    def begin(self, held: Held, now_s: int) -> None:
        """Forget all and begin with the stream as *held* says it is."""
        self.ready = False
        self.held = held
        self.window.reset(held.epoch)
        self._empty()
        self._ranges.clear()
        self.bins.advance(now_s)

    def complete(self, head: int, now: float) -> None:
        """The window is read back up to *head*; clients who stood in another stream are told."""
        before, self._shown = self._shown, self.window.epoch
        self.window.head = head
        self.moved_at = now
        self.ready = True
        if before and before != self.window.epoch:
            self.fanout.reset(before, now)

    def read_back(self, subject: str, payload: bytes, seq: int) -> None:
        """Take in one old alert."""
        self._take(subject, payload, seq)

    def take(self, subject: str, payload: bytes, seq: int, *, now: float, now_ms: int) -> bool:
        """Take in the next alert; whether a client should hear of it at once."""
        window = self.window
        window.head = seq
        self.moved_at = now
        self.taken += 1
        row = self._take(subject, payload, seq)
        if row is None:
            return False
        self._live[row.shape.index] += 1
        self.delay_ms = max(0, now_ms - row.t) if not row.late_s else max(0, now_ms - row.t - row.late_s * _MS)
        self.fanout.add(row, now)
        return self.fanout.urgent

    def _take(self, subject: str, payload: bytes, seq: int) -> Row | None:
        try:
            row = self._shapes.row(seq, alert.summarize(payload))
            if not subject.startswith(_SUBJECTS[row.shape.index]):
                raise BadEvent(f"{subject} is not for its severity")
        except (msgspec.DecodeError, BadEvent, UnicodeDecodeError, RecursionError):
            self.undecodable += 1
            return None
        self.window.add(row)
        second = row.t // _MS
        self.bins.add(row.shape.index, second)
        self.tops.add(row.shape, second)
        return row

    def second(self, now_s: int) -> None:
        """Once a second: make room, drop what is too old, count what came."""
        self.bins.advance(now_s)
        self.window.evict(below_seq=self.held.first_seq, before_ms=now_s * _MS - self._settings.window_ms)
        self._rate, self._live = self._live, [0] * len(SEVERITIES)
        if not any(self._rate):
            self.delay_ms = 0
        self._tick += 1
        for length, range_ in list(self._ranges.items()):
            if self._tick - range_.used > _UNUSED:
                del self._ranges[length]
            else:
                range_.look(now_s, self._tick)

    def range(self, window_s: int, now_s: int) -> Range:
        """The range of this length, current to the second."""
        found = self._ranges.get(window_s)
        if found is None:
            self._tick += 1
            found = self._ranges[window_s] = Range(window_s, self.bins, self.tops, now_s, self._tick)
        found.used = self._tick
        return found

    def matching(self, wanted: Filter) -> list[int] | None:
        """How many rows of the window match, for each severity; ``None`` where that takes a look at every row."""
        if not wanted.by_shape:
            return None
        match = wanted.match()
        return [len(lane) for lane in self.window.lanes] if match is None else self.window.matching(match.shape)

    @property
    def rate(self) -> list[int]:
        """Alerts of the last second, for each severity."""
        return self._rate

    @property
    def waiting(self) -> int:
        """Alerts that the stream holds and that were not read yet."""
        return max(0, self.held.last_seq - self.window.head)

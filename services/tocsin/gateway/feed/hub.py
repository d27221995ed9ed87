"""Everything that is known of the stream at this moment, fed with one alert after another."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from msgspec import Struct

from tocsin.gateway.feed.filtered_stats import FilteredStats, Ticks
from tocsin.gateway.feed.groups import Fanout
from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.pipeline.visibility import Visibility
from tocsin.gateway.settings import Settings
from tocsin.gateway.window.counts import SecondCounts
from tocsin.gateway.window.late_arrivals import LateArrivals
from tocsin.gateway.window.row_filter import Filter
from tocsin.gateway.window.rows import SEVERITIES, Row, RowFactory
from tocsin.gateway.window.top_values import TopValues
from tocsin.gateway.window.window import Window
from tocsin.model import alert, subjects
from tocsin.model.errors import BadEvent
from tocsin.model.severity import WORST_FIRST
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS

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
        self._shapes = RowFactory()
        self._ranges: dict[int, RangeStats] = {}
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
        self._ticks = Ticks()
        self._shown = ""
        """The epoch that clients know."""
        self._live = [0] * len(SEVERITIES)
        self._rate = [0] * len(SEVERITIES)
        self.late = LateArrivals()
        self._empty()

    def _empty(self) -> None:
        window_s = int(self._settings.window_hours * 3_600)
        self.bins = SecondCounts(window_s)
        self.tops = TopValues(window_s)
        self.sight = Visibility(self._settings.window_ms, self._settings.silent_s)
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

    def incomplete(self, index: int, now_ms: int, first_ns: int | None = None) -> None:
        """Older alerts of the severity were not read back: the stream's first was stored at *first_ns*, if that bounds.

        What was stored before a row happened before that row came, but for clocks that are ahead.
        """
        lane = self.window.lanes[index]
        since = now_ms if lane.oldest is None else lane.oldest.t + lane.oldest.late_s * MS_PER_S
        if first_ns is not None and first_ns > 0:
            since = first_ns // NS_PER_MS
        self.counted_since[index] = since
        lane.since_ms = max(lane.since_ms, since)

    def take(self, subject: str, payload: bytes, seq: int, *, now: float, now_ms: int) -> bool:
        """Take in the next alert; whether a client should hear of it at once."""
        window = self.window
        window.head = seq
        self.moved_at = now
        self.taken += 1
        row = self._take(subject, payload, seq, now_ms)
        if row is None:
            return False
        self._live[row.shape.index] += not row.late_s
        self.delay_ms = max(0, now_ms - row.t) if not row.late_s else max(0, now_ms - row.t - row.late_s * MS_PER_S)
        if row.late_s:
            self.late.note(row, now)
        self.fanout.add(row, now)
        return self.fanout.urgent

    def _take(self, subject: str, payload: bytes, seq: int, now_ms: int = 0) -> Row | None:
        try:
            summary = alert.summarize(payload)
            row = self._shapes.row(seq, summary)
            if not subject.startswith(_SUBJECTS[row.shape.index]):
                raise BadEvent(f"{subject} is not for its severity")
        except (msgspec.DecodeError, BadEvent, UnicodeDecodeError, RecursionError):
            self.undecodable += 1
            return None
        self.window.add(row, summary.exec_id, summary.parent_exec_id)
        second = row.t // MS_PER_S
        self.bins.add(row.shape.index, second)
        self.tops.add(row.shape, second)
        self.sight.take(subject, row, summary.cluster, payload, now_ms)
        return row

    def second(self, now_s: int) -> None:
        """Once a second: make room, drop what is too old, count what came."""
        self.bins.advance(now_s)
        self.window.evict(below_seq=self.held.first_seq, before_ms=now_s * MS_PER_S - self._settings.window_ms)
        self.sight.nodes.look(now_s)
        self._rate, self._live = self._live, [0] * len(SEVERITIES)
        if not any(self._rate):
            self.delay_ms = 0
        self._ticks.now += 1
        self.fanout.second(now_s, self._ticks)
        for length, range_ in list(self._ranges.items()):
            if self._ticks.now - range_.used > _UNUSED:
                del self._ranges[length]
            else:
                range_.look(now_s, self._ticks.now)

    def range(self, window_s: int, now_s: int) -> RangeStats:
        """The range of this length, current to the second."""
        found = self._ranges.get(window_s)
        if found is None:
            self._ticks.now += 1
            found = self._ranges[window_s] = RangeStats(window_s, self.bins, self.tops, now_s, self._ticks.now)
        found.used = self._ticks.now
        return found

    def matched(self, wanted: Filter, window_s: int, now: float) -> FilteredStats | None:
        """What passes the filter in the range of this length, current to the second, where somebody asked before."""
        found = self.fanout.matched(wanted, window_s, now)
        if found is not None:
            found.used = self._ticks.now
        return found

    @contextmanager
    def matching(self, wanted: Filter, window_s: int, now_s: int, now: float) -> Iterator[FilteredStats]:
        """The same from now on; the body has to `fill` it with what is there already, else it is forgotten."""
        own = FilteredStats(window_s, now_s, self._ticks)
        with self.fanout.matching(wanted, window_s, own, now):
            yield own

    def counted(self, from_s: int, among: Sequence[bool]) -> bool:
        """Whether the counts from *from_s* on are complete, of these severities."""
        own = zip(self.counted_since, among, strict=True)
        return self.bins.begin <= from_s and all(since <= from_s * MS_PER_S for since, asked in own if asked)

    def held_since(self, from_ms: int, among: Sequence[bool]) -> bool:
        """Whether every row from *from_ms* on is held, of these severities."""
        return all(lane.since_ms <= from_ms for lane, asked in zip(self.window.lanes, among, strict=True) if asked)

    @property
    def rows_since(self) -> list[int | None]:
        """From when on the rows of each severity are all held, milliseconds since 1970; ``None`` is always."""
        return [lane.since_ms or None for lane in self.window.lanes]

    @property
    def rate(self) -> list[int]:
        """Alerts of the last second, for each severity; what came late is not of that second."""
        return self._rate

    @property
    def waiting(self) -> int:
        """Alerts that the stream holds and that were not read yet."""
        return max(0, self.held.last_seq - self.window.head)

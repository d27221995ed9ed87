"""The hub: takes one alert after another off the stream, into the store and out to the clients."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tocsin.gateway.feed.filtered_stats import FilteredStats, Ticks
from tocsin.gateway.feed.groups import Fanout
from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.pipeline.visibility import Visibility
from tocsin.gateway.settings import Settings
from tocsin.gateway.window.late_arrivals import LateArrivals
from tocsin.gateway.window.rows import Row, RowFactory
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.store import AlertStore, StreamRange
from tocsin.model import alert, subjects
from tocsin.model.errors import BadEvent
from tocsin.model.filter import OLD_NAMES, Filter
from tocsin.model.severity import WORST_FIRST
from tocsin.model.timestamps import MS_PER_S

_UNUSED = 10
"""Stats of a range that nobody asked for in this many seconds are dropped."""


_SUBJECTS = tuple(subjects.alerts_of(severity).removesuffix(">") for severity in WORST_FIRST)


class Hub:
    """The fan-in of alerts to the store and to the clients of one gateway."""

    def __init__(self, settings: Settings, store: AlertStore) -> None:
        """Nothing is read until `begin`."""
        self._settings = settings
        self._factory = RowFactory()
        self._ranges: dict[int, RangeStats] = {}
        self.store = store
        self.fanout = Fanout(store.window)
        self.ready = False
        """Whether the window has been read back."""
        self.reading = "not begun"
        """The progress of reading back, in words, while it is not done."""
        self.undecodable = 0
        self.old_filter_keys = dict.fromkeys(OLD_NAMES, 0)
        """Filters of clients that named a field by its former name."""
        self.taken = 0
        """Alerts read live, since the start."""
        self.delay_ms = 0
        """Between the newest alert's time (its arrival, if that was late) and our reading of it."""
        self.moved_at = 0.0
        """When the head last advanced, seconds of the monotonic clock."""
        self._ticks = Ticks()
        self._shown = ""
        """The epoch that clients know."""
        self._live = [0] * len(SEVERITIES)
        self._rate = [0] * len(SEVERITIES)
        self.late = LateArrivals()
        self.visibility = Visibility(settings.window_ms, settings.silent_s)

    def begin(self, stream: StreamRange, now_s: int) -> None:
        """Drop everything and start with *stream*."""
        self.ready = False
        self.store.begin(stream, now_s)
        self.visibility = Visibility(self._settings.window_ms, self._settings.silent_s)
        self._ranges.clear()

    def complete(self, head: int, now: float) -> None:
        """The window has been read back up to *head*; clients of another stream receive a gap."""
        window = self.store.window
        before, self._shown = self._shown, window.epoch
        window.head = head
        self.moved_at = now
        self.ready = True
        if before and before != window.epoch:
            self.fanout.reset(before, now)

    def read_back(self, subject: str, payload: bytes, seq: int) -> None:
        """Take in one old alert."""
        self._take(subject, payload, seq)

    def take(self, subject: str, payload: bytes, seq: int, *, now: float, now_ms: int) -> bool:
        """Take in the next alert; whether clients should receive it at once."""
        self.store.window.head = seq
        self.moved_at = now
        self.taken += 1
        row = self._take(subject, payload, seq, now_ms)
        if row is None:
            return False
        self._live[row.shape.index] += not row.late_s
        self.delay_ms = max(0, now_ms - row.t) if not row.late_s else max(0, now_ms - row.t - row.late_s * MS_PER_S)
        if row.late_s:
            self.late.add(row, now)
        self.fanout.add(row, now)
        return self.fanout.urgent

    def _take(self, subject: str, payload: bytes, seq: int, now_ms: int = 0) -> Row | None:
        try:
            summary = alert.summarize(payload)
            row = self._factory.row(seq, summary)
            if not subject.startswith(_SUBJECTS[row.shape.index]):
                raise BadEvent(f"{subject} is not for its severity")
        except (msgspec.DecodeError, BadEvent, UnicodeDecodeError, RecursionError):
            self.undecodable += 1
            return None
        self.store.add(row, summary.exec_id, summary.parent_exec_id)
        self.visibility.add(subject, row, summary.cluster, payload, now_ms)
        return row

    def tick(self, now_s: int) -> None:
        """Once a second: drop what is too old, and bring the stats up to date."""
        self.store.advance(now_s)
        self.visibility.nodes.tick(now_s)
        self._rate, self._live = self._live, [0] * len(SEVERITIES)
        if not any(self._rate):
            self.delay_ms = 0
        self._ticks.now += 1
        self.fanout.tick(now_s, self._ticks)
        for length, stats in list(self._ranges.items()):
            if self._ticks.now - stats.used > _UNUSED:
                del self._ranges[length]
            else:
                stats.update(now_s, self._ticks.now)

    def range_stats(self, window_s: int, now_s: int) -> RangeStats:
        """The stats of the range of this length, current to the second."""
        stats = self._ranges.get(window_s)
        if stats is None:
            self._ticks.now += 1
            store = self.store
            stats = self._ranges[window_s] = RangeStats(window_s, store.counts, store.top, now_s, self._ticks.now)
        stats.used = self._ticks.now
        return stats

    def filtered_stats(self, filter_: Filter, window_s: int, now: float) -> FilteredStats | None:
        """The stats of this filter and range, current to the second; ``None`` if nobody asked for them before."""
        stats = self.fanout.filtered_stats(filter_, window_s, now)
        if stats is not None:
            stats.used = self._ticks.now
        return stats

    @contextmanager
    def new_filtered_stats(self, filter_: Filter, window_s: int, now_s: int, now: float) -> Iterator[FilteredStats]:
        """Start such stats; the body must `fill` them from the rows in the window, or they are dropped again."""
        stats = FilteredStats(window_s, now_s, self._ticks)
        with self.fanout.new_filtered_stats(filter_, window_s, stats, now):
            yield stats

    @property
    def rate(self) -> list[int]:
        """Alerts of the last second, for each severity, without those that arrived late."""
        return self._rate

"""The alert store: live window, counts and top values, and how far back each of them reaches."""

from collections.abc import Sequence

from msgspec import Struct

from tocsin.gateway.window import row_filter
from tocsin.gateway.window.counts import SecondCounts
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.search import Caller, SearchPool
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.top_values import TopValues
from tocsin.gateway.window.window import Window
from tocsin.model.filter import Filter
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS


class StreamRange(Struct, frozen=True):
    """What ALERTS retains, as the stream reports it."""

    epoch: str = ""
    first_seq: int = 0
    last_seq: int = 0


class AlertStore:
    """All that queries read."""

    def __init__(self, limit: int, window_ms: int) -> None:
        """At most *limit* rows for each severity, and nothing older than *window_ms*; empty until `begin`."""
        self._window_ms = window_ms
        self.window = Window(limit)
        self.search = SearchPool(self.window)
        self.stream = StreamRange()
        self._clear()

    def _clear(self) -> None:
        window_s = self._window_ms // MS_PER_S
        self.counts = SecondCounts(window_s)
        self.top = TopValues(window_s)
        self.counted_since = [0] * len(SEVERITIES)
        """Since when the counts of each severity are complete, milliseconds since 1970; 0 is the whole window."""

    def begin(self, stream: StreamRange, now_s: int) -> None:
        """Drop everything and start with *stream*."""
        self.stream = stream
        self.window.reset(stream.epoch)
        self._clear()
        self.counts.advance(now_s)

    def add(self, row: Row, exec_id: str, parent_exec_id: str) -> None:
        """Add one row; the ids are those of its process and of that process's parent."""
        self.window.add(row, exec_id, parent_exec_id)
        second = row.t // MS_PER_S
        self.counts.add(row.shape.index, second)
        self.top.add(row.shape, second)

    def incomplete(self, index: int, now_ms: int, first_ns: int | None = None) -> None:
        """Record that older alerts of the severity were not read; *first_ns* is when the stream's first was stored.

        An alert that was stored before a row arrived happened before that row arrived, unless its clock is ahead.
        """
        lane = self.window.lanes[index]
        since = now_ms if lane.oldest is None else lane.oldest.t + lane.oldest.late_s * MS_PER_S
        if first_ns is not None and first_ns > 0:
            since = first_ns // NS_PER_MS
        self.counted_since[index] = since
        lane.since_ms = max(lane.since_ms, since)

    def advance(self, now_s: int) -> None:
        """Move on to *now_s*: rows that the stream has dropped or that are too old leave the window."""
        self.counts.advance(now_s)
        self.window.evict(below_seq=self.stream.first_seq, before_ms=now_s * MS_PER_S - self._window_ms)

    def counts_complete(self, from_s: int, severities: Sequence[bool]) -> bool:
        """Whether the counts of these severities are complete from *from_s* on."""
        selected = zip(self.counted_since, severities, strict=True)
        return self.counts.begin <= from_s and all(since <= from_s * MS_PER_S for since, chosen in selected if chosen)

    def rows_complete(self, from_ms: int, severities: Sequence[bool]) -> bool:
        """Whether the window holds every row of these severities from *from_ms* on."""
        selected = zip(self.window.lanes, severities, strict=True)
        return all(lane.since_ms <= from_ms for lane, chosen in selected if chosen)

    @property
    def rows_since(self) -> list[int | None]:
        """From when on the rows of each severity are complete, milliseconds since 1970; ``None`` is always."""
        return [lane.since_ms or None for lane in self.window.lanes]

    @property
    def waiting(self) -> int:
        """Alerts that the stream holds and that were not read yet."""
        return max(0, self.stream.last_seq - self.window.head)

    async def newest(
        self, filter_: Filter, limit: int, *, up_to: int, since_ms: int = 0, caller: Caller = "request"
    ) -> list[Row]:
        """The newest rows that match; `HttpError` (503) if this needs a scan and too many wait for one."""
        if row_filter.shared(filter_):
            return self.window.newest(limit, row_filter.matcher(filter_), since_ms=since_ms, up_to=up_to)
        return await self.search.newest(filter_, limit, since_ms=since_ms, up_to=up_to, caller=caller)

"""Composes the frames that many clients share: each is written once for all who see the same."""

import asyncio
import contextlib
import functools
import time
from typing import Any

import msgspec

from tocsin.bus import Bus, Start, streams
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.feed.client import Gap
from tocsin.gateway.feed.filtered_stats import FilteredStats
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.feed.subscription import Selection
from tocsin.gateway.pipeline.rule_status import RuleIssues
from tocsin.gateway.window import cursor
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.severities import SEVERITIES, by_severity
from tocsin.model import subjects
from tocsin.model.errors import BusError
from tocsin.model.filter import EVERYTHING
from tocsin.model.severity import WORST_FIRST, Severity

_SNAPSHOT_ROWS = 200
_CACHED = 16
_STUCK_S = 2.0
_NO_ISSUES = RuleIssues()


class Lag:
    """How far the gateway is behind, as clients see it."""

    def __init__(self) -> None:
        self.classifier = 0
        """Events that wait for the classifier."""
        self.broken = ""
        """What is failing upstream, in words."""


class FrameComposer:
    """Composes snapshots, stats and gaps from the hub, and caches them until the next second."""

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self._bus = bus
        self._hub = hub
        self._store = hub.store
        self.lag = Lag()
        self.rules = RuleIssues()
        """What is wrong with the rules."""
        self._counting = asyncio.Lock()
        self._cache: dict[tuple[object, ...], bytes] = {}

    def clear(self) -> None:
        """A new second: frames are composed again."""
        self._cache.clear()

    def stats(self, selection: Selection, tick: int) -> tuple[bytes, int]:
        """The frame for a client whose last stats were of *tick*, and the tick of this one."""
        hub, window = self._hub, self._store.window
        now = time.time()
        range_ = hub.range_stats(selection.window_s, int(now))
        key = ("stats", selection.version, selection.filter, selection.window_s, tick, range_.tick)
        if key not in self._cache:
            filtered = self._filtered(selection)
            self._cache[key] = frames.frame(
                "stats",
                {
                    "to": cursor.render(window.epoch, window.head),
                    "t": int(now),
                    "rate": by_severity(hub.rate),
                    **range_.since(tick),
                    **({} if filtered is None else filtered.since(tick)),
                    **hub.late.fields(time.monotonic()),
                    "lag": self._lag(),
                    **({} if self.rules == _NO_ISSUES else {"rules": self.rules}),
                },
                version=selection.version,
            )
        return self._cache[key], range_.tick

    async def count(self, selection: Selection) -> None:
        """Count what passes the filter, unless that is counted already; `HttpError` (503) if too many scans wait."""
        filter_, window = selection.filter, self._store.window
        if filter_ == EVERYTHING or self._filtered(selection) is not None:
            return
        with self._store.search.slot("socket"):
            async with self._counting:
                if self._filtered(selection) is not None:
                    return
                with self._hub.new_filtered_stats(
                    filter_, selection.window_s, int(time.time()), time.monotonic()
                ) as stats:
                    scan = functools.partial(stats.scan, filter_=filter_, up_to=window.head)
                    counted = await self._store.search.scan(scan)
                    stats.fill(counted, self._store.rows_since)

    async def snapshot(self, selection: Selection, to: int) -> tuple[bytes, int]:
        """The snapshot up to *to* and the tick of its range.

        `HttpError` (503) if it needs a scan and too many wait for one.
        """
        range_ = self._hub.range_stats(selection.window_s, int(time.time()))
        key = ("snapshot", selection.version, selection.filter_json, selection.window_s, to, range_.tick)
        frame = self._cache.get(key)
        if frame is None:
            if len(self._cache) > _CACHED:
                self._cache.clear()
            with contextlib.suppress(HttpError):  # a later stats frame has the counts, once the queue has a slot
                await self.count(selection)
            since_ms, epoch = range_.since_ms, self._store.window.epoch
            rows = await self._store.newest(
                selection.filter, _SNAPSHOT_ROWS, up_to=to, since_ms=since_ms, caller="socket"
            )
            frame = self._cache[key] = self._snapshot(selection, range_, cursor.render(epoch, to), rows)
        return frame, range_.tick

    def snapshot_without_rows(self, selection: Selection, to: int) -> tuple[bytes, int]:
        """The same if the scan was refused: the client gets a whole snapshot a second later."""
        range_ = self._hub.range_stats(selection.window_s, int(time.time()))
        place = cursor.render(self._store.window.epoch, to)
        return self._snapshot(selection, range_, place, [], busy=True), range_.tick

    async def gap(self, gap: Gap) -> bytes:
        """The frame, with the stream's own counts of the range that cannot be replayed."""
        window = self._store.window
        head, epoch = window.head, window.epoch
        after = 0 if gap.why == "epoch" else gap.after
        counts = []
        for index, severity in enumerate(WORST_FIRST):
            lane = window.lanes[index]
            counts.append(len(lane.after(after)))
            if lane.floor > after:
                with contextlib.suppress(BusError):
                    counts[-1] = await self._stored(severity, after, head)
        missing = None if gap.why == "epoch" else head - gap.after
        return frames.gap(cursor.render(gap.epoch, gap.after), cursor.render(epoch, head), gap.why, counts, missing)

    async def _stored(self, severity: Severity, after: int, head: int) -> int:
        """How many alerts of the severity the stream holds above *after*, up to *head*."""
        subject = subjects.alerts_of(severity)
        whole = await self._bus.count(streams.ALERTS, filter=subject, start=Start(seq=after + 1))
        return whole - await self._bus.count(streams.ALERTS, filter=subject, start=Start(seq=head + 1))

    def _filtered(self, selection: Selection) -> FilteredStats | None:
        """The stats of the filter, if they are complete."""
        stats = self._hub.filtered_stats(selection.filter, selection.window_s, time.monotonic())
        return stats if stats is not None and stats.ready else None

    def _lag(self) -> dict[str, Any]:
        hub, waiting = self._hub, self._store.waiting
        stuck_s = time.monotonic() - hub.moved_at
        delay_ms = int(stuck_s * 1_000) if waiting and stuck_s > _STUCK_S else hub.delay_ms
        lag: dict[str, Any] = {"pipeline_ms": delay_ms, "pending": waiting + self.lag.classifier}
        return lag | ({"broken": self.lag.broken} if self.lag.broken else {})

    def _snapshot(self, selection: Selection, range_: RangeStats, place: str, rows: list[Row], **more: bool) -> bytes:
        filtered = self._filtered(selection)
        return frames.frame(
            "snapshot",
            {
                "to": place,
                "filter": msgspec.Raw(selection.filter_json),
                "complete_since": by_severity(self._store.counted_since),
                "rows_since": dict(zip(SEVERITIES, self._store.rows_since, strict=True)),
                **({} if filtered is None else filtered.whole()),
                **range_.whole(),
                **self._hub.late.fields(time.monotonic()),
                **more,
            },
            rows,
            selection.version,
        )

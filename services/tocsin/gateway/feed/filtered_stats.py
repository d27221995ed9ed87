"""Counts, timeline and top values of the alerts that pass one filter: one scan of the window, then kept up to date."""

from collections.abc import Sequence
from typing import Any

from tocsin.gateway.queries import aggregate
from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import counts as bins
from tocsin.gateway.window.counts import FUTURE_S
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES, by_severity
from tocsin.gateway.window.top_values import Entry, ranked
from tocsin.gateway.window.window import Block
from tocsin.model.alert_row import FACETS
from tocsin.model.filter import Filter
from tocsin.model.timestamps import MS_PER_S

_SHAPES = 1_000
"""With more different shapes than this the top values are not kept: they would cost too much."""
_TOP_EVERY = 2
"""Seconds between two updates of the top values."""
_TOP = 10
_NONE = [0] * len(SEVERITIES)


class Ticks:
    """The number of the current update, shared by all stats that clients see."""

    def __init__(self) -> None:
        self.now = 0


class BinCounts:
    """Alerts counted by bin, severity and shape."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = {}
        """For each bin one number for each severity."""
        self.shapes: dict[int, dict[SharedFields, int]] | None = {}
        """For each bin the number of alerts of each shape; ``None`` if there are too many shapes."""
        self._kept = 0

    def add(self, second: int, shape: SharedFields, n: int = 1) -> None:
        """Count *n* in the bin that begins at *second*."""
        counts = self.counts.get(second)
        if counts is None:
            counts = self.counts[second] = [0] * len(SEVERITIES)
        counts[shape.index] += n
        if self.shapes is None:
            return
        shapes = self.shapes.setdefault(second, {})
        if shape not in shapes:
            self._kept += 1
        shapes[shape] = shapes.get(shape, 0) + n
        if self._kept > _SHAPES:
            self.shapes = None

    def merge(self, other: "BinCounts") -> None:
        """Add the other's counts."""
        for second, counts in other.counts.items():
            old = self.counts.get(second, _NONE)
            self.counts[second] = [one + more for one, more in zip(old, counts, strict=True)]
        if self.shapes is None or other.shapes is None:
            self.shapes = None
            return
        for second, shapes in other.shapes.items():
            known = self.shapes.setdefault(second, {})
            for shape, n in shapes.items():
                self._kept += shape not in known
                known[shape] = known.get(shape, 0) + n

    def drop(self, before: int) -> bool:
        """Drop the bins that begin before this second; whether there were any."""
        old = [second for second in self.counts if second < before]
        for second in old:
            del self.counts[second]
            if self.shapes is not None:
                self._kept -= len(self.shapes.pop(second, {}))
        return bool(old)


class FilteredStats:
    """The stats of one filter over one range that ends now, for all clients that show it."""

    def __init__(self, window_s: int, now_s: int, ticks: Ticks) -> None:
        """It counts the rows that `add` brings from now on; `scan` and `fill` add those of before."""
        self.ready = False
        self.used = ticks.now
        """The tick at which a client last asked for it."""
        self._ticks = ticks
        self._window_s = window_s
        self._step_s = bins.step(window_s)
        self._t0, self._bins = bins.start(now_s, window_s)
        self._counted = BinCounts()
        self._changed: dict[int, int] = {}
        """The tick at which each bin last changed."""
        self._top: dict[str, list[Entry]] = {}
        self._top_changed: dict[str, int] = {}
        self._top_known = False
        self._top_at = 0
        self._dirty = True
        self._since: list[int | None] = [None] * len(SEVERITIES)

    def add(self, rows: Sequence[Row]) -> None:
        """Count new rows, which pass the filter."""
        for row in rows:
            second = row.t // MS_PER_S // self._step_s * self._step_s
            if second >= self._t0:
                self._counted.add(second, row.shape)
                self._changed[second] = self._ticks.now + 1
                self._dirty = True

    def scan(self, blocks: Sequence[Block], filter_: Filter, up_to: int) -> BinCounts:
        """Count the rows up to this sequence, for `fill`; safe in another thread."""
        counted, match = BinCounts(), matcher(filter_)
        span = TimeRange(self._t0, self._t0 + self._bins * self._step_s + FUTURE_S)
        for row in aggregate.inside(blocks, span):
            if row.seq <= up_to and (match is None or match(row)):
                counted.add(row.t // MS_PER_S // self._step_s * self._step_s, row.shape)
        return counted

    def fill(self, counted: BinCounts, since: Sequence[int | None]) -> None:
        """Add the counts of `scan`, which are complete from *since* on."""
        self._since = list(since)
        self._counted.merge(counted)
        self._changed |= dict.fromkeys(counted.counts, self._ticks.now + 1)
        self.ready = True
        self._update_top(self._ticks.now + 1)

    def tick(self, now_s: int) -> None:
        """Move on to *now_s*: bins that left the range are dropped."""
        end = self._end
        self._t0, self._bins = bins.start(now_s, self._window_s)
        self._dirty |= self._counted.drop(self._t0)
        self._changed = {second: tick for second, tick in self._changed.items() if second >= self._t0}
        entered = [second for second in self._counted.counts if end <= second < self._end]
        self._changed |= dict.fromkeys(entered, self._ticks.now)
        self._dirty |= bool(entered)
        if now_s - self._top_at >= _TOP_EVERY and self.ready:
            self._top_at = now_s
            self._update_top(self._ticks.now)

    @property
    def _end(self) -> int:
        return self._t0 + self._bins * self._step_s

    def whole(self) -> dict[str, Any]:
        """The fields of a snapshot."""
        series = self._series()
        return {
            "matched": by_severity([sum(numbers) for numbers in series]),
            "matched_since": dict(zip(SEVERITIES, self._since, strict=True)),
            "matched_timeline": {
                "t0": self._t0,
                "step_s": self._step_s,
                **dict(zip(SEVERITIES, series, strict=True)),
            },
            "matched_top": self._top if self._top_known else None,
        }

    def since(self, tick: int) -> dict[str, Any]:
        """The fields of stats for a client whose last stats were of *tick*."""
        changed = sorted(second for second, at in self._changed.items() if at > tick and second < self._end)
        fields: dict[str, Any] = {
            "matched": by_severity([sum(numbers) for numbers in self._series()]),
            "matched_bins": [[second, *self._counted.counts[second]] for second in changed],
        }
        if not self._top_known:
            return fields | {"matched_top": None}
        top = {name: entries for name, entries in self._top.items() if self._top_changed[name] > tick}
        return fields | ({"matched_top": top} if top else {})

    def _series(self) -> bins.Series:
        counts = self._counted.counts
        table = [counts.get(second, _NONE) for second in range(self._t0, self._end, self._step_s)]
        return [list(numbers) for numbers in zip(*table, strict=True)]

    def _update_top(self, tick: int) -> None:
        if not self._dirty:
            return
        self._dirty = False
        shapes = self._counted.shapes
        self._top_known = shapes is not None
        if shapes is None:
            return
        counted = [item for second, by_shape in shapes.items() if second < self._end for item in by_shape.items()]
        for name, values in FACETS.items():
            entries, _ = ranked(counted, values, _TOP)
            if self._top.get(name) != entries:
                self._top[name] = entries
                self._top_changed[name] = tick

"""What of one time range passes one filter, as it changes: looked up among the rows once, then counted as it comes."""

from collections.abc import Sequence
from typing import Any

from tocsin.gateway.queries import aggregate
from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import counts as bins
from tocsin.gateway.window.counts import FUTURE_S
from tocsin.gateway.window.row_filter import Filter
from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES, by_severity
from tocsin.gateway.window.top_values import DIMENSIONS, Entry, ranked
from tocsin.gateway.window.window import Block

_SHAPES = 1_000
"""With more different shapes than this in it the lists of values are not kept: they would cost too much."""
_TOP_EVERY = 2
_TOP = 10
_MS = 1_000
_NONE = [0] * len(SEVERITIES)


class Ticks:
    """Numbers the looks that clients are told of."""

    def __init__(self) -> None:
        self.now = 0


class Found:
    """What a look at the rows found."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = {}
        """For each bin one number for each severity."""
        self.shapes: dict[int, dict[SharedFields, int]] | None = {}
        """For each bin how often each shape; ``None`` where those are too many."""
        self.kept = 0

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
            self.kept += 1
        shapes[shape] = shapes.get(shape, 0) + n
        if self.kept > _SHAPES:
            self.shapes = None

    def merge(self, other: "Found") -> None:
        """Add what the other found."""
        for second, counts in other.counts.items():
            own = self.counts.get(second, _NONE)
            self.counts[second] = [one + more for one, more in zip(own, counts, strict=True)]
        if self.shapes is None or other.shapes is None:
            self.shapes = None
            return
        for second, shapes in other.shapes.items():
            known = self.shapes.setdefault(second, {})
            for shape, n in shapes.items():
                self.kept += shape not in known
                known[shape] = known.get(shape, 0) + n

    def drop(self, before: int) -> bool:
        """Forget the bins that begin before this second; whether there were any."""
        old = [second for second in self.counts if second < before]
        for second in old:
            del self.counts[second]
            if self.shapes is not None:
                self.kept -= len(self.shapes.pop(second, {}))
        return bool(old)


class FilteredStats:
    """Counts, timeline and values of one range under one filter, for all clients who show it."""

    def __init__(self, window_s: int, now_s: int, ticks: Ticks) -> None:
        """It counts what `add` brings from now on; `look` is still to find what was there."""
        self.ready = False
        self.used = ticks.now
        """The number of the look after which it was last asked for."""
        self._ticks = ticks
        self._window_s = window_s
        self._step_s = bins.step(window_s)
        self._t0, self._bins = bins.start(now_s, window_s)
        self._found = Found()
        self._changed: dict[int, int] = {}
        self._top: dict[str, list[Entry]] = {}
        self._top_changed: dict[str, int] = {}
        self._top_known = False
        self._top_at = 0
        self._dirty = True
        self._since: list[int | None] = [None] * len(SEVERITIES)

    def add(self, rows: Sequence[Row]) -> None:
        """Count these rows, which came since the last time and pass the filter."""
        for row in rows:
            second = row.t // _MS // self._step_s * self._step_s
            if second >= self._t0:
                self._found.add(second, row.shape)
                self._changed[second] = self._ticks.now + 1
                self._dirty = True

    def look(self, blocks: Sequence[Block], wanted: Filter, up_to: int) -> Found:
        """What the rows up to this sequence hold of it, for `fill`; in another thread, if need be."""
        found, match = Found(), wanted.match()
        span = TimeRange(self._t0, self._t0 + self._bins * self._step_s + FUTURE_S)
        for row in aggregate.inside(blocks, span):
            if row.seq <= up_to and (match is None or match(row)):
                found.add(row.t // _MS // self._step_s * self._step_s, row.shape)
        return found

    def fill(self, found: Found, since: Sequence[int | None]) -> None:
        """Take in what `look` found, and from when on that was complete."""
        self._since = list(since)
        self._found.merge(found)
        self._changed |= dict.fromkeys(found.counts, self._ticks.now + 1)
        self.ready = True
        self._look_at_top(self._ticks.now + 1)

    def second(self, now_s: int) -> None:
        """It is *now_s*, and the number of a new look: what left the range does not count any more."""
        end = self._end
        self._t0, self._bins = bins.start(now_s, self._window_s)
        self._dirty |= self._found.drop(self._t0)
        self._changed = {second: own for second, own in self._changed.items() if second >= self._t0}
        came = [second for second in self._found.counts if end <= second < self._end]
        self._changed |= dict.fromkeys(came, self._ticks.now)
        self._dirty |= bool(came)
        if now_s - self._top_at >= _TOP_EVERY and self.ready:
            self._top_at = now_s
            self._look_at_top(self._ticks.now)

    @property
    def _end(self) -> int:
        return self._t0 + self._bins * self._step_s

    def whole(self) -> dict[str, Any]:
        """The fields of a snapshot."""
        series = self._series()
        return {
            "matched": by_severity([sum(own) for own in series]),
            "matched_since": dict(zip(SEVERITIES, self._since, strict=True)),
            "matched_timeline": {
                "t0": self._t0,
                "step_s": self._step_s,
                **dict(zip(SEVERITIES, series, strict=True)),
            },
            "matched_top": self._top if self._top_known else None,
        }

    def since(self, tick: int) -> dict[str, Any]:
        """The fields of stats for a client that was last told at *tick*."""
        changed = sorted(second for second, own in self._changed.items() if own > tick and second < self._end)
        fields: dict[str, Any] = {
            "matched": by_severity([sum(own) for own in self._series()]),
            "matched_bins": [[second, *self._found.counts[second]] for second in changed],
        }
        if not self._top_known:
            return fields | {"matched_top": None}
        top = {name: entries for name, entries in self._top.items() if self._top_changed[name] > tick}
        return fields | ({"matched_top": top} if top else {})

    def _series(self) -> bins.Series:
        counts = self._found.counts
        table = [counts.get(second, _NONE) for second in range(self._t0, self._end, self._step_s)]
        return [list(own) for own in zip(*table, strict=True)]

    def _look_at_top(self, tick: int) -> None:
        if not self._dirty:
            return
        self._dirty = False
        shapes = self._found.shapes
        self._top_known = shapes is not None
        if shapes is None:
            return
        counted = [item for second, own in shapes.items() if second < self._end for item in own.items()]
        for name, values in DIMENSIONS.items():
            entries, _ = ranked(counted, values, _TOP)
            if self._top.get(name) != entries:
                self._top[name] = entries
                self._top_changed[name] = tick

"""Counts, timeline and top values of one time range that ends now, and what of them changed since a tick."""

from typing import Any

from tocsin.gateway.window import counts as bins
from tocsin.gateway.window.counts import SecondCounts
from tocsin.gateway.window.severities import SEVERITIES, by_severity
from tocsin.gateway.window.top_values import Entry, TopValues
from tocsin.model.timestamps import MS_PER_S

_TOP_EVERY = 2
"""Seconds between two updates of the top values."""


class RangeStats:
    """The stats of one range, updated once a second for all clients that show it."""

    def __init__(self, window_s: int, counts: SecondCounts, top_values: TopValues, now_s: int, tick: int = 1) -> None:
        """*window_s* is the length; *now_s* and *tick* are as for `update`."""
        self.window_s = window_s
        self.step_s = bins.step(window_s)
        self.tick = tick
        """The number of the last update."""
        self.used = tick
        """The tick at which a client last asked for it."""
        self._counts = counts
        self._top_values = top_values
        self._t0 = 0
        self._series: bins.Series = [[] for _ in SEVERITIES]
        self._changed: dict[int, int] = {}
        """The tick at which each bin last changed."""
        self._top: dict[str, list[Entry]] = {}
        self._top_changed: dict[str, int] = {}
        self._top_at = 0
        self.update(now_s, tick)

    def update(self, now_s: int, tick: int) -> None:
        """Move on to *now_s* and remember which bins and lists changed; *tick* only grows."""
        self.tick = tick
        t0, count = bins.start(now_s, self.window_s)
        old = {self._t0 + n * self.step_s: values for n, values in enumerate(zip(*self._series, strict=True))}
        self._series = self._counts.series(t0, self.step_s, count)
        self._t0 = t0
        for n, values in enumerate(zip(*self._series, strict=True)):
            second = t0 + n * self.step_s
            if old.get(second, (0,) * len(SEVERITIES)) != values:
                self._changed[second] = self.tick
        self._changed = {second: at for second, at in self._changed.items() if second >= t0}
        if not self._top or now_s - self._top_at >= _TOP_EVERY:
            self._update_top(now_s)

    def _update_top(self, now_s: int) -> None:
        self._top_at = now_s
        for name, entries in self._top_values.lists(now_s, self.window_s).items():
            if self._top.get(name) != entries:
                self._top[name] = entries
                self._top_changed[name] = self.tick

    @property
    def since_ms(self) -> int:
        """Its beginning, milliseconds since 1970."""
        return self._t0 * MS_PER_S

    @property
    def counts(self) -> list[int]:
        """The sum of the timeline, for each severity."""
        return [sum(series) for series in self._series]

    def whole(self) -> dict[str, Any]:
        """The fields of a snapshot."""
        before = self._t0 - self.window_s
        fields: dict[str, Any] = {
            "window_s": self.window_s,
            "counts": by_severity(self.counts),
            "timeline": {"t0": self._t0, "step_s": self.step_s, **dict(zip(SEVERITIES, self._series, strict=True))},
            "top": self._top,
        }
        if 2 * self.window_s <= self._counts.window_s:
            earlier = [self._counts.count(index, before, self._t0) for index in range(len(SEVERITIES))]
            fields["previous"] = by_severity(earlier)
        return fields

    def since(self, tick: int) -> dict[str, Any]:
        """The fields of stats for a client whose last stats were of *tick*."""
        changed = sorted(second for second, at in self._changed.items() if at > tick)
        table = list(zip(*self._series, strict=True))
        fields: dict[str, Any] = {
            "counts": by_severity(self.counts),
            "bins": [[second, *table[(second - self._t0) // self.step_s]] for second in changed],
        }
        top = {name: entries for name, entries in self._top.items() if self._top_changed[name] > tick}
        return fields | ({"top": top} if top else {})

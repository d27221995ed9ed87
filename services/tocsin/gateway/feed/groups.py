"""Groups of clients that see the same: each view's rows are matched, folded and written once for all of its clients."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch, BatchBuilder
from tocsin.gateway.feed.filtered_stats import FilteredStats, Ticks
from tocsin.gateway.feed.pacing import Pace
from tocsin.gateway.window.row_filter import Matchers
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Match, Window
from tocsin.model.filter import Filter

_FRESH = 5_000
"""The most rows that wait to be distributed to the groups."""
_UNUSED = 10
"""Stats of a filter that no client asked for in this many seconds are dropped."""


class FeedCounts(Struct):
    """What was sent to clients, for the metrics."""

    frames: int = 0
    rows: int = 0
    folded: int = 0
    left_out: int = 0
    replays: int = 0
    gaps: int = 0
    snapshots: int = 0

    def add(self, sent: Batch) -> None:
        """One client gets this batch."""
        self.frames += 1
        self.rows += len(sent.rows)
        self.folded += sent.folded
        self.left_out += sent.left_out


class View(Struct, frozen=True):
    """What the clients of one group share."""

    filter: Filter
    limit: int
    """The most rows in a frame."""
    fold: bool
    """Whether repeats may be one row."""


class Member(Protocol):
    """What a group needs of a client."""

    def offer(self, new: Batch) -> None:
        """The group has a new batch."""
        ...

    def lose_stream(self, epoch: str) -> None:
        """The stream of this epoch was replaced by another."""
        ...


class Group:
    """The clients with one view."""

    def __init__(self, view: View, matchers: Matchers, head: int, now: float) -> None:
        """Its first batch begins after *head*."""
        self.view = view
        self.filter = view.filter
        self.limit = view.limit
        self.match: Match | None = matchers.of(view.filter)
        self.clients: set[Member] = set()
        self.pos = head
        """The last batch covers everything up to this sequence."""
        self._received = head
        self._builder = BatchBuilder(raw=not view.fold)
        self._pace = Pace(now)
        self._merged: dict[tuple[int, int], Batch] = {}

    def receive(self, rows: list[Row], head: int, now: float) -> None:
        """Add the new rows that pass the filter; they are all up to *head*."""
        self._pace.add(self._builder.add(rows), now)
        self._received = head

    def due(self, now: float) -> float | None:
        """When a batch is due; ``None`` if there is nothing to cover."""
        if self._received == self.pos:
            return None
        waiting = self._builder
        return self._pace.due(now, rows=len(waiting) + waiting.left_out, urgent=waiting.urgent)

    def cut(self, now: float) -> None:
        """Build a batch of the waiting rows and offer it to every client."""
        if self._received == self.pos:
            return
        urgent = sum(1 for row, _ in self._builder.rows if row.shape.urgent)
        limit = max(self._pace.budget(now, self.limit), min(urgent, self.limit))
        new = self._builder.build(self.pos, self._received, limit, folding=self._pace.is_flood(now))
        self.pos = self._received
        self._pace.mark_cut(now)
        self._merged.clear()
        for client in self.clients:
            client.offer(new)

    def merge(self, first: Batch, second: Batch) -> Batch:
        """Both as one batch, built once for all clients for which the same two wait."""
        key = (id(first), id(second))
        if key not in self._merged:
            self._merged[key] = batch.merge(first, second, self.limit, folding=self.view.fold)
        return self._merged[key]

    def reset(self, head: int, now: float) -> None:
        """Start again after *head* of another stream."""
        self.pos = self._received = head
        self._builder = BatchBuilder(raw=not self.view.fold)
        self._merged.clear()
        self._pace.mark_cut(now)


class Fanout:
    """All groups over one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.counts = FeedCounts()
        self.matchers = Matchers()
        self._stats: dict[Filter, dict[int, FilteredStats]] = {}
        """The stats of each filter that a group has, by the length of their range."""
        self.clients: set[Member] = set()
        self._groups: dict[View, Group] = {}
        self._fresh: list[Row] = []
        self.urgent = False
        """Whether a critical or high alert waits to be distributed."""

    def add(self, row: Row, now: float) -> None:
        """Add a row that the window has just taken."""
        if not self._groups:
            return
        self._fresh.append(row)
        if row.shape.index <= 1:
            self.urgent = True
        if len(self._fresh) >= _FRESH:
            self._distribute(now)

    def cut_due(self, now: float) -> float | None:
        """Build all batches that are due; returns when the next one is due, as far as is known."""
        self._distribute(now)
        dues = []
        for group in self._groups.values():
            due = group.due(now)
            if due is not None and due <= now:
                group.cut(now)
                due = group.due(now)
            if due is not None:
                dues.append(due)
        return min(dues, default=None)

    def join(self, client: Member, old: Group | None, view: View, now: float) -> Group:
        """Move the client to the group of this view. The group then covers everything up to the head."""
        self._distribute(now)
        group = self._groups.get(view)
        if group is None:
            group = self._groups[view] = Group(view, self.matchers, self.window.head, now)
        group.cut(now)
        if old is not None and old is not group:
            self.leave(client, old)
        group.clients.add(client)
        self.clients.add(client)
        return group

    def leave(self, client: Member, group: Group) -> None:
        """Remove the client from its group, and the group if it is empty then."""
        group.clients.discard(client)
        self.clients.discard(client)
        if not group.clients:
            self._groups.pop(group.view, None)
            if all(other.filter != group.filter for other in self._groups.values()):
                self._stats.pop(group.filter, None)  # no group matches new rows against this filter any more

    def reset(self, epoch: str, now: float) -> None:
        """The stream was recreated; clients have positions in the old one, of *epoch*."""
        self._fresh.clear()
        self._stats.clear()
        self.urgent = False
        for group in self._groups.values():
            group.reset(self.window.head, now)
        for client in list(self.clients):
            client.lose_stream(epoch)

    @property
    def views(self) -> int:
        """How many different views there are."""
        return len(self._groups)

    def filtered_stats(self, filter_: Filter, window_s: int, now: float) -> FilteredStats | None:
        """The stats of this filter and range up to now; ``None`` if `new_filtered_stats` has not created them."""
        if self._fresh:
            self._distribute(now)
        return self._stats.get(filter_, {}).get(window_s)

    @contextmanager
    def new_filtered_stats(self, filter_: Filter, window_s: int, stats: FilteredStats, now: float) -> Iterator[None]:
        """Let *stats* count new rows. The body makes them ready; otherwise they are dropped again."""
        self._distribute(now)
        if any(group.filter == filter_ for group in self._groups.values()):
            self._stats.setdefault(filter_, {})[window_s] = stats
        try:
            yield
        finally:
            if not stats.ready:
                self._stats.get(filter_, {}).pop(window_s, None)

    def tick(self, now_s: int, ticks: Ticks) -> None:
        """Once a second: update the stats of filters, and drop those that nobody asked for lately."""
        for by_length in self._stats.values():
            for length, stats in list(by_length.items()):
                if ticks.now - stats.used > _UNUSED:
                    del by_length[length]
                else:
                    stats.tick(now_s)

    def _distribute(self, now: float) -> None:
        """Give the fresh rows to the groups and the stats whose filter they pass."""
        fresh, self._fresh, self.urgent = self._fresh, [], False
        passed: dict[Filter, list[Row]] = {}
        for group in self._groups.values():
            rows = passed.get(group.filter)
            if rows is None:
                rows = fresh if group.match is None else [row for row in fresh if group.match(row)]
                passed[group.filter] = rows
            group.receive(rows, self.window.head, now)
        for filter_, by_length in self._stats.items():
            for stats in by_length.values():
                stats.add(passed[filter_])

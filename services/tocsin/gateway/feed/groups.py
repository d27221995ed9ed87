"""From the live window to the clients: each filter's rows are matched, folded and written once, whoever wants them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch, Collecting
from tocsin.gateway.feed.filtered_stats import FilteredStats, Ticks
from tocsin.gateway.feed.pacing import Pace
from tocsin.gateway.window.row_filter import Filter, Matchers
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Match, Window

_FRESH = 5_000
"""Rows that wait for the next look at most."""
_UNUSED = 10
"""Counts under a filter that nobody asked for in so many seconds are forgotten."""


class Numbers(Struct):
    """What went out, for the metrics."""

    frames: int = 0
    rows: int = 0
    folded: int = 0
    left_out: int = 0
    replays: int = 0
    gaps: int = 0
    snapshots: int = 0

    def count(self, own: Batch) -> None:
        """One client gets this batch."""
        self.frames += 1
        self.rows += len(own.rows)
        self.folded += own.folded
        self.left_out += own.left_out


class View(Struct, frozen=True):
    """What clients see alike."""

    filter: Filter
    limit: int
    """Rows in a frame, at most."""
    fold: bool
    """Whether repeats may be one row."""


class Member(Protocol):
    """What groups need of a client."""

    def offer(self, made: Batch) -> None:
        """Its group made a batch."""
        ...

    def lose(self, epoch: str) -> None:
        """The stream that it followed is gone."""
        ...


class Group:
    """The clients with one view."""

    def __init__(self, view: View, matchers: Matchers, head: int, now: float) -> None:
        """It begins after *head*."""
        self.view = view
        self.filter = view.filter
        self.limit = view.limit
        self.match: Match | None = matchers.of(view.filter)
        self.clients: set[Member] = set()
        self.pos = head
        """What the last batch covered up to."""
        self._seen = head
        self._collecting = Collecting(raw=not view.fold)
        self._pace = Pace(now)
        self._merged: dict[tuple[int, int], Batch] = {}

    def take(self, fresh: list[Row], head: int, now: float) -> None:
        """Take in what is new and passes the filter, up to *head*."""
        self._pace.note(self._collecting.add(fresh), now)
        self._seen = head

    def due(self, now: float) -> float | None:
        """When a batch is due; ``None`` where there is nothing to cover."""
        if self._seen == self.pos:
            return None
        waiting = self._collecting
        return self._pace.due(now, rows=len(waiting) + waiting.left_out, urgent=waiting.urgent)

    def cut(self, now: float) -> None:
        """Make a batch of what waits and offer it to every client."""
        if self._seen == self.pos:
            return
        worst = sum(1 for row, _ in self._collecting.rows if row.shape.urgent)
        limit = max(self._pace.budget(now, self.limit), min(worst, self.limit))
        made = self._collecting.take(self.pos, self._seen, limit, folding=self._pace.flood(now))
        self.pos = self._seen
        self._pace.cut(now)
        self._merged.clear()
        for client in self.clients:
            client.offer(made)

    def merge(self, first: Batch, second: Batch) -> Batch:
        """Both as one, once for all clients that wait with the same two."""
        key = (id(first), id(second))
        if key not in self._merged:
            self._merged[key] = batch.merge(first, second, self.limit, folding=self.view.fold)
        return self._merged[key]

    def reset(self, head: int, now: float) -> None:
        """Begin again after *head* of another stream."""
        self.pos = self._seen = head
        self._collecting = Collecting(raw=not self.view.fold)
        self._merged.clear()
        self._pace.cut(now)


class Fanout:
    """All groups of clients over one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.numbers = Numbers()
        self.matchers = Matchers()
        self._counted: dict[Filter, dict[int, FilteredStats]] = {}
        """What passes a filter that some group has, by the length of the range."""
        self.clients: set[Member] = set()
        self._groups: dict[View, Group] = {}
        self._fresh: list[Row] = []
        self.urgent = False
        """Whether what is new holds a critical or high alert."""

    def add(self, row: Row, now: float) -> None:
        """A row that was just taken into the window."""
        if not self._groups:
            return
        self._fresh.append(row)
        if row.shape.index <= 1:
            self.urgent = True
        if len(self._fresh) >= _FRESH:
            self._spread(now)

    def tick(self, now: float) -> float | None:
        """Make all batches that are due; when the next one is, as far as is known."""
        self._spread(now)
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
        """Put the client into the group of this view, which has then covered everything up to the head."""
        self._spread(now)
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
        """Take the client out of its group; an empty group goes."""
        group.clients.discard(client)
        self.clients.discard(client)
        if not group.clients:
            self._groups.pop(group.view, None)
            if all(other.filter != group.filter for other in self._groups.values()):
                self._counted.pop(group.filter, None)  # nobody looks through what comes any more

    def reset(self, epoch: str, now: float) -> None:
        """The window was made anew; clients stood in the stream *epoch*."""
        self._fresh.clear()
        self._counted.clear()
        self.urgent = False
        for group in self._groups.values():
            group.reset(self.window.head, now)
        for client in list(self.clients):
            client.lose(epoch)

    @property
    def groups(self) -> int:
        """How many different views there are."""
        return len(self._groups)

    def matched(self, wanted: Filter, window_s: int, now: float) -> FilteredStats | None:
        """What passes the filter in the range of this length, up to now, where `matching` began it."""
        if self._fresh:
            self._spread(now)
        return self._counted.get(wanted, {}).get(window_s)

    @contextmanager
    def matching(self, wanted: Filter, window_s: int, own: FilteredStats, now: float) -> Iterator[None]:
        """Let it count from now on; the body makes it ready, else it is forgotten, as when the last client leaves."""
        self._spread(now)
        if any(group.filter == wanted for group in self._groups.values()):
            self._counted.setdefault(wanted, {})[window_s] = own
        try:
            yield
        finally:
            if not own.ready:
                self._counted.get(wanted, {}).pop(window_s, None)

    def second(self, now_s: int, ticks: Ticks) -> None:
        """Once a second: bring what passes filters up to date; what nobody asked for lately is forgotten."""
        for lengths in self._counted.values():
            for length, own in list(lengths.items()):
                if ticks.now - own.used > _UNUSED:
                    del lengths[length]
                else:
                    own.second(now_s)

    def _spread(self, now: float) -> None:
        fresh, self._fresh, self.urgent = self._fresh, [], False
        passed: dict[Filter, list[Row]] = {}
        for group in self._groups.values():
            rows = passed.get(group.filter)
            if rows is None:
                rows = fresh if group.match is None else [row for row in fresh if group.match(row)]
                passed[group.filter] = rows
            group.take(rows, self.window.head, now)
        for wanted, lengths in self._counted.items():
            for own in lengths.values():
                own.add(passed[wanted])

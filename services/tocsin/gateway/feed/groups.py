"""From the live window to the clients: each filter's rows are matched, folded and written once, whoever wants them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch, Collecting
from tocsin.gateway.feed.filtered_stats import FilteredStats, Ticks
from tocsin.gateway.feed.pacing import Credit, Pace
from tocsin.gateway.window.row_filter import EVERYTHING, Filter, Matchers
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Match, Window

REPLAY = 5_000
"""Sequences that a client may lie behind and still be told every one."""
_FRESH = 5_000
"""Rows that wait for the next look at most."""
_UNUSED = 10
"""Counts under a filter that nobody asked for in so many seconds are forgotten."""

Why = Literal["retention", "too_far", "epoch"]


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


class Gap(Struct, frozen=True):
    """A client is to be told that what lies after its cursor cannot be replayed."""

    epoch: str
    after: int
    why: Why


class Snapshot(Struct, frozen=True):
    """A client is to be given a snapshot up to `to`."""

    to: int


class View(Struct, frozen=True):
    """What clients see alike."""

    filter: Filter
    limit: int
    """Rows in a frame, at most."""
    fold: bool
    """Whether repeats may be one row."""


class Group:
    """The clients with one view."""

    def __init__(self, view: View, matchers: Matchers, head: int, now: float) -> None:
        """It begins after *head*."""
        self.view = view
        self.filter = view.filter
        self.limit = view.limit
        self.match: Match | None = matchers.of(view.filter)
        self.clients: set[Client] = set()
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


class Client:
    """One browser: where it stands, what it may have, and what waits for it (never more than one batch)."""

    def __init__(self, fanout: "Fanout", wake: Callable[[], None]) -> None:
        """*wake* is called when there may be something to send."""
        self._fanout = fanout
        self._wake = wake
        self._group: Group | None = None
        self._limit = batch.ROWS
        self._visible = True
        self._fold = True
        self._filter = EVERYTHING
        self._pending: Batch | None = None
        self._pos = 0
        self._behind = False
        """It is being told from the window what it missed."""
        self._gap: Gap | None = None
        self._snapshot = False
        self.credit = Credit()

    @property
    def filter(self) -> Filter:
        """What it wants to see."""
        return self._filter

    @property
    def pos(self) -> int:
        """What it was told of up to."""
        return self._pos

    @property
    def behind(self) -> bool:
        """Whether it is being told what it missed."""
        return self._behind and self.watching

    @property
    def slow(self) -> bool:
        """Whether rows wait for its acknowledgement, or it is being told what it missed."""
        return self.behind or (self.watching and self._pending is not None and not self.credit.allows(urgent=False))

    @property
    def watching(self) -> bool:
        """Whether it wants rows."""
        return self._visible and self._limit > 0

    def open(
        self,
        cursor: tuple[str, int] | None,
        wanted: Filter,
        limit: int,
        *,
        visible: bool,
        now: float,
        fold: bool = True,
    ) -> None:
        """Begin after *cursor*, or with a snapshot; without *fold* every row stands for one alert."""
        self._filter, self._limit, self._visible, self._fold = wanted, min(limit, batch.ROWS), visible, fold
        window = self._fanout.window
        if cursor is None:
            self._snapshot = True
        elif cursor[0] != window.epoch:
            self._gap, self._snapshot = Gap(cursor[0], cursor[1], "epoch"), True
        elif cursor[1] > window.head:
            self._snapshot = True  # another gateway is ahead of this one: an overlap is harmless
        else:
            self._pos = cursor[1]
            self._gap = self._missing()
            self._snapshot = self._gap is not None
            if self._gap is None and self._pos < window.head:
                self._fanout.numbers.replays += 1
        self._join(now)

    def view(
        self,
        wanted: Filter | None,
        limit: int | None,
        *,
        visible: bool | None,
        whole: bool,
        now: float,
        fold: bool | None = None,
    ) -> None:
        """Show something else from now on; *whole* asks for a snapshot in any case."""
        watched = self.watching
        changed = (wanted is not None and wanted != self._filter) or (fold is not None and fold != self._fold)
        self._filter = wanted if wanted is not None else self._filter
        self._limit = min(limit, batch.ROWS) if limit is not None else self._limit
        self._visible = visible if visible is not None else self._visible
        self._fold = fold if fold is not None else self._fold
        if changed or whole or (self.watching and not watched):
            self._snapshot = True  # also where it did not look for a while: the newest rows, and on from there
        self._join(now)

    def offer(self, made: Batch) -> None:
        """Its group made a batch."""
        if not self.watching or self._behind or self._snapshot or self._group is None:
            return
        self._pending = made if self._pending is None else self._group.merge(self._pending, made)
        self._wake()

    def acknowledge(self, epoch: str, to: int) -> None:
        """It has everything up to *to*."""
        if epoch == self._fanout.window.epoch:
            self.credit.acknowledged(to)
            self._wake()

    def next(self) -> Gap | Snapshot | Batch | None:
        """What is to be sent now, if anything. What is taken here counts as sent."""
        if self._gap is not None:
            gap, self._gap = self._gap, None
            self._fanout.numbers.gaps += 1
            return gap
        if self._snapshot and self._group is not None and self.watching:
            return self._begin_anew(self._group)
        if not self.watching or self._group is None:
            return None
        if self._behind:
            return self._replay(self._group)
        if self._pending is None or not self.credit.allows(urgent=self._pending.urgent):
            return None
        made, self._pending = self._pending, None
        return self._send(made)

    def leave(self) -> None:
        """It is gone."""
        if self._group is not None:
            self._fanout.leave(self, self._group)
            self._group = None

    def lose(self, epoch: str) -> None:
        """The stream it followed is not there any more."""
        self._gap = Gap(epoch, self._pos, "epoch")
        self._snapshot = True
        self._pending = None
        self._wake()

    def _join(self, now: float) -> None:
        """Change to the group that fits and covers everything up to now; what lies between comes from the window."""
        group = self._fanout.join(self, self._group, View(self._filter, max(self._limit, 1), self._fold), now)
        self._group = group
        self._pending = None
        self._behind = self._pos < group.pos
        self._wake()

    def _begin_anew(self, group: Group) -> Snapshot:
        self._snapshot = False
        self._behind = False
        self._pending = None
        self._pos = group.pos
        self.credit.forget()
        self._fanout.numbers.snapshots += 1
        return Snapshot(group.pos)

    def _missing(self) -> Gap | None:
        """Why what lies after its position cannot be told one by one; ``None`` where it can."""
        window = self._fanout.window
        if window.head - self._pos > REPLAY:
            return Gap(window.epoch, self._pos, "too_far")
        return None if window.covers(self._pos) else Gap(window.epoch, self._pos, "retention")

    def _replay(self, group: Group) -> Gap | Snapshot | Batch | None:
        """The next part of what it missed, until it stands where its group stands."""
        if not self.credit.allows(urgent=False):
            return None
        self._gap = self._missing()
        if self._gap is not None:
            self._snapshot = True
            return self.next()
        window = self._fanout.window
        rows = [row for row in window.between(self._pos, group.pos) if group.match is None or group.match(row)]
        part = rows[: self._limit]
        to = part[-1].seq if len(rows) > len(part) else group.pos
        self._behind = to < group.pos
        return self._send(Batch(self._pos, to, [(row, 1) for row in part], replay=True))

    def _send(self, made: Batch) -> Batch:
        self._pos = made.to
        self.credit.sent(made.to, urgent=made.urgent)
        self._fanout.numbers.count(made)
        return made


class Fanout:
    """All groups of clients over one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.numbers = Numbers()
        self.matchers = Matchers()
        self._counted: dict[Filter, dict[int, FilteredStats]] = {}
        """What passes a filter that some group has, by the length of the range."""
        self.clients: set[Client] = set()
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

    def join(self, client: Client, old: Group | None, view: View, now: float) -> Group:
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

    def leave(self, client: Client, group: Group) -> None:
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

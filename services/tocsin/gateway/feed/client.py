"""One client: its place in the stream, its view, and the one batch that waits for it."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.feed.groups import Fanout, Group, View
from tocsin.gateway.feed.pacing import Credit
from tocsin.model.filter import EVERYTHING, Filter

REPLAY = 5_000
"""A client that is this many sequences behind still gets every one of them."""

Why = Literal["retention", "too_far", "epoch"]


class Gap(Struct, frozen=True):
    """To be sent: what follows the client's cursor cannot be replayed."""

    epoch: str
    after: int
    why: Why


class Snapshot(Struct, frozen=True):
    """To be sent: a snapshot up to `to`."""

    to: int


class Client:
    """One browser. Never more than one batch waits for it: a second one is merged into the first."""

    def __init__(self, fanout: Fanout, wake: Callable[[], None]) -> None:
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
        """It gets what it missed from the window."""
        self._gap: Gap | None = None
        self._snapshot = False
        self.credit = Credit()

    @property
    def filter(self) -> Filter:
        """The filter of its view."""
        return self._filter

    @property
    def pos(self) -> int:
        """The last frame that it got covers everything up to this sequence."""
        return self._pos

    @property
    def behind(self) -> bool:
        """Whether it still gets what it missed."""
        return self._behind and self.watching

    @property
    def slow(self) -> bool:
        """Whether it is behind, or rows wait for its acknowledgement."""
        return self.behind or (self.watching and self._pending is not None and not self.credit.allows(urgent=False))

    @property
    def watching(self) -> bool:
        """Whether it wants rows."""
        return self._visible and self._limit > 0

    def open(
        self,
        cursor: tuple[str, int] | None,
        filter_: Filter,
        limit: int,
        *,
        visible: bool,
        now: float,
        fold: bool = True,
    ) -> None:
        """Start after *cursor*, or with a snapshot; without *fold* every row stands for one alert."""
        self._filter, self._limit, self._visible, self._fold = filter_, min(limit, batch.ROWS), visible, fold
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
                self._fanout.counts.replays += 1
        self._join(now)

    def view(
        self,
        filter_: Filter | None,
        limit: int | None,
        *,
        visible: bool | None,
        whole: bool,
        now: float,
        fold: bool | None = None,
    ) -> None:
        """Change the view; ``None`` keeps a part of it. *whole* asks for a snapshot in any case."""
        watched = self.watching
        changed = (filter_ is not None and filter_ != self._filter) or (fold is not None and fold != self._fold)
        self._filter = filter_ if filter_ is not None else self._filter
        self._limit = min(limit, batch.ROWS) if limit is not None else self._limit
        self._visible = visible if visible is not None else self._visible
        self._fold = fold if fold is not None else self._fold
        if changed or whole or (self.watching and not watched):
            self._snapshot = True  # a client that was hidden for a while gets the newest rows, and on from there
        self._join(now)

    def offer(self, new: Batch) -> None:
        """Its group has a new batch."""
        if not self.watching or self._behind or self._snapshot or self._group is None:
            return
        self._pending = new if self._pending is None else self._group.merge(self._pending, new)
        self._wake()

    def acknowledge(self, epoch: str, to: int) -> None:
        """It has everything up to *to*."""
        if epoch == self._fanout.window.epoch:
            self.credit.acknowledge(to)
            self._wake()

    def next(self) -> Gap | Snapshot | Batch | None:
        """What to send now, if anything. It counts as sent."""
        if self._gap is not None:
            gap, self._gap = self._gap, None
            self._fanout.counts.gaps += 1
            return gap
        if self._snapshot and self._group is not None and self.watching:
            return self._start_over(self._group)
        if not self.watching or self._group is None:
            return None
        if self._behind:
            return self._replay(self._group)
        if self._pending is None or not self.credit.allows(urgent=self._pending.urgent):
            return None
        pending, self._pending = self._pending, None
        return self._send(pending)

    def leave(self) -> None:
        """It is disconnected."""
        if self._group is not None:
            self._fanout.leave(self, self._group)
            self._group = None

    def lose_stream(self, epoch: str) -> None:
        """The stream of *epoch*, in which it has its position, was replaced by another."""
        self._gap = Gap(epoch, self._pos, "epoch")
        self._snapshot = True
        self._pending = None
        self._wake()

    def _join(self, now: float) -> None:
        """Join the group of its view, which covers everything up to now; the rows before come from the window."""
        group = self._fanout.join(self, self._group, View(self._filter, max(self._limit, 1), self._fold), now)
        self._group = group
        self._pending = None
        self._behind = self._pos < group.pos
        self._wake()

    def _start_over(self, group: Group) -> Snapshot:
        self._snapshot = False
        self._behind = False
        self._pending = None
        self._pos = group.pos
        self.credit.reset()
        self._fanout.counts.snapshots += 1
        return Snapshot(group.pos)

    def _missing(self) -> Gap | None:
        """Why the rows after its position cannot be replayed; ``None`` if they can."""
        window = self._fanout.window
        if window.head - self._pos > REPLAY:
            return Gap(window.epoch, self._pos, "too_far")
        return None if window.covers(self._pos) else Gap(window.epoch, self._pos, "retention")

    def _replay(self, group: Group) -> Gap | Snapshot | Batch | None:
        """The next part of what it missed, until it has caught up with its group."""
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

    def _send(self, sent: Batch) -> Batch:
        self._pos = sent.to
        self.credit.add(sent.to, urgent=sent.urgent)
        self._fanout.counts.add(sent)
        return sent

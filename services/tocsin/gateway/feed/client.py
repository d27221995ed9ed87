"""One client: its place in the stream, its view, and the batch that waits for it."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from tocsin.gateway.feed import batch
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.feed.groups import Fanout, Group, View
from tocsin.gateway.feed.pacing import Credit
from tocsin.gateway.window.row_filter import EVERYTHING, Filter

REPLAY = 5_000
"""Sequences that a client may lie behind and still be told every one."""

Why = Literal["retention", "too_far", "epoch"]


class Gap(Struct, frozen=True):
    """A client is to be told that what lies after its cursor cannot be replayed."""

    epoch: str
    after: int
    why: Why


class Snapshot(Struct, frozen=True):
    """A client is to be given a snapshot up to `to`."""

    to: int


class Client:
    """One browser: where it stands, what it may have, and what waits for it (never more than one batch)."""

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

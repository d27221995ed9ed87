"""One source: read, publish, and move its checkpoint once JetStream has acknowledged."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.collector import checkpoint
from tocsin.collector.backlog import Backlog
from tocsin.collector.line_account import Kind, LineAccount
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.normalize import Origin
from tocsin.collector.readback import KINDS, Known, Reader, Stored
from tocsin.collector.redaction import Redactor
from tocsin.collector.sending import Sender
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources.base import Batch, Source
from tocsin.model.checkpoint import Checkpoint, Position
from tocsin.model.errors import BusError
from tocsin.model.timestamps import format_ns
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import RETRY_S, run_until_stopped, until_answered, wait_or_stop

log = logging.getLogger(__name__)

_ROOM_S = 0.05
_STOP_S = 5.0
_GATHER_S = 0.02
_LOG_INTERVAL_S = 10.0
_OPEN_LINES = 4_000
"""Read and not settled: the window, and a few batches."""
_UNSAVED_LINES = 200_000
"""Where checkpoints cannot be saved, reading stops here: this is what a restart would have to read again."""


class Whose(Struct, frozen=True, kw_only=True):
    """What a source is called, and what only it can add to its checkpoint."""

    key: str
    """Of the bucket."""
    node: str
    """That all its events are from; empty: each event's own."""
    complete: Callable[[Checkpoint], Checkpoint] = lambda page: page
    registers: bool = False
    """Nothing that is new under this key can be stored already, and a first checkpoint says so before it is read."""
    hint: str = "give each collector the name of its node (TOCSIN_COLLECTOR_NODE)"
    """What to do where another collector saves under the same key."""


class Collector:
    """One source, from where its checkpoint stands."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        source: Source,
        whose: Whose,
        *,
        backlog: Backlog,
        tally: CollectorMetrics,
        health: Health,
        redactor: Redactor | None,
        on_doubt: Callable[[], None],
    ) -> None:
        """Nothing is read before `start`; *on_doubt* is called when `resolve` has something to do."""
        self.source = source
        self.key = whose.key
        self.doubts = False
        """Whether `resolve` has something to do."""
        self._bus = bus
        self._settings = settings
        self._whose = whose
        self._backlog = backlog
        self._tally = tally
        self._health = health
        self._redactor = redactor
        self._on_doubt = on_doubt
        self._reader = Reader(bus, cluster=settings.cluster, node=whose.node, key=whose.key)
        self._saving = asyncio.Lock()
        self._problem = ""
        """Why nothing can be read, as it was told last."""
        self._told = False
        self._read_before = 0
        self._lines = 0
        """Taken since the start."""
        self._since_known = 0
        """Taken since the streams were asked last what they hold."""
        self._known = Known()
        self._logged_at = -_LOG_INTERVAL_S
        self._blank = Checkpoint(source=source.name, cluster=settings.cluster or DEFAULT_CLUSTER, node=whose.node)
        self._go_on_from(self._blank, 0)

    def _go_on_from(self, saved: Checkpoint, seq: int) -> None:
        self.account = LineAccount(saved)
        self._read_before = saved.counts.lines
        whose = self._whose
        self._keeper = checkpoint.Keeper(
            self._bus, whose.key, self.account, _now, after=seq, complete=whose.complete, hint=whose.hint
        )
        self._sender = Sender(
            self._bus,
            self._reader,
            Origin(self._settings.cluster, whose.node, whose.key),
            self.account,
            self._backlog.pressure,
            self._tally,
            on_doubt=self._doubt,
            redactor=self._redactor,
        )

    def _doubt(self) -> None:
        self.doubts = True
        self._on_doubt()

    async def start(self, stop: asyncio.Event, *, dead: Sequence[Stored] | None = None) -> bool:
        """Find the place to go on from; false where *stop* came first.

        *dead* is what DEAD_COLLECTOR holds of this source, where that was read for several at once.
        """
        loaded = await until_answered(functools.partial(checkpoint.load, self._bus, self.key), stop, self._health)
        saved = None if loaded is None else loaded.checkpoint
        lasts = {
            kind: await until_answered(functools.partial(self._reader.last, kind), stop, self._health) or 0
            for kind in KINDS
        }
        if stop.is_set():
            return False
        if loaded is not None and saved is not None:
            fitted = checkpoint.fit(saved, events_last=lasts[Kind.EVENT], dead_last=lasts[Kind.DEAD])
            own = self._blank
            fitted = msgspec.structs.replace(fitted, source=own.source, node=own.node)
            self._go_on_from(fitted, loaded.seq)
        found = await self._resumed(None if saved is None else self.account.position, stop)
        if self._whose.registers and (saved is None or saved.position.log is None):
            self.account.begin(self.account.position, lasts)
            known: Known | None = await self._registered(stop)
        else:
            # where the place is lost, lines from before the floors may be read again: ask for all that is stored
            floors = {kind: self.account.floor(kind) if found else 0 for kind in KINDS}
            known = await until_answered(functools.partial(self._reader.stored, floors, dead=dead), stop, self._health)
        if known is None:
            return False
        self._known = known
        self._sender.adopt(known, replays=self.source.replays)
        extra = {"source": self.source.name, "lines": self.account.lines, "stored_beyond": len(known), "found": found}
        log.info("collector.started", extra=extra)
        return not stop.is_set()

    async def _registered(self, stop: asyncio.Event) -> Known | None:
        while not stop.is_set():
            if await self.save():
                return Known()
            await wait_or_stop(stop, RETRY_S)
        return None

    async def _resumed(self, position: Position | None, stop: asyncio.Event) -> bool:
        """Whether the source goes on where *position* is; waits while there is nothing at all to look for it in."""
        while (found := self.source.resume(position)) is None and not stop.is_set():
            self.look()
            await wait_or_stop(stop, RETRY_S)
        return bool(found)

    async def collect(self, stop: asyncio.Event) -> None:
        """Read until *stop* or the end; then wait for PubAcks and save."""
        await run_until_stopped(self._read(stop), stop, grace_s=lambda: _STOP_S if self._bus.connection.up else 0)
        if not stop.is_set():
            log.info("source.ended", extra={"source": self.source.name, "lines": self.account.lines})
        await self._finish(stop)

    async def _finish(self, stop: asyncio.Event) -> None:
        deadline: float | None = None
        while len(self.account):  # at the end of a source that cannot be read again there is no hurry
            now = time.monotonic()
            deadline = now + _STOP_S if deadline is None and stop.is_set() else deadline
            if deadline is not None and (now > deadline or not self._bus.connection.up):
                break
            await asyncio.sleep(_GATHER_S)
        if self.source.caught_up and not len(self.account):
            self._sender.forget()
        while self._bus.connection.up or not stop.is_set():
            if await self.save() or stop.is_set():
                break
            await wait_or_stop(stop, RETRY_S)
        extra = {"source": self.source.name, "lines": self.account.lines, "unsettled": len(self.account)}
        log.info("collector.stopped", extra=extra)

    async def _read(self, stop: asyncio.Event) -> None:
        async with contextlib.aclosing(self.source.batches(stop)) as batches:
            async for batch in batches:
                if not await self._taken(batch, stop):
                    return

    async def _taken(self, batch: Batch, stop: asyncio.Event) -> bool:
        for interval in batch.unread:
            self.account.miss(interval)
            log.error("lines.unread", extra=msgspec.to_builtins(interval))
        for line in batch.lines:
            if self._crowded() and not await self._room(stop):
                return False
            self._lines += 1
            self._since_known += 1
            reason = await self._sender.take(line)
            if reason:
                self._tell(reason, line.size)
            self._backlog.heed()
        if batch.vanished_files:
            self.account.add(Kind.VANISHED, None, batch.vanished_bytes, files=batch.vanished_files)
        return True

    def _tell(self, reason: str, size: int) -> None:
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            extra = {"reason": reason, "bytes": size, "so_far": dict(self._tally.dead), "source": self.source.name}
            log.warning("line.undecodable", extra=extra)

    def _crowded(self) -> bool:
        unsaved = 0 if self.account.withheld else self.account.lines - self._keeper.saved_lines
        return self._backlog.crowded or len(self.account) >= _OPEN_LINES or unsaved > _UNSAVED_LINES

    async def _room(self, stop: asyncio.Event) -> bool:
        """Wait until reading may go on; false where *stop* came first."""
        while self._crowded():
            if stop.is_set():
                return False
            self._backlog.tell()
            await self._backlog.change(_ROOM_S)
        self._backlog.tell()
        return True

    async def save(self) -> bool:
        """Save where the source stands; whether the stored checkpoint says all that can be said."""
        async with self._saving:
            return await self._keeper.save()

    @property
    def problem(self) -> str:
        """Why the last save failed, in words."""
        return self._keeper.problem

    async def resolve(self) -> None:
        """Ask whose the messages are that PubAcks called duplicates; `BusError` where that must be tried again."""
        self.doubts = False
        try:
            await self._sender.resolve()
        except BusError:
            self.doubts = True
            raise

    async def recall(self, events_floor: int, dead_floor: int, stop: asyncio.Event) -> None:
        """Lines may be read now that are stored above these floors, and counted: know them when they come."""
        floors = {Kind.EVENT: events_floor, Kind.DEAD: dead_floor}
        ids = await until_answered(functools.partial(self._reader.ids, floors), stop, self._health)
        log.info("lines.recalled", extra={"source": self.source.name, "ids": len(ids or ())})
        self._since_known = 0
        if self._sender.remembers:
            self._known.learn(ids or ())
        elif ids:
            self._known = Known(foreign=ids)
            self._sender.adopt(self._known, replays=True)

    def look(self) -> str:
        """Let the source hold on to its files; why nothing can be read, in words, else empty."""
        self.source.look()
        problem = self.source.problem
        if problem != self._problem:
            self._problem = problem
            extra = {"why": problem, "source": self.source.name}
            log.warning("source.unreadable" if problem else "source.readable", extra=extra)
        # a log hands over first what an earlier run had stored, and is never seen to be read to its end
        passed = self._whose.registers and self._since_known > self._sender.remembers + 2 * _OPEN_LINES
        if self.source.caught_up or passed:
            if self._sender.remembers:
                self._sender.forget()
            if self.read_before and not self._told:
                log.info("source.read_before", extra={"source": self.source.name, "result": self.read_before})
            self._told = True
        return problem

    @property
    def read_before(self) -> str:
        """``1,762 lines, all read before``, where nothing new was there; else empty."""
        if self._read_before and self.source.caught_up and not self._lines:
            return f"{self._read_before:,} lines, all read before"
        return ""

    def facts(self) -> dict[str, str | int | float]:
        """What people want to know of this collector."""
        state = self.read_before or ("all read" if self.source.caught_up else "reading")
        own: dict[str, str | int | float] = {
            "source": self.source.name,
            "checkpoint": self.key,
            "lines": self.account.lines,
            "state": state,
        }
        if self._whose.node:
            own["node"] = self._whose.node
        return {**self.source.facts(), **own}


def _now() -> str:
    return format_ns(time.time_ns())

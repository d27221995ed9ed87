"""Collects one source: reads its lines, sends them, and saves the checkpoint as far as JetStream acknowledged them."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Sequence

import msgspec

from tocsin.bus import Bus
from tocsin.collector import resume_point
from tocsin.collector.backlog import Backlog
from tocsin.collector.capacity import OPEN_LINES, Capacity
from tocsin.collector.checkpoint import CheckpointOptions, CheckpointWriter
from tocsin.collector.line_account import Kind, LineAccount
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.normalize import Origin
from tocsin.collector.redaction import Redactor
from tocsin.collector.sender import Sender
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.source_status import SourceStatus
from tocsin.collector.sources.base import Batch, Source
from tocsin.collector.stored_messages import KINDS, StoredIds, StoredLine, StoredMessages
from tocsin.model.checkpoint import Checkpoint, Position
from tocsin.model.errors import BusError
from tocsin.model.timestamps import format_ns
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import RETRY_S, run_until_stopped, until_answered, wait_or_stop

log = logging.getLogger(__name__)

_STOP_S = 5.0
_GATHER_S = 0.02


class Collector:
    """One source, from the position of its checkpoint on."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        source: Source,
        options: CheckpointOptions,
        *,
        backlog: Backlog,
        counters: CollectorMetrics,
        health: Health,
        redactor: Redactor | None,
        on_doubt: Callable[[], None],
    ) -> None:
        """Nothing is read before `start`; *on_doubt* is called when `resolve` has something to do."""
        self.source = source
        self.key = options.key
        self.doubts = False
        """Whether `resolve` has something to do."""
        self._bus = bus
        self._settings = settings
        self._options = options
        self._backlog = backlog
        self._counters = counters
        self._health = health
        self._redactor = redactor
        self._on_doubt = on_doubt
        self._stored = StoredMessages(bus, cluster=settings.cluster, node=options.node, key=options.key)
        self._status = SourceStatus(source, options)
        self._saving = asyncio.Lock()
        self._lines_since_recall = 0
        """Lines read since the streams were last asked for stored ids."""
        self._blank = Checkpoint(source=source.name, cluster=settings.cluster or DEFAULT_CLUSTER, node=options.node)
        self._restore(self._blank, 0)

    def _restore(self, saved: Checkpoint, seq: int) -> None:
        """Continue from *saved*, which has this sequence in the bucket."""
        options = self._options
        self.account = LineAccount(saved)
        self._status.lines_before = saved.counts.lines
        self._writer = CheckpointWriter(self._bus, options, self.account, _now, after=seq)
        self._capacity = Capacity(self._backlog, self.account, self._writer)
        self._sender = Sender(
            self._bus,
            self._stored,
            Origin(self._settings.cluster, options.node, options.key),
            self.account,
            self._backlog.pressure,
            self._counters,
            on_doubt=self._doubt,
            redactor=self._redactor,
        )

    def _doubt(self) -> None:
        self.doubts = True
        self._on_doubt()

    async def start(self, stop: asyncio.Event, *, dead: Sequence[StoredLine] | None = None) -> bool:
        """Find where to continue; false if *stop* is set first.

        *dead* are the dead letters of this source, if they were read for several sources at once.
        """
        point = await resume_point.find(self._bus, self.key, self._blank, self._stored, stop, self._health)
        if point is None:
            return False
        if point.saved:
            self._restore(point.checkpoint, point.seq)
        found = await self._resume_source(point.position, stop)
        if self._options.registers and not point.in_log:
            self.account.begin(self.account.position, point.last_sequences)
            ids: StoredIds | None = await self._register(stop)
        else:
            # if the position is not found, lines from below the floors may be read again: load all stored ids
            floors = {kind: self.account.floor(kind) if found else 0 for kind in KINDS}
            ids = await until_answered(functools.partial(self._stored.ids_above, floors, dead=dead), stop, self._health)
        if ids is None:
            return False
        self._sender.adopt(ids, replays=self.source.replays)
        extra = {"source": self.source.name, "lines": self.account.lines, "stored_beyond": len(ids), "found": found}
        log.info("collector.started", extra=extra)
        return not stop.is_set()

    async def _register(self, stop: asyncio.Event) -> StoredIds | None:
        """Save the first checkpoint; nothing of this source is stored above it."""
        while not stop.is_set():
            if await self.save():
                return StoredIds()
            await wait_or_stop(stop, RETRY_S)
        return None

    async def _resume_source(self, position: Position | None, stop: asyncio.Event) -> bool:
        """Whether the source continues at *position*; waits while the source has nothing to read at all."""
        while (found := self.source.resume(position)) is None and not stop.is_set():
            self.check()
            await wait_or_stop(stop, RETRY_S)
        return bool(found)

    async def collect(self, stop: asyncio.Event) -> None:
        """Read until *stop* or the end of the source; then wait for PubAcks and save."""
        await run_until_stopped(self._read(stop), stop, grace_s=lambda: _STOP_S if self._bus.connection.up else 0)
        if not stop.is_set():
            log.info("source.ended", extra={"source": self.source.name, "lines": self.account.lines})
        await self._finish(stop)

    async def _finish(self, stop: asyncio.Event) -> None:
        deadline: float | None = None
        while len(self.account):  # there is no deadline at the end of a source that cannot be read again
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
                if not await self._send(batch, stop):
                    return

    async def _send(self, batch: Batch, stop: asyncio.Event) -> bool:
        """Send the lines of *batch*; false if *stop* is set first."""
        for interval in batch.unread:
            self.account.miss(interval)
            log.error("lines.unread", extra=msgspec.to_builtins(interval))
        for line in batch.lines:
            if self._capacity.exhausted and not await self._capacity.wait(stop):
                return False
            self._status.new_lines += 1
            self._lines_since_recall += 1
            reason = await self._sender.take(line)
            if reason:
                self._status.log_undecodable(reason, line.size, self._counters.dead)
            self._backlog.note_published()
        if batch.vanished_files:
            self.account.add(Kind.VANISHED, None, batch.vanished_bytes, files=batch.vanished_files)
        return True

    async def save(self) -> bool:
        """Save the checkpoint; whether the stored one is now complete."""
        async with self._saving:
            return await self._writer.save()

    @property
    def problem(self) -> str:
        """Why the last save failed, in words."""
        return self._writer.problem

    async def resolve(self) -> None:
        """Find out who stored the messages that PubAcks called duplicates; `BusError` if it must be tried again."""
        self.doubts = False
        try:
            await self._sender.resolve()
        except BusError:
            self.doubts = True
            raise

    async def recall(self, events_floor: int, dead_floor: int, stop: asyncio.Event) -> None:
        """The next lines may be stored above these floors, and counted: load the ids to recognize them."""
        floors = {Kind.EVENT: events_floor, Kind.DEAD: dead_floor}
        ids = await until_answered(functools.partial(self._stored.all_ids_above, floors), stop, self._health)
        log.info("lines.recalled", extra={"source": self.source.name, "ids": len(ids or ())})
        self._lines_since_recall = 0
        self._sender.learn(ids or set())

    def check(self) -> str:
        """Let the source open what it is about to read; the reason if nothing can be read, else empty."""
        problem = self._status.check()
        # a pod's log first repeats what an earlier run has stored, and its end is never seen
        passed = self._options.registers and self._lines_since_recall > self._sender.remembers + 2 * OPEN_LINES
        if self.source.caught_up or passed:
            if self._sender.remembers:
                self._sender.forget()
            self._status.log_read_before()
        return problem

    def facts(self) -> dict[str, str | int | float]:
        """What the service report says about this collector."""
        return self._status.facts(self.account.lines)


def _now() -> str:
    return format_ns(time.time_ns())

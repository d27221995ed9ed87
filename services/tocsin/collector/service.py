"""The shell of the collector: read, publish, and move the checkpoint once JetStream has acknowledged."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin.bus import Bus, streams
from tocsin.collector import checkpoint
from tocsin.collector.account import Account, Kind
from tocsin.collector.measures import Tally, watch
from tocsin.collector.normalize import Origin
from tocsin.collector.pressure import Pressure
from tocsin.collector.readback import KINDS, Reader
from tocsin.collector.sending import Sender
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources import agent
from tocsin.collector.sources.agent import Agents
from tocsin.collector.sources.base import Source
from tocsin.collector.sources.file import FileSource
from tocsin.collector.sources.stdin import StdinSource
from tocsin.model import subjects
from tocsin.model.checkpoint import Checkpoint, Position
from tocsin.model.errors import BusError, BusUnavailable, Gone
from tocsin.model.times import format_ns
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.report import report

log = logging.getLogger(__name__)

T = TypeVar("T")

_ASK_INTERVAL_S = 2.0
_ASK_AGAIN_S = 0.02
_ANSWER_LASTS_S = 8.0
"""An answer takes up to 5 s where JetStream is slow, and the next one is asked for 2 s later."""
_LOOK_S = 0.25
_ROOM_S = 0.05
_STOP_S = 5.0
_RETRY_S = 0.5
_GATHER_S = 0.02
_LOG_INTERVAL_S = 10.0
_OPEN_LINES = 4_000
"""Read and not settled: the window, and a few batches."""
_UNSAVED_LINES = 200_000
"""Where checkpoints cannot be saved, reading stops here: this is what a restart would have to read again."""


def make_source(settings: Settings) -> Source:
    """The source that the settings name."""
    if settings.source == "stdin":
        return StdinSource(max_line_bytes=settings.max_line_bytes)
    return FileSource(settings.path, max_line_bytes=settings.max_line_bytes, start=settings.start)


async def run(bus: Bus, settings: Settings, stop: asyncio.Event, *, source: Source | None = None) -> None:
    """Collect until *stop* is set or the source has ended; what is in hand is stored and saved before it returns."""
    metrics, health = Metrics(), Health()
    collector = Collector(bus, settings, source or make_source(settings), health)
    watch(metrics, collector.tally, lambda: collector.account, collector.source, collector.pressure)
    agents = Agents(settings.agents, settings.node)
    agent.watch(metrics, agents)
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, metrics, health, done, facts=collector.facts))
        background = [tasks.create_task(agents.keep_reading())]
        try:
            if await collector.start(stop):
                works = (collector.keep_saving, collector.keep_asking, collector.keep_resolving, collector.keep_looking)
                background += [tasks.create_task(work()) for work in works]
                await collector.collect(stop)
        finally:
            done.set()
            for task in background:
                task.cancel()
            collector.source.close()


class Collector:
    """One source, from where its checkpoint stands."""

    def __init__(self, bus: Bus, settings: Settings, source: Source, health: Health) -> None:
        """Nothing is read before `start`."""
        self.source = source
        self.tally = Tally()
        self.pressure = Pressure(answer_lasts_s=_ANSWER_LASTS_S)
        self._bus = bus
        self._settings = settings
        self._health = health
        cluster, node = settings.cluster or DEFAULT_CLUSTER, settings.node
        self._key = subjects.checkpoint_key(cluster, node, source.name)
        self._reader = Reader(bus, cluster=settings.cluster, node=node, key=self._key)
        self._doubt = asyncio.Event()
        self._ask = asyncio.Event()
        self._answered = asyncio.Event()
        self._problem = ""
        """Why nothing can be read, as it was told last."""
        self._read_before = 0
        self._evicted_to = 0
        """First sequence of EVENTS that is not known to be evicted unread."""
        self._logged_at = -_LOG_INTERVAL_S
        self._go_on_from(Checkpoint(source=source.name, cluster=cluster, node=node), 0)

    def _go_on_from(self, saved: Checkpoint, seq: int) -> None:
        self.account = Account(saved)
        self._read_before = saved.counts.lines
        self._keeper = checkpoint.Keeper(self._bus, self._key, self.account, _now, after=seq)
        self._sender = Sender(
            self._bus,
            self._reader,
            Origin(self._settings.cluster, self._settings.node, self._key),
            self.account,
            self.pressure,
            self.tally,
            on_doubt=self._doubt.set,
        )

    async def start(self, stop: asyncio.Event) -> bool:
        """Wait for the streams and the source, find the place to go on from; false where *stop* came first."""
        await self._streams_exist(stop)
        loaded = await self._retried(functools.partial(checkpoint.load, self._bus, self._key), stop)
        saved = None if loaded is None else loaded.checkpoint
        lasts = [await self._retried(functools.partial(self._reader.last, kind), stop) for kind in KINDS]
        if loaded is not None and saved is not None:
            fitted = checkpoint.fit(saved, events_last=lasts[0] or 0, dead_last=lasts[1] or 0)
            self._go_on_from(fitted, loaded.seq)
        found = await self._resumed(None if saved is None else self.account.position, stop)
        # where the place is lost, lines from before the floors may be read again: ask for all that is stored
        floors = {kind: self.account.floor(kind) if found else 0 for kind in KINDS}
        known = await self._retried(functools.partial(self._reader.stored, floors), stop)
        await self._retried(self._reader.prepare, stop)
        await self._ask_once()
        if known is None:
            return False
        self._sender.adopt(known, replays=self.source.replays)
        extra = {"source": self.source.name, "lines": self.account.lines, "stored_beyond": len(known), "found": found}
        log.info("collector.started", extra=extra)
        return not stop.is_set()

    async def _streams_exist(self, stop: asyncio.Event) -> None:
        told: list[str] = []
        while not stop.is_set():
            missing = await self._retried(self._bus.missing, stop)
            if not missing:
                break
            if missing != told:
                log.warning("streams.awaited", extra={"missing": missing})
                self._health.broken("streams", f"waits for {', '.join(missing)}: declared by `tocsin up` or the admin")
                told = missing
            await _pause(stop, _RETRY_S)
        self._health.mended("streams")

    async def _retried(self, ask: Callable[[], Awaitable[T]], stop: asyncio.Event) -> T | None:
        """The answer of *ask*, which is asked until there is one; ``None`` where *stop* came first."""
        while not stop.is_set():
            try:
                answer = await ask()
            except (BusUnavailable, Gone) as error:
                log.warning("start.postponed", extra={"error": str(error)})
                self._health.broken("start", str(error))
                await _pause(stop, _RETRY_S)
            else:
                self._health.mended("start")
                return answer
        return None

    async def _resumed(self, position: Position | None, stop: asyncio.Event) -> bool:
        """Whether the source goes on where *position* is; waits while there is nothing at all to look for it in."""
        while (found := self.source.resume(position)) is None and not stop.is_set():
            self._look()
            await _pause(stop, _RETRY_S)
        return bool(found)

    async def collect(self, stop: asyncio.Event) -> None:
        """Read until *stop* or the end; then wait for PubAcks and save."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read(stop))
            stopping = tasks.create_task(stop.wait())
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=_STOP_S if self._bus.connection.up else 0)
                reading.cancel()
            stopping.cancel()
        if not stop.is_set():
            log.info("source.ended", extra={"source": self.source.name, "lines": self.tally.lines})
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
            if await self._keeper.save() or stop.is_set():
                break
            await _pause(stop, _RETRY_S)
        extra = {"source": self.source.name, "lines": self.account.lines, "unsettled": len(self.account)}
        log.info("collector.stopped", extra=extra)

    async def _read(self, stop: asyncio.Event) -> None:
        async with contextlib.aclosing(self.source.batches(stop)) as batches:
            async for batch in batches:
                for line in batch.lines:
                    if self._crowded() and not await self._room(stop):
                        return
                    reason = await self._sender.take(line)
                    if reason:
                        self._tell(reason, line.size)
                    if self.pressure.wants_answer:
                        self._ask.set()
                if batch.vanished_files:
                    self.account.add(Kind.VANISHED, None, batch.vanished_bytes, files=batch.vanished_files)

    def _tell(self, reason: str, size: int) -> None:
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("line.undecodable", extra={"reason": reason, "bytes": size, "so_far": dict(self.tally.dead)})

    def _crowded(self) -> bool:
        unsaved = 0 if self.account.withheld else self.account.lines - self._keeper.saved_lines
        return (
            self.pressure.must_ask
            or len(self.account) >= _OPEN_LINES
            or unsaved > _UNSAVED_LINES
            or bool(self.pressure.full(time.monotonic()))
        )

    async def _room(self, stop: asyncio.Event) -> bool:
        """Wait until reading may go on; false where *stop* came first."""
        while self._crowded():
            if stop.is_set():
                return False
            self._pause(self.pressure.full(time.monotonic()))
            if self.pressure.must_ask:
                self._ask.set()
            self._answered.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ROOM_S):
                    await self._answered.wait()
        self._pause("")
        return True

    def _pause(self, why: str) -> None:
        if why:
            self._health.broken("pressure", f"reading is paused: {why}")
        if bool(why) == self.tally.paused:
            return
        self.tally.paused = bool(why)
        if why:
            log.warning("reading.paused", extra={"why": why})
        else:
            log.warning("reading.resumed", extra={"backlog_bytes": self.pressure.backlog_bytes})
            self._health.mended("pressure")

    async def keep_asking(self) -> None:
        """Until cancelled, ask for the classifier's backlog every 2 s, and sooner where much is published."""
        while True:
            await asyncio.sleep(_ASK_AGAIN_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_INTERVAL_S):
                    await self._ask.wait()
            self._ask.clear()
            await self._ask_once()
            self._answered.set()

    async def _ask_once(self) -> None:
        self.pressure.asks()
        try:
            stream = await self._bus.stream(streams.EVENTS)
            consumer = await self._bus.consumer(streams.EVENTS, streams.CLASSIFIER)
        except BusError as error:
            self.pressure.fails(str(error))
            return
        self._note_eviction(consumer.ack_floor.stream_seq, stream.state.first_seq)
        self.pressure.answer(
            time.monotonic(),
            waiting=consumer.num_pending + consumer.num_ack_pending,
            messages=stream.state.messages,
            stream_bytes=stream.state.bytes,
            max_bytes=_whole(stream.config.get("max_bytes")),
        )

    def _note_eviction(self, answered: int, first: int) -> None:
        """Say which events the stream dropped before the classifier answered them; the ledger counts them as lost."""
        if first > max(answered + 1, self._evicted_to):
            log.error("events.evicted", extra={"from_seq": max(answered + 1, self._evicted_to), "to_seq": first - 1})
            self._evicted_to = first

    async def keep_saving(self) -> None:
        """Until cancelled, save where the source stands."""
        while True:
            await asyncio.sleep(self._settings.checkpoint_interval_s)
            if await self._keeper.save():
                self._health.mended("checkpoint")
            else:
                self._health.broken("checkpoint", self._keeper.problem)

    async def keep_resolving(self) -> None:
        """Until cancelled, ask whose the messages are that PubAcks called duplicates."""
        while True:
            await self._doubt.wait()
            await asyncio.sleep(_GATHER_S)
            self._doubt.clear()
            try:
                await self._sender.resolve()
            except BusError as error:
                log.warning("duplicates.unresolved", extra={"error": str(error)})
                self._doubt.set()
                await asyncio.sleep(_RETRY_S)

    async def keep_looking(self) -> None:
        """Until cancelled, let the source hold on to its files, and say how it is."""
        told = False
        while True:
            self._look()
            if self.source.caught_up:
                if self._sender.remembers:
                    self._sender.forget()
                if self.read_before and not told:
                    log.info("source.read_before", extra={"source": self.source.name, "result": self.read_before})
                told = True
            await asyncio.sleep(_LOOK_S)

    def _look(self) -> None:
        self.source.look()
        problem = self.source.problem
        if problem:
            self._health.broken("source", problem)
        else:
            self._health.mended("source")
        if problem != self._problem:
            self._problem = problem
            log.warning("source.unreadable" if problem else "source.readable", extra={"why": problem})

    @property
    def read_before(self) -> str:
        """``1,762 lines, all read before``, where nothing new was there; else empty."""
        if self._read_before and self.source.caught_up and not self.tally.lines:
            return f"{self._read_before:,} lines, all read before"
        return ""

    def facts(self) -> dict[str, str | int | float]:
        """What people want to know of this collector."""
        state = self.read_before or ("all read" if self.source.caught_up else "reading")
        own: dict[str, str | int | float] = {
            "source": self.source.name,
            "checkpoint": self._key,
            "lines": self.account.lines,
            "state": state,
        }
        if self._settings.node:
            own["node"] = self._settings.node
        return {**self.source.facts(), **own}


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def _now() -> str:
    return format_ns(time.time_ns())


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0

"""The gateway's shell: read the window back, follow the stream, look after the hops, serve until told to stop."""

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tocsin.bus import Bus, Message, Start, StreamState, streams
from tocsin.gateway.auth import forwarded, identity
from tocsin.gateway.feed.broadcaster import SILENCE_S, Broadcaster
from tocsin.gateway.feed.hub import Held, Hub
from tocsin.gateway.http import app
from tocsin.gateway.http.app import HttpServer
from tocsin.gateway.metrics import watch
from tocsin.gateway.pipeline import coverage, rule_status
from tocsin.gateway.pipeline.rule_reports import RuleReports
from tocsin.gateway.pipeline.service_reports import GRACE_S, ServiceReports
from tocsin.gateway.settings import Settings
from tocsin.gateway.state import GatewayState
from tocsin.gateway.window import backfill, cursor
from tocsin.model import subjects
from tocsin.model.errors import BusError, Gone, SettingsError
from tocsin.model.severity import WORST_FIRST
from tocsin.model.timestamps import NS_PER_MS, parse_ns
from tocsin.runtime.health import Health
from tocsin.runtime.ledger_metrics import LedgerMetrics
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import background, wait_or_stop

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_RETRY_S = 0.5
_BACKLOG = 256
_STUCK_S = 5.0
_CLASSIFIER_EVERY = 2
_AGENTS_EVERY = 5
_CLOSE_S = 2.0
_LINE_BYTES = 65_536
"""Of a request: a filter may be as long as on the WebSocket."""


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[HttpServer]:
    """The page, answering for the body; until `run` is under way it says that it is not ready.

    `SettingsError` where the address cannot be had, or may not be had without a log-in.
    """
    face = HttpServer(settings)
    server = _bind(settings)
    runner = web.AppRunner(
        app.application(face), access_log=None, handle_signals=False, shutdown_timeout=_CLOSE_S,
        max_line_size=_LINE_BYTES,
    )  # fmt: skip
    await runner.setup()
    try:
        await web.SockSite(runner, server, backlog=_BACKLOG).start()
        face.port = server.getsockname()[1]
        log.info("page.opened", extra={"host": settings.host, "port": face.port})
        yield face
    finally:
        await runner.cleanup()
        server.close()


def _bind(settings: Settings) -> socket.socket:
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = forwarded.address(str(address[0]))
        identity.check_address(settings, str(address[0]), loopback=found is not None and found.is_loopback)
        server = socket.socket(family, kind, number)
    except OSError as error:
        raise SettingsError(f"TOCSIN_GATEWAY_HOST: cannot listen on {where}: {error}") from error
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(_BACKLOG)
    except OSError as error:
        server.close()
        what = "is taken by another process" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise SettingsError(f"TOCSIN_GATEWAY_PORT {settings.port}: {where} {what}; choose another port") from error
    server.setblocking(False)  # noqa: FBT003
    return server


async def run(
    bus: Bus,
    face: HttpServer,
    settings: Settings,
    stop: asyncio.Event,
    *,
    silence_s: float = SILENCE_S,
    grace_s: float = GRACE_S,
) -> None:
    """Serve until *stop* is set; clients are told goodbye then. Only a `Fatal` of the bus ends it before.

    A client that says nothing for *silence_s* is dropped; services have *grace_s* from the start to be heard.
    """
    hub = Hub(settings)
    metrics, health, reports = Metrics(), Health(), ServiceReports(time.monotonic(), grace_s)
    live = Broadcaster(bus, hub, settings, silence_s)
    state = GatewayState(bus, hub, live, metrics, health, reports, RuleReports(), settings)
    watch(metrics, state)
    face.doorstep.door.watch(metrics)
    balance = LedgerMetrics(metrics)
    gateway = _Gateway(state)
    await bus.subscribe(subjects.ALL_METRICS, gateway.hear)
    await bus.subscribe(subjects.ALL_RULES, gateway.hear_rules)
    face.state = state
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(gateway.read(stop))
            tasks.create_task(gateway.look(stop))
            tasks.create_task(live.keep_time(stop))
            tasks.create_task(balance.keep(bus, stop))
            tasks.create_task(report(bus, metrics, health, stop, facts=gateway.facts))
    finally:
        face.state = None


class _Gateway:
    """The tasks that feed the hub."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state
        self._bus = state.bus
        self._hub = state.hub
        self._ends = asyncio.Event()
        """Ends the following of the stream."""

    def hear(self, subject: str, payload: bytes) -> None:
        """A Report of some service."""
        said = self._state.reports.hear(subject, payload, time.monotonic())
        if said is not None and said.service == "collector":
            self._hub.sight.hear(said, time.time_ns() // NS_PER_MS)

    def hear_rules(self, subject: str, payload: bytes) -> None:
        """By which rules some instance judges."""
        self._state.rulebooks.hear(subject, payload, time.monotonic())

    def facts(self) -> dict[str, str | int | float]:
        """What the pipeline's page shows of this gateway."""
        return {"clients": len(self._state.live.sessions), "head": self._hub.window.head, "waiting": self._hub.waiting}

    async def read(self, stop: asyncio.Event) -> None:
        """Read the window back, then follow; again from the beginning where the stream was made anew."""
        async with background(self._end_with(stop)):
            while not stop.is_set():
                self._ends.clear()
                head = await self._read_back()
                if head is None:
                    await wait_or_stop(stop, _RETRY_S)
                    continue
                self._hub.complete(head, time.monotonic())
                self._state.live.ready.set()
                log.info("window.read", extra={"rows": len(self._hub.window), "head": head})
                await self._bus.follow(
                    streams.ALERTS, self._take, self._ends, filters=[subjects.ALL_ALERTS], start=Start(seq=head + 1)
                )
                self._state.live.ready.clear()

    async def _end_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._ends.set()

    def _take(self, message: Message) -> None:
        now_ms = time.time_ns() // NS_PER_MS
        if self._hub.take(message.subject, message.payload, message.seq, now=time.monotonic(), now_ms=now_ms):
            self._state.live.urgent.set()

    async def _read_back(self) -> int | None:
        """Fill the window; the last sequence that it covers, ``None`` where it could not be read."""
        try:
            stream = await self._bus.stream(streams.ALERTS)
            state = stream.state
            self._hub.begin(Held(cursor.epoch(stream.created), state.first_seq, state.last_seq), int(time.time()))
            for index in range(len(WORST_FIRST)):
                await self._read_lane(index, state)
        except BusError as error:
            self._state.health.failing("alerts", f"the stream ALERTS cannot be read: {error}")
            self._hub.reading = "the stream ALERTS cannot be read"
            return None
        return state.last_seq

    async def _read_lane(self, index: int, state: StreamState) -> None:
        hub, severity = self._hub, WORST_FIRST[index]
        first, last = state.first_seq, state.last_seq
        wanted, limit = subjects.alerts_of(severity), self._state.settings.window_rows
        hub.reading = f"the window is being read back: {severity.value} ({len(hub.window):,} alerts so far)"

        async def count(seq: int) -> int:
            return await self._bus.count(streams.ALERTS, filter=wanted, start=Start(seq=seq))

        begin = await backfill.begin(first, last, limit, count)
        hub.window.lanes[index].floor = max(0, begin - 1)

        def take(message: Message) -> None:
            if message.seq <= last:
                hub.read_back(message.subject, message.payload, message.seq)

        await self._bus.read(streams.ALERTS, take, filters=[wanted], start=Start(seq=begin))
        if begin > first:
            hub.incomplete(index, time.time_ns() // NS_PER_MS)
        elif first > 1:
            hub.incomplete(index, time.time_ns() // NS_PER_MS, first_ns=parse_ns(state.first_ts))

    async def look(self, stop: asyncio.Event) -> None:
        """Once a second, ask the stream and the classifier's consumer how they are."""
        turn = 0
        while not stop.is_set():
            try:
                await self._look_at_stream()
                if turn % _CLASSIFIER_EVERY == 0:
                    await self._look_at_classifier()
            except BusError as error:
                self._state.health.failing("stream", f"JetStream does not answer: {error}")
            turn += 1
            now = time.monotonic()
            if not self._bus.connection.up:
                self._state.reports.since = now  # who cannot be heard is not silent
            self._look_at_nodes(now, agents=turn % _AGENTS_EVERY == 1)
            books = self._state.rulebooks
            self._state.live.rules = rule_status.trouble(books.judges(now), books.differing(now))
            await wait_or_stop(stop, _LOOK_S)

    def _look_at_nodes(self, now: float, *, agents: bool) -> None:
        state, hub, now_ms = self._state, self._hub, time.time_ns() // NS_PER_MS
        if state.blinded(now):
            hub.sight.nodes.blind(now_ms)
        if agents:
            hub.sight.follow(coverage.agents(state.reports.fresh(now)))
        state.live.lag.broken = state.words(now, now_ms)
        state.meters["read"].note(hub.window.head, now)
        state.meters["rows"].note(hub.fanout.numbers.rows, now)

    async def _look_at_stream(self) -> None:
        hub, health = self._hub, self._state.health
        stream = await self._bus.stream(streams.ALERTS)
        held = Held(cursor.epoch(stream.created), stream.state.first_seq, stream.state.last_seq)
        health.recovered("stream")
        if hub.ready and held.epoch != hub.window.epoch:
            log.warning("stream.recreated", extra={"stream": streams.ALERTS})
            hub.ready = False
            self._state.live.ready.clear()
            self._ends.set()
            return
        hub.held = held
        self._state.meters["alerts"].note(held.last_seq, time.monotonic())
        stuck_s = time.monotonic() - hub.moved_at
        if not hub.ready or (hub.waiting and stuck_s > _STUCK_S):
            if hub.ready:
                health.failing("alerts", f"{hub.waiting:,} alerts wait, none was read for {stuck_s:.0f} s")
        else:
            health.recovered("alerts")

    async def _look_at_classifier(self) -> None:
        with contextlib.suppress(Gone):
            consumer = await self._bus.consumer(streams.EVENTS, streams.CLASSIFIER)
            self._state.live.lag.classifier = consumer.num_pending + consumer.num_ack_pending
            self._state.meters["judged"].note(consumer.ack_floor.stream_seq, time.monotonic())
        events = await self._bus.stream(streams.EVENTS)
        self._state.meters["events"].note(events.state.last_seq, time.monotonic())

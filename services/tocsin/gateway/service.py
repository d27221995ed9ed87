"""The gateway's shell: read the window back, follow the stream, watch the pipeline, and serve until stopped."""

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
from tocsin.gateway.feed.broadcaster import Broadcaster
from tocsin.gateway.feed.composer import FrameComposer
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.feed.session import SILENCE_S
from tocsin.gateway.http import app
from tocsin.gateway.http.server import HttpServer
from tocsin.gateway.metrics import watch
from tocsin.gateway.pipeline import coverage, rule_status
from tocsin.gateway.pipeline.rule_reports import RuleReports
from tocsin.gateway.pipeline.service_reports import GRACE_S, ServiceReports
from tocsin.gateway.settings import Settings
from tocsin.gateway.state import GatewayState
from tocsin.gateway.window import backfill, cursor
from tocsin.gateway.window.store import AlertStore, StreamRange
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

_CHECK_S = 1.0
_RETRY_S = 0.5
_BACKLOG = 256
_STUCK_S = 5.0
_CLASSIFIER_EVERY = 2
_AGENTS_EVERY = 5
_CLOSE_S = 2.0
_LINE_BYTES = 65_536
"""The longest request line: a filter may be as long as on the WebSocket."""


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[HttpServer]:
    """Listen while the body runs; until `run` has started, the server answers that it is not ready.

    `SettingsError` if the address is not available, or not allowed without a login.
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
        ip = forwarded.address(str(address[0]))
        identity.check_address(settings, str(address[0]), loopback=ip is not None and ip.is_loopback)
        server = socket.socket(family, kind, number)
    except OSError as error:
        raise SettingsError(f"TOCSIN_GATEWAY_HOST: cannot listen on {where}: {error}") from error
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(_BACKLOG)
    except OSError as error:
        server.close()
        what = (
            "is taken by another process" if error.errno == errno.EADDRINUSE else f"is not available: {error.strerror}"
        )
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
    """Serve until *stop* is set, then close all sessions. Only a `Fatal` of the bus ends it before.

    A client that sends nothing for *silence_s* is dropped; services have *grace_s* from the start to report.
    """
    store = AlertStore(settings.window_rows, settings.window_ms)
    hub = Hub(settings, store)
    metrics, health, reports = Metrics(), Health(), ServiceReports(time.monotonic(), grace_s)
    composer = FrameComposer(bus, hub)
    broadcaster = Broadcaster(hub, composer, settings.clients, silence_s)
    state = GatewayState(bus, hub, composer, broadcaster, metrics, health, reports, RuleReports(), settings)
    watch(metrics, state)
    face.login.authenticator.watch(metrics)
    ledger_metrics = LedgerMetrics(metrics)
    reader = _Reader(state)
    monitor = _Monitor(state, reader)
    await bus.subscribe(subjects.ALL_METRICS, monitor.receive)
    await bus.subscribe(subjects.ALL_RULES, monitor.receive_rules)
    face.state = state
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reader.run(stop))
            tasks.create_task(monitor.run(stop))
            tasks.create_task(broadcaster.keep_time(stop))
            tasks.create_task(ledger_metrics.keep(bus, stop))
            tasks.create_task(report(bus, metrics, health, stop, facts=monitor.facts))
    finally:
        face.state = None


class _Reader:
    """Reads the stream ALERTS into the hub."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state
        self._bus = state.bus
        self._hub = state.hub
        self._store = state.store
        self._restart = asyncio.Event()
        """Ends the following of the stream."""

    async def run(self, stop: asyncio.Event) -> None:
        """Read the window back, then follow the stream; start over if the stream is recreated."""
        ready = self._state.broadcaster.ready
        async with background(self._restart_on(stop)):
            while not stop.is_set():
                self._restart.clear()
                head = await self._read_back()
                if head is None:
                    await wait_or_stop(stop, _RETRY_S)
                    continue
                self._hub.complete(head, time.monotonic())
                ready.set()
                log.info("window.read", extra={"rows": len(self._store.window), "head": head})
                await self._bus.follow(
                    streams.ALERTS, self._take, self._restart, filters=[subjects.ALL_ALERTS], start=Start(seq=head + 1)
                )
                ready.clear()

    def start_over(self) -> None:
        """The stream was recreated."""
        self._hub.ready = False
        self._state.broadcaster.ready.clear()
        self._restart.set()

    async def _restart_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._restart.set()

    def _take(self, message: Message) -> None:
        now_ms = time.time_ns() // NS_PER_MS
        if self._hub.take(message.subject, message.payload, message.seq, now=time.monotonic(), now_ms=now_ms):
            self._state.broadcaster.urgent.set()

    async def _read_back(self) -> int | None:
        """Fill the window; returns the last sequence that it covers, ``None`` if the stream could not be read."""
        try:
            stream = await self._bus.stream(streams.ALERTS)
            state = stream.state
            covered = StreamRange(cursor.epoch(stream.created), state.first_seq, state.last_seq)
            self._hub.begin(covered, int(time.time()))
            for index in range(len(WORST_FIRST)):
                await self._read_lane(index, state)
        except BusError as error:
            self._state.health.failing("alerts", f"the stream ALERTS cannot be read: {error}")
            self._hub.reading = "the stream ALERTS cannot be read"
            return None
        return state.last_seq

    async def _read_lane(self, index: int, state: StreamState) -> None:
        hub, store, severity = self._hub, self._store, WORST_FIRST[index]
        first, last = state.first_seq, state.last_seq
        subject, limit = subjects.alerts_of(severity), self._state.settings.window_rows
        hub.reading = f"the window is being read back: {severity.value} ({len(store.window):,} alerts so far)"

        async def count(seq: int) -> int:
            return await self._bus.count(streams.ALERTS, filter=subject, start=Start(seq=seq))

        begin = await backfill.begin(first, last, limit, count)
        store.window.lanes[index].floor = max(0, begin - 1)

        def take(message: Message) -> None:
            if message.seq <= last:
                hub.read_back(message.subject, message.payload, message.seq)

        await self._bus.read(streams.ALERTS, take, filters=[subject], start=Start(seq=begin))
        if begin > first:
            store.incomplete(index, time.time_ns() // NS_PER_MS)
        elif first > 1:
            store.incomplete(index, time.time_ns() // NS_PER_MS, first_ns=parse_ns(state.first_ts))


class _Monitor:
    """Watches the pipeline: reports of services, the streams, the classifier and the nodes."""

    def __init__(self, state: GatewayState, reader: _Reader) -> None:
        self._state = state
        self._reader = reader

    def receive(self, subject: str, payload: bytes) -> None:
        """The report of a service."""
        received = self._state.service_reports.receive(subject, payload, time.monotonic())
        if received is not None and received.service == "collector":
            self._state.hub.visibility.receive(received, time.time_ns() // NS_PER_MS)

    def receive_rules(self, subject: str, payload: bytes) -> None:
        """The active rules of an instance."""
        self._state.rule_reports.receive(subject, payload, time.monotonic())

    def facts(self) -> dict[str, str | int | float]:
        """What this gateway reports about itself."""
        state = self._state
        return {
            "clients": len(state.broadcaster.sessions),
            "head": state.store.window.head,
            "waiting": state.store.waiting,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Once a second, read the state of the streams and of the classifier's consumer."""
        state, turn = self._state, 0
        while not stop.is_set():
            try:
                await self._check_stream()
                if turn % _CLASSIFIER_EVERY == 0:
                    await self._check_classifier()
            except BusError as error:
                state.health.failing("stream", f"JetStream does not answer: {error}")
            turn += 1
            now = time.monotonic()
            if not state.bus.connection.up:
                state.service_reports.since = now  # no report can arrive: the services are not silent
            self._check_nodes(now, agents=turn % _AGENTS_EVERY == 1)
            rules = state.rule_reports
            state.composer.rules = rule_status.issues(rules.current(now), rules.differing(now))
            await wait_or_stop(stop, _CHECK_S)

    def _check_nodes(self, now: float, *, agents: bool) -> None:
        state, visibility, now_ms = self._state, self._state.hub.visibility, time.time_ns() // NS_PER_MS
        if state.in_outage(now):
            visibility.nodes.outage(now_ms)
        if agents:
            visibility.compare(coverage.agents(state.service_reports.fresh(now)))
        state.lag.broken = state.summary(now, now_ms)
        state.rates["read"].add(state.store.window.head, now)
        state.rates["rows"].add(state.hub.fanout.counts.rows, now)

    async def _check_stream(self) -> None:
        state, hub, store, health = self._state, self._state.hub, self._state.store, self._state.health
        stream = await state.bus.stream(streams.ALERTS)
        current = StreamRange(cursor.epoch(stream.created), stream.state.first_seq, stream.state.last_seq)
        health.recovered("stream")
        if hub.ready and current.epoch != store.window.epoch:
            log.warning("stream.recreated", extra={"stream": streams.ALERTS})
            self._reader.start_over()
            return
        store.stream = current
        state.rates["alerts"].add(current.last_seq, time.monotonic())
        stuck_s = time.monotonic() - hub.moved_at
        if not hub.ready or (store.waiting and stuck_s > _STUCK_S):
            if hub.ready:
                health.failing("alerts", f"{store.waiting:,} alerts wait, none was read for {stuck_s:.0f} s")
        else:
            health.recovered("alerts")

    async def _check_classifier(self) -> None:
        state = self._state
        with contextlib.suppress(Gone):
            consumer = await state.bus.consumer(streams.EVENTS, streams.CLASSIFIER)
            state.lag.classifier = consumer.num_pending + consumer.num_ack_pending
            state.rates["judged"].add(consumer.ack_floor.stream_seq, time.monotonic())
        events = await state.bus.stream(streams.EVENTS)
        state.rates["events"].add(events.state.last_seq, time.monotonic())

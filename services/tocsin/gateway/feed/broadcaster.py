"""The WebSocket ``alerts.v1``: one session for each client, and the clock that cuts frames for all of them."""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from aiohttp import WSMsgType, web

from tocsin.bus import Bus, Start, streams
from tocsin.gateway.auth.identity import SessionEnd
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.feed.filtered_stats import FilteredStats
from tocsin.gateway.feed.frames import Ack, Open, Pong, ProtocolError, View
from tocsin.gateway.feed.groups import Client, Gap, Snapshot
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.pipeline.rule_status import Trouble
from tocsin.gateway.settings import Settings
from tocsin.gateway.window import cursor
from tocsin.gateway.window import row_filter as filters
from tocsin.gateway.window.row_filter import EVERYTHING, Filter, FilterError
from tocsin.gateway.window.rows import SEVERITIES, Row
from tocsin.gateway.window.search import Asker, SearchPool
from tocsin.model import subjects
from tocsin.model.errors import BusError
from tocsin.model.severity import WORST_FIRST
from tocsin.model.timestamps import MS_PER_S

log = logging.getLogger(__name__)

PING_S = 10.0
SILENCE_S = 25.0
"""A client that says nothing for so long is dropped."""
_TICK_S = 0.1
_REST_S = 0.05
"""Between two looks at what came, at least: frames are cut no faster."""
_SNAPSHOT_ROWS = 200
_RETRY_MS = 1_000
_GOODBYE_S = 1.0
_MEMO = 16
_STUCK_S = 2.0
_NO_TROUBLE = Trouble()
_CODES = {"shutdown": 1001, "auth": frames.SIGNED_OUT, "protocol": 1008}


class Lag:
    """How far behind the page is, as clients are told."""

    def __init__(self) -> None:
        self.classifier = 0
        """Events that wait for the classifier."""
        self.broken = ""
        """What is broken on the way here, in words."""


class Broadcaster:
    """All sessions."""

    def __init__(self, bus: Bus, hub: Hub, settings: Settings, silence_s: float = SILENCE_S) -> None:
        self.bus = bus
        self.hub = hub
        self.lag = Lag()
        self.rules = Trouble()
        """What is wrong with the rules, as clients are told."""
        self.sessions: set[Session] = set()
        self.ready = asyncio.Event()
        """Set while the window is there to be shown."""
        self.urgent = asyncio.Event()
        self.closed_silent = 0
        self.refused = 0
        self.searches = SearchPool()
        self._counting = asyncio.Lock()
        self.silence_s = silence_s
        self._limit = settings.clients
        self._stopping = False
        self._empty = asyncio.Event()
        """Set while there is no session."""
        self._empty.set()
        self._snapshots: dict[tuple[object, ...], bytes] = {}

    @property
    def slow(self) -> int:
        """Clients who cannot take what there is at this moment."""
        return sum(session.slow for session in self.sessions)

    async def serve(self, request: web.Request, over: Callable[[], SessionEnd]) -> web.StreamResponse:
        """One client, until it goes, is silent for too long, may see this no longer (*over* says so), or we stop."""
        if self._stopping or len(self.sessions) >= self._limit:
            self.refused += 1
            raise HttpError(503, "this gateway stops" if self._stopping else f"{self._limit} clients are here already")
        socket = web.WebSocketResponse(
            protocols=[frames.SUBPROTOCOL], max_msg_size=frames.CLIENT_FRAME_BYTES, timeout=_GOODBYE_S
        )
        if frames.SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(","):
            raise HttpError(400, f"the subprotocol {frames.SUBPROTOCOL} is needed")
        await socket.prepare(request)
        session = Session(self, socket, request.transport, over)
        self.sessions.add(session)
        self._empty.clear()
        try:
            await session.run()
        finally:
            self.sessions.discard(session)
            if not self.sessions:
                self._empty.set()
        return socket

    async def keep_time(self, stop: asyncio.Event) -> None:
        """Cut frames when they are due and tell stats each second, until *stop* is set; then say goodbye."""
        next_second, hurried_at = time.monotonic(), 0.0
        while not stop.is_set():
            now = time.monotonic()
            if now >= next_second:
                next_second = max(next_second + 1.0, now)
                self._second(now)
            due = self.hub.fanout.tick(now) if self.hub.ready else None
            rest_s = min(_TICK_S, next_second - now, _TICK_S if due is None else due - now)
            if await self._hurried(max(0.0, rest_s)):
                await asyncio.sleep(max(0.0, hurried_at + _REST_S - time.monotonic()))
                hurried_at = time.monotonic()
        await self.close()

    async def _hurried(self, seconds: float) -> bool:
        """Whether a critical or high alert came within *seconds*."""
        try:
            await asyncio.wait_for(self.urgent.wait(), seconds)
        except TimeoutError:
            return False
        self.urgent.clear()
        return True

    def _second(self, now: float) -> None:
        now_s = int(time.time())
        self._snapshots.clear()
        if self.hub.ready:
            self.hub.second(now_s)
        for session in list(self.sessions):
            session.second(now)

    async def close(self) -> None:
        """Tell every client that we go, and when to try again."""
        self._stopping = True
        for session in self.sessions:
            session.say_goodbye("shutdown")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), _GOODBYE_S)
        for session in list(self.sessions):
            session.abort()

    def stats(self, client: Client, window_s: int, tick: int) -> tuple[bytes, int]:
        """The frame for a client that was last told at *tick*, and the tick it is at then; shared by all of them."""
        hub = self.hub
        now = time.time()
        range_ = hub.range(window_s, int(now))
        key = ("stats", client.filter, window_s, tick, range_.tick)
        if key not in self._snapshots:
            matched = self._matched(client, window_s)
            self._snapshots[key] = frames.frame(
                "stats",
                {
                    "to": cursor.render(hub.window.epoch, hub.window.head),
                    "t": int(now),
                    "rate": frames.by_severity(hub.rate),
                    **range_.since(tick),
                    **({} if matched is None else matched.since(tick)),
                    **hub.late.fields(time.monotonic()),
                    "lag": self._lag(),
                    **({} if self.rules == _NO_TROUBLE else {"rules": self.rules}),
                },
            )
        return self._snapshots[key], range_.tick

    def _matched(self, client: Client, window_s: int) -> FilteredStats | None:
        """What passes the client's filter, where that was looked up."""
        found = self.hub.matched(client.filter, window_s, time.monotonic())
        return found if found is not None and found.ready else None

    async def count(self, client: Client, window_s: int) -> None:
        """Look up what passes the client's filter, unless it is known; `RefusedError` where too many wait for that."""
        wanted, hub = client.filter, self.hub
        if wanted == EVERYTHING or self._matched(client, window_s) is not None:
            return
        with self.searches.room("socket"):
            async with self._counting:
                if self._matched(client, window_s) is not None:
                    return
                with hub.matching(wanted, window_s, int(time.time()), time.monotonic()) as own:
                    look = functools.partial(own.look, wanted=wanted, up_to=hub.window.head)
                    found = await self.searches.look(hub.window, look)
                    own.fill(found, hub.rows_since)

    def _lag(self) -> dict[str, Any]:
        hub = self.hub
        stuck_s = time.monotonic() - hub.moved_at
        delay_ms = int(stuck_s * MS_PER_S) if hub.waiting and stuck_s > _STUCK_S else hub.delay_ms
        lag: dict[str, Any] = {"pipeline_ms": delay_ms, "pending": hub.waiting + self.lag.classifier}
        return lag | ({"broken": self.lag.broken} if self.lag.broken else {})

    async def snapshot(self, client: Client, wire: bytes, window_s: int, to: int) -> tuple[bytes, int]:
        """The frame, made once for all who see the same, and the tick of its range; *wire* is the filter as given."""
        range_ = self.hub.range(window_s, int(time.time()))
        key = ("snapshot", wire, window_s, to, range_.tick)
        frame = self._snapshots.get(key)
        if frame is None:
            if len(self._snapshots) > _MEMO:
                self._snapshots.clear()
            with contextlib.suppress(HttpError):  # stats bring it once there is room
                await self.count(client, window_s)
            since_ms, epoch = range_.since_ms, self.hub.window.epoch
            rows = await self.search(client.filter, _SNAPSHOT_ROWS, up_to=to, since_ms=since_ms, asker="socket")
            frame = self._snapshots[key] = self._snapshot(client, wire, range_, cursor.render(epoch, to), rows)
        return frame, range_.tick

    def crowded(self, client: Client, wire: bytes, window_s: int, to: int) -> tuple[bytes, int]:
        """The same without rows, where there was no room for the search: the client gets a whole one a second later."""
        range_ = self.hub.range(window_s, int(time.time()))
        place = cursor.render(self.hub.window.epoch, to)
        return self._snapshot(client, wire, range_, place, [], busy=True), range_.tick

    def _snapshot(
        self, client: Client, wire: bytes, range_: RangeStats, place: str, rows: list[Row], **more: bool
    ) -> bytes:
        matched = self._matched(client, range_.window_s)
        return frames.frame(
            "snapshot",
            {
                "to": place,
                "filter": msgspec.Raw(wire),
                "complete_since": frames.by_severity(self.hub.counted_since),
                "rows_since": dict(zip(SEVERITIES, self.hub.rows_since, strict=True)),
                **({} if matched is None else matched.whole()),
                **range_.whole(),
                **self.hub.late.fields(time.monotonic()),
                **more,
            },
            rows,
        )

    async def search(
        self, wanted: Filter, limit: int, *, up_to: int, since_ms: int = 0, asker: Asker = "request"
    ) -> list[Row]:
        """The newest rows that match; `RefusedError` where that takes a look at every row and too many wait for one."""
        window = self.hub.window
        if wanted.by_shape:
            return window.newest(limit, wanted.match(), since_ms=since_ms, up_to=up_to)
        return await self.searches.newest(window, wanted, limit, since_ms=since_ms, up_to=up_to, asker=asker)

    async def gap(self, gap: Gap) -> bytes:
        """The frame, with what the stream still says of the range that cannot be replayed."""
        window = self.hub.window
        head, epoch = window.head, window.epoch
        after = 0 if gap.why == "epoch" else gap.after
        counts = []
        for index, severity in enumerate(WORST_FIRST):
            lane = window.lanes[index]
            counts.append(len(lane.after(after)))
            if lane.floor > after:
                with contextlib.suppress(BusError):
                    counts[-1] = await self._count(severity, after, head)
        missing = None if gap.why == "epoch" else head - gap.after
        return frames.gap(cursor.render(gap.epoch, gap.after), cursor.render(epoch, head), gap.why, counts, missing)

    async def _count(self, severity: Any, after: int, head: int) -> int:
        wanted = subjects.alerts_of(severity)
        whole = await self.bus.count(streams.ALERTS, filter=wanted, start=Start(seq=after + 1))
        return whole - await self.bus.count(streams.ALERTS, filter=wanted, start=Start(seq=head + 1))


class Session:
    """One socket."""

    def __init__(
        self,
        live: Broadcaster,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        over: Callable[[], SessionEnd],
    ) -> None:
        self._live = live
        self._over = over
        self._socket = socket
        self._transport = transport
        self._wake = asyncio.Event()
        self._client = Client(live.hub.fanout, self._wake.set)
        self._open = False
        self._waiting = False
        """The client waits for us, not the other way round."""
        self._hello = False
        self._filter = b"{}"
        """As the client wrote it."""
        self._window_s = 0
        self._tick = 0
        self._heard = self._pinged = time.monotonic()
        self._ping = False
        self._stats = False
        self._again = False
        """Its snapshot had no rows for want of room."""
        self._bye: bytes | None = None
        self._aborted = False
        self._code = 1001

    @property
    def slow(self) -> bool:
        """Whether the client cannot take what there is."""
        return self._open and self._client.slow

    async def run(self) -> None:
        """Read and write until either ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                reading, writing = tasks.create_task(self._read()), tasks.create_task(self._write())
                await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
                if reading.done() and self._bye is not None:
                    await asyncio.wait({writing}, timeout=_GOODBYE_S)
                reading.cancel()
                writing.cancel()
        finally:
            self._client.leave()

    def second(self, now: float) -> None:
        """Once a second: stats, now and then a ping, and an end to silence."""
        if self._transport is None or self._transport.is_closing():
            self.abort()
            return
        if self._waiting:
            self._heard = now
        if now - self._heard > self._live.silence_s:
            self._live.closed_silent += 1
            self.abort()
            return
        ending = "" if self._bye is not None else self._over()
        if ending:
            self.say_goodbye(ending)
        if now - self._pinged >= PING_S:
            self._pinged, self._ping = now, True
        self._stats = self._open
        if self._again:
            self._again = False
            self._client.view(None, None, visible=None, whole=True, now=now)
        self._wake.set()

    def say_goodbye(self, why: Literal["shutdown", "auth", "protocol"], text: str = "") -> None:
        """Send the last frame and close."""
        self._bye = frames.bye(why, _RETRY_MS, text)
        self._code = _CODES[why]
        self._wake.set()

    def abort(self) -> None:
        """Drop the connection at once; the client knows its cursor."""
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()
        self._wake.set()

    async def _read(self) -> None:
        async for message in self._socket:
            self._heard = time.monotonic()
            if message.type != WSMsgType.TEXT:
                self.say_goodbye("protocol", "frames are JSON texts")
                return
            try:
                frame = frames.decode(message.data)
                if frame is not None:
                    await self._hear(frame)
            except (msgspec.DecodeError, FilterError, ProtocolError, UnicodeError, RecursionError) as error:
                self.say_goodbye("protocol", str(error)[:200])
                return

    async def _hear(self, frame: Open | View | Ack | Pong) -> None:
        if isinstance(frame, Pong):
            return
        if isinstance(frame, Ack):
            place = cursor.parse(frame.to)
            if place is not None and self._open:
                self._client.acknowledge(*place)
            return
        self._waiting = True
        await self._live.ready.wait()
        self._waiting = False
        if isinstance(frame, Open):
            self._begin(frame)
        else:
            self._change(frame)

    def _begin(self, frame: Open) -> None:
        if self._open:
            raise ProtocolError("open comes once")
        place = None if frame.cursor is None else cursor.parse(frame.cursor)
        if frame.cursor is not None and place is None:
            raise ProtocolError("the cursor is none of ours")
        wanted = filters.parse(frame.filter)
        self._window_s = frames.window_s(frame.window)
        now = time.monotonic()
        self._client.open(place, wanted, frame.rows, visible=frame.visible, now=now, fold=frame.fold)
        self._filter = msgspec.json.encode(frame.filter)
        self._open = self._hello = self._stats = True
        self._wake.set()

    def _change(self, frame: View) -> None:
        if not self._open:
            raise ProtocolError("open comes first")
        wanted = None if frame.filter is None else filters.parse(frame.filter)
        window_s = self._window_s if frame.window is None else frames.window_s(frame.window)
        whole = window_s != self._window_s
        if frame.filter is not None:
            self._filter = msgspec.json.encode(frame.filter)
        self._window_s = window_s
        now = time.monotonic()
        self._client.view(wanted, frame.rows, visible=frame.visible, whole=whole, now=now, fold=frame.fold)
        self._wake.set()

    async def _write(self) -> None:
        try:
            while self._bye is None:
                frame = await self._next()
                if self._aborted:
                    return
                if frame is None:
                    await self._wake.wait()
                    self._wake.clear()
                else:
                    await self._socket.send_frame(frame, WSMsgType.TEXT)
            await self._socket.send_frame(self._bye, WSMsgType.TEXT)
            await self._socket.close(code=self._code)
        except (ConnectionError, OSError, RuntimeError):
            self.abort()

    async def _next(self) -> bytes | None:
        hub = self._live.hub
        if self._ping:
            self._ping = False
            return frames.ping(int(time.time() * MS_PER_S))
        if not self._open or not hub.ready:
            return None
        if self._hello:
            self._hello = False
            oldest = min((lane.oldest.seq for lane in hub.window.lanes if lane.oldest), default=hub.window.head)
            return frames.hello(
                hub.window.epoch, head=hub.window.head, oldest=oldest, now_ms=int(time.time() * MS_PER_S)
            )
        step = self._client.next()
        if isinstance(step, Batch):
            return frames.alerts(step, hub.window.epoch, time.time() * MS_PER_S)
        if isinstance(step, Gap):
            return await self._live.gap(step)
        if isinstance(step, Snapshot):
            return await self._snapshot(step)
        if self._stats and not self._client.behind:
            self._stats = False
            with contextlib.suppress(HttpError):  # without it until there is room
                await self._live.count(self._client, self._window_s)
            frame, self._tick = self._live.stats(self._client, self._window_s, self._tick)
            return frame
        return None

    async def _snapshot(self, step: Snapshot) -> bytes:
        live, what = self._live, (self._client, self._filter, self._window_s, step.to)
        try:
            frame, self._tick = await live.snapshot(*what)
        except HttpError:
            frame, self._tick = live.crowded(*what)
            self._again = True
        return frame

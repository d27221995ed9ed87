"""One WebSocket session: reads what its client sends, and writes the frames that are due for it."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Literal

import msgspec
from aiohttp import WSMsgType, web

from tocsin.gateway.auth.identity import SessionEnd
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.feed.batch import Batch
from tocsin.gateway.feed.client import Client, Gap, Snapshot
from tocsin.gateway.feed.composer import FrameComposer
from tocsin.gateway.feed.frames import Ack, Open, Pong, ProtocolError, View
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.window import cursor
from tocsin.gateway.window import row_filter as filters
from tocsin.gateway.window.row_filter import FilterError

PING_S = 10.0
SILENCE_S = 25.0
"""A client that sends nothing for this long is dropped."""
GOODBYE_S = 1.0
_RETRY_MS = 1_000
_CODES = {"shutdown": 1001, "auth": frames.SIGNED_OUT, "protocol": 1008}


class Session:
    """One socket."""

    def __init__(
        self,
        hub: Hub,
        composer: FrameComposer,
        ready: asyncio.Event,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        *,
        over: Callable[[], SessionEnd],
        silence_s: float,
    ) -> None:
        """*ready* is set while the window can be shown; *over* says whether the client must go."""
        self._hub = hub
        self._composer = composer
        self._ready = ready
        self._over = over
        self._silence_s = silence_s
        self._socket = socket
        self._transport = transport
        self._wake = asyncio.Event()
        self._client = Client(hub.fanout, self._wake.set)
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
                    await asyncio.wait({writing}, timeout=GOODBYE_S)
                reading.cancel()
                writing.cancel()
        finally:
            self._client.leave()

    def tick(self, now: float) -> bool:
        """Once a second: stats, sometimes a ping; whether the client was dropped for its silence."""
        if self._transport is None or self._transport.is_closing():
            self.abort()
            return False
        if self._waiting:
            self._heard = now
        if now - self._heard > self._silence_s:
            self.abort()
            return True
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
        return False

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
        await self._ready.wait()
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
        hub, window = self._hub, self._hub.store.window
        if self._ping:
            self._ping = False
            return frames.ping(int(time.time() * 1_000))
        if not self._open or not hub.ready:
            return None
        if self._hello:
            self._hello = False
            oldest = min((lane.oldest.seq for lane in window.lanes if lane.oldest), default=window.head)
            return frames.hello(window.epoch, head=window.head, oldest=oldest, now_ms=int(time.time() * 1_000))
        step = self._client.next()
        if isinstance(step, Batch):
            return frames.alerts(step, window.epoch, time.time() * 1_000)
        if isinstance(step, Gap):
            return await self._composer.gap(step)
        if isinstance(step, Snapshot):
            return await self._snapshot(step)
        if self._stats and not self._client.behind:
            self._stats = False
            with contextlib.suppress(HttpError):  # without it until there is room
                await self._composer.count(self._client, self._window_s)
            frame, self._tick = self._composer.stats(self._client, self._window_s, self._tick)
            return frame
        return None

    async def _snapshot(self, step: Snapshot) -> bytes:
        composer, what = self._composer, (self._client, self._filter, self._window_s, step.to)
        try:
            frame, self._tick = await composer.snapshot(*what)
        except HttpError:
            frame, self._tick = composer.snapshot_without_rows(*what)
            self._again = True
        return frame

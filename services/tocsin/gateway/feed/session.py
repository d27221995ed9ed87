"""One WebSocket session: reads the frames of its client, and sends those that are due."""

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
from tocsin.gateway.feed.subscription import Subscription
from tocsin.model.filter import FilterError

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
        """*ready* is set while the window can be shown; *over* returns why the client must leave, if so."""
        self._hub = hub
        self._composer = composer
        self._ready = ready
        self._over = over
        self._silence_s = silence_s
        self._socket = socket
        self._transport = transport
        self._wake = asyncio.Event()
        self._client = Client(hub.fanout, self._wake.set)
        self._subscription = Subscription(
            self._client, frames.SUBPROTOCOLS[socket.ws_protocol or "alerts.v2"], hub.old_filter_keys
        )
        self._waiting = False
        """The client waits for this gateway, not the other way round."""
        self._received_at = self._pinged_at = time.monotonic()
        self._hello_due = False
        self._ping_due = False
        self._stats_due = False
        self._stats_tick = 0
        """The tick of the stats that the client has."""
        self._snapshot_again = False
        """The last snapshot had no rows, because its scan was refused."""
        self._bye: bytes | None = None
        self._aborted = False
        self._code = 1001

    @property
    def slow(self) -> bool:
        """Whether the client does not keep up."""
        return self._subscription.opened and self._client.slow

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
        """Once a second: stats are due, sometimes a ping. Returns whether the client was dropped for its silence."""
        if self._transport is None or self._transport.is_closing():
            self.abort()
            return False
        if self._waiting:
            self._received_at = now
        if now - self._received_at > self._silence_s:
            self.abort()
            return True
        ending = "" if self._bye is not None else self._over()
        if ending:
            self.say_goodbye(ending)
        if now - self._pinged_at >= PING_S:
            self._pinged_at, self._ping_due = now, True
        self._stats_due = self._subscription.opened
        if self._snapshot_again:
            self._snapshot_again = False
            self._client.view(None, None, visible=None, whole=True, now=now)
        self._wake.set()
        return False

    def say_goodbye(self, why: Literal["shutdown", "auth", "protocol"], text: str = "") -> None:
        """Send the last frame and close."""
        self._bye = frames.bye(why, _RETRY_MS, text)
        self._code = _CODES[why]
        self._wake.set()

    def abort(self) -> None:
        """Drop the connection at once; the client can resume from its cursor."""
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()
        self._wake.set()

    async def _read(self) -> None:
        async for message in self._socket:
            self._received_at = time.monotonic()
            if message.type != WSMsgType.TEXT:
                self.say_goodbye("protocol", "frames are JSON texts")
                return
            try:
                frame = frames.decode(message.data)
                if frame is not None:
                    await self._receive(frame)
            except (msgspec.DecodeError, FilterError, ProtocolError, UnicodeError, RecursionError) as error:
                self.say_goodbye("protocol", str(error)[:200])
                return

    async def _receive(self, frame: Open | View | Ack | Pong) -> None:
        if isinstance(frame, Pong):
            return
        if isinstance(frame, Ack):
            self._subscription.acknowledge(frame)
            return
        self._waiting = True
        await self._ready.wait()
        self._waiting = False
        if isinstance(frame, Open):
            self._subscription.open(frame, time.monotonic())
            self._hello_due = self._stats_due = True
        else:
            self._subscription.change(frame, time.monotonic())
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
        """The next frame, ``None`` if none is due."""
        if self._ping_due:
            self._ping_due = False
            return frames.ping(int(time.time() * 1_000))
        if not self._subscription.opened or not self._hub.ready:
            return None
        window = self._hub.store.window
        if self._hello_due:
            self._hello_due = False
            oldest = min((lane.oldest.seq for lane in window.lanes if lane.oldest), default=window.head)
            version, now_ms = self._subscription.selection.version, int(time.time() * 1_000)
            return frames.hello(window.epoch, head=window.head, oldest=oldest, now_ms=now_ms, version=version)
        step = self._client.next()
        if isinstance(step, Batch):
            return frames.alerts(step, window.epoch, time.time() * 1_000, self._subscription.selection.version)
        if isinstance(step, Gap):
            return await self._composer.gap(step)
        if isinstance(step, Snapshot):
            return await self._snapshot(step.to)
        if self._stats_due and not self._client.behind:
            self._stats_due = False
            return await self._stats()
        return None

    async def _stats(self) -> bytes:
        with contextlib.suppress(HttpError):  # without the counts of the filter, until the queue has a slot
            await self._composer.count(self._subscription.selection)
        frame, self._stats_tick = self._composer.stats(self._subscription.selection, self._stats_tick)
        return frame

    async def _snapshot(self, to: int) -> bytes:
        selection = self._subscription.selection
        try:
            frame, self._stats_tick = await self._composer.snapshot(selection, to)
        except HttpError:
            frame, self._stats_tick = self._composer.snapshot_without_rows(selection, to)
            self._snapshot_again = True
        return frame

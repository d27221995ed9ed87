"""The WebSocket: the sessions of all clients, and the clock that cuts frames for them."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from aiohttp import web

from tocsin.gateway.auth.identity import SessionEnd
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.feed.composer import FrameComposer
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.feed.session import GOODBYE_S, SILENCE_S, Session

_TICK_S = 0.1
_REST_S = 0.05
"""The least time between two frames, even for urgent alerts."""


class Broadcaster:
    """All sessions."""

    def __init__(self, hub: Hub, composer: FrameComposer, clients: int, silence_s: float = SILENCE_S) -> None:
        """At most *clients* sessions; one that sends nothing for *silence_s* is dropped."""
        self._hub = hub
        self._composer = composer
        self.sessions: set[Session] = set()
        self.ready = asyncio.Event()
        """Set while the window can be shown."""
        self.urgent = asyncio.Event()
        self.closed_silent = 0
        self.refused = 0
        self._silence_s = silence_s
        self._limit = clients
        self._stopping = False
        self._empty = asyncio.Event()
        """Set while there is no session."""
        self._empty.set()

    @property
    def slow(self) -> int:
        """Clients that do not keep up."""
        return sum(session.slow for session in self.sessions)

    async def serve(self, request: web.Request, over: Callable[[], SessionEnd]) -> web.StreamResponse:
        """Serve one client until it leaves, is silent for too long, is signed out (*over*), or the gateway stops."""
        if self._stopping or len(self.sessions) >= self._limit:
            self.refused += 1
            raise HttpError(
                503, "the gateway is stopping" if self._stopping else f"all {self._limit} client slots are taken"
            )
        socket = web.WebSocketResponse(
            protocols=list(frames.SUBPROTOCOLS), max_msg_size=frames.CLIENT_FRAME_BYTES, timeout=GOODBYE_S
        )
        offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
        if not frames.SUBPROTOCOLS.keys() & offered:
            raise HttpError(400, f"one of the subprotocols {', '.join(frames.SUBPROTOCOLS)} is needed")
        await socket.prepare(request)
        session = Session(
            self._hub, self._composer, self.ready, socket, request.transport, over=over, silence_s=self._silence_s
        )
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
        """Cut frames when they are due, and send stats each second, until *stop* is set; then close all sessions."""
        next_second, urgent_at = time.monotonic(), 0.0
        while not stop.is_set():
            now = time.monotonic()
            if now >= next_second:
                next_second = max(next_second + 1.0, now)
                self._tick(now)
            due = self._hub.fanout.cut_due(now) if self._hub.ready else None
            rest_s = min(_TICK_S, next_second - now, _TICK_S if due is None else due - now)
            if await self._urgent_within(max(0.0, rest_s)):
                await asyncio.sleep(max(0.0, urgent_at + _REST_S - time.monotonic()))
                urgent_at = time.monotonic()
        await self.close()

    async def _urgent_within(self, seconds: float) -> bool:
        """Whether a critical or high alert came within *seconds*."""
        try:
            await asyncio.wait_for(self.urgent.wait(), seconds)
        except TimeoutError:
            return False
        self.urgent.clear()
        return True

    def _tick(self, now: float) -> None:
        now_s = int(time.time())
        self._composer.clear()
        if self._hub.ready:
            self._hub.tick(now_s)
        for session in list(self.sessions):
            self.closed_silent += session.tick(now)

    async def close(self) -> None:
        """Close every session and say when to reconnect."""
        self._stopping = True
        for session in self.sessions:
            session.say_goodbye("shutdown")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), GOODBYE_S)
        for session in list(self.sessions):
            session.abort()

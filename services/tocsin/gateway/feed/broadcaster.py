"""The WebSocket ``alerts.v1``: the sessions of all clients, and the clock that cuts frames for them."""

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
        """Clients who cannot take what there is at this moment."""
        return sum(session.slow for session in self.sessions)

    async def serve(self, request: web.Request, over: Callable[[], SessionEnd]) -> web.StreamResponse:
        """One client, until it goes, is silent for too long, may see this no longer (*over* says so), or we stop."""
        if self._stopping or len(self.sessions) >= self._limit:
            self.refused += 1
            raise HttpError(503, "this gateway stops" if self._stopping else f"{self._limit} clients are here already")
        socket = web.WebSocketResponse(
            protocols=[frames.SUBPROTOCOL], max_msg_size=frames.CLIENT_FRAME_BYTES, timeout=GOODBYE_S
        )
        if frames.SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(","):
            raise HttpError(400, f"the subprotocol {frames.SUBPROTOCOL} is needed")
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
        """Cut frames when they are due and tell stats each second, until *stop* is set; then say goodbye."""
        next_second, hurried_at = time.monotonic(), 0.0
        while not stop.is_set():
            now = time.monotonic()
            if now >= next_second:
                next_second = max(next_second + 1.0, now)
                self._tick(now)
            due = self._hub.fanout.tick(now) if self._hub.ready else None
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

    def _tick(self, now: float) -> None:
        now_s = int(time.time())
        self._composer.clear()
        if self._hub.ready:
            self._hub.tick(now_s)
        for session in list(self.sessions):
            self.closed_silent += session.tick(now)

    async def close(self) -> None:
        """Tell every client that we go, and when to try again."""
        self._stopping = True
        for session in self.sessions:
            session.say_goodbye("shutdown")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), GOODBYE_S)
        for session in list(self.sessions):
            session.abort()

"""A client of the WebSocket that resumes where it was, as the page does, and remembers every alert it was shown."""

import asyncio
import collections
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

_RETRY_S = 0.1
_SILENCE_S = 25.0


class Client:
    """Collects the ids of rows; a hole between two ranges is an error, since nothing could show it later."""

    def __init__(self, page: Callable[[], str]) -> None:
        """*page* gives the address, which may be another one after a restart."""
        self._page = page
        self._cursor: str | None = None
        self.seen: collections.Counter[str] = collections.Counter()
        self.shown = 0
        """Alerts that rows stand for, those of a fold and those left out included."""
        self.folded = 0
        self.left_out = 0
        self.highest = 0
        self.gaps: list[dict[str, Any]] = []
        self.connections = 0

    async def run(self) -> None:
        """Until cancelled: connect, resume, read; again after any break."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, KeyError):
                async with aiohttp.ClientSession() as session:
                    await self._session(session)
            await asyncio.sleep(_RETRY_S)

    async def _session(self, session: aiohttp.ClientSession) -> None:
        address = self._page() + "api/v1/stream"
        async with session.ws_connect(address, protocols=["alerts.v2"]) as socket:
            self.connections += 1
            await socket.send_json({"k": "open", "cursor": self._cursor, "window": "24h", "rows": 400, "fold": False})
            while True:
                message = await socket.receive(timeout=_SILENCE_S)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                await self._take(socket, message.json())

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: dict[str, Any]) -> None:
        kind = frame["k"]
        if kind == "snapshot":
            if self._cursor is None:
                self._rows(frame["rows"])
            self._cursor = frame["to"]
        elif kind == "alerts":
            assert frame["from"] == self._cursor, (frame["from"], self._cursor)
            self._cursor = frame["to"]
            self.folded += frame["folded"]
            self.left_out += frame["left_out"]
            self.shown += frame["left_out"]
            self._rows(frame["rows"])
            await socket.send_json({"k": "ack", "to": frame["to"]})
        elif kind == "gap":
            self.gaps.append(frame)
        elif kind == "ping":
            await socket.send_json({"k": "pong", "t": frame["t"]})

    def _rows(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self.seen[row["id"]] += 1
            self.shown += row["n"]
            self.highest = max(self.highest, row["seq"])

    def agrees_with(self, stored: Mapping[str, int]) -> None:
        """Every stored alert was shown by a row of its own, none twice; or is one of those counted as left out.

        The burst after an outage may be more than a frame holds. The ranges join without a hole, so what was not shown
        must be exactly as many as the frames said.
        """
        assert not self.gaps, self.gaps
        assert self.folded == 0
        twice = [id for id, times in self.seen.items() if times > 1]
        assert not twice, f"{len(twice)} shown twice: {twice[:5]}"
        assert set(self.seen) <= set(stored)
        missing = set(stored) - set(self.seen)
        assert len(missing) == self.left_out, f"{len(missing)} were not shown, {self.left_out} counted as left out"
        assert self.left_out < len(stored) / 2, "too little was shown to prove anything"

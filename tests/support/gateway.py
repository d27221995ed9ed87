"""A gateway in this process before a real server, someone in the classifier's place, and clients of the WebSocket."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tocsin.bus import Bus, open_bus
from tocsin.gateway import service
from tocsin.gateway.feed.session import SILENCE_S
from tocsin.gateway.http.server import HttpServer
from tocsin.gateway.pipeline.service_reports import GRACE_S
from tocsin.gateway.settings import Settings
from tocsin.model import subjects
from tocsin.model.alert import Alert, RuleHit, encode
from tocsin.model.severity import Severity
from tocsin.model.timestamps import format_ns

from support.server import NatsServer
from support.waiting import until

PATIENCE_S = 15.0


def alert(number: int, severity: str = "low", *, time_ns: int = 0, late_s: int = 0, **fields: Any) -> Alert:
    """An alert that says its number in its arguments."""
    moment = time_ns or time.time_ns()
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "time": format_ns(moment),
        "received": format_ns(moment + late_s * 1_000_000_000),
        "severity": Severity(severity),
        "base_severity": Severity(severity),
        "severity_from": "table:rest",
        "title": "A program was started",
        "reason": "because",
        "cluster": "c1",
        "node": "worker-1",
        "namespace": "payments",
        "pod": "ledger-1",
        "workload": "ledger",
        "kind": "exec",
        "event_type": "execve",
        "process": "/bin/bash",
        "arguments": f"number {number}",
        "outcome": "observed",
        "fingerprint": f"{severity}-{number}",
    }
    rule = fields.pop("rule", "")
    if rule:
        values["rules"] = (RuleHit(rule, rule, "high"),)
    return Alert(**{**values, **fields})


class Publisher:
    """Publishes alerts as the classifier does."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    async def send(self, *alerts: Alert) -> None:
        """Publish and wait until all are stored."""
        for own in alerts:
            subject = subjects.alert(own.severity, own.cluster, own.namespace, own.event_type)
            await self.bus.publish(subject, encode(own), id=own.id)
        assert await self.bus.flush(PATIENCE_S)

    async def raw(self, subject: str, payload: bytes, id: str) -> None:
        """Publish what may be no alert."""
        await self.bus.publish(subject, payload, id=id)
        assert await self.bus.flush(PATIENCE_S)


@asynccontextmanager
async def publisher(server: NatsServer) -> AsyncIterator[Publisher]:
    """A connection with the classifier's rights."""
    async with open_bus(server.settings("classifier"), "classifier", instance="test") as bus:
        yield Publisher(bus)


class Socket:
    """One client: keeps all frames, acknowledges unless told not to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, acknowledging: bool = True) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.acknowledging = acknowledging

    async def open(self, *, cursor: str | None = None, **fields: Any) -> None:
        """Say what is wanted."""
        await self.send({"k": "open", "cursor": cursor, "window": "15m", "filter": {}, "rows": 400, **fields})

    async def send(self, frame: dict[str, Any]) -> None:
        """Send one frame."""
        await self.socket.send_str(json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        """The next frame."""
        message = await asyncio.wait_for(self.socket.receive(), PATIENCE_S)
        assert message.type == aiohttp.WSMsgType.TEXT, message
        frame: dict[str, Any] = json.loads(message.data)
        self.frames.append(frame)
        if frame["k"] == "alerts" and self.acknowledging:
            await self.send({"k": "ack", "to": frame["to"], "painted_ms": 1})
        if frame["k"] == "ping":
            await self.send({"k": "pong", "t": frame["t"]})
        return frame

    async def until(self, wanted: str | Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read on to a frame of this kind, or one for which *wanted* is true."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.next()
                if frame["k"] == wanted if isinstance(wanted, str) else wanted(frame):
                    return frame

    async def rows(self, count: int) -> list[dict[str, Any]]:
        """Read on until there are *count* rows in frames of alerts; all rows so far."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.seen()) < count:
                await self.next()
        return self.seen()

    def seen(self) -> list[dict[str, Any]]:
        """All rows in frames of alerts so far."""
        return [row for frame in self.frames if frame["k"] == "alerts" for row in frame["rows"]]

    def cursor(self) -> str:
        """What the last frame covered up to; fails where two frames do not meet."""
        place = ""
        for frame in self.frames:
            if frame["k"] == "snapshot":
                place = frame["to"]
            elif frame["k"] == "alerts":
                assert place in ("", frame["from"]), f"a hole: {place} then {frame['from']}"
                place = frame["to"]
        return place


class Gateway:
    """A running gateway, as its clients see it."""

    def __init__(self, face: HttpServer, http: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        self.face = face
        self.http = http
        self.stop = stop
        self.task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.face.port}"

    async def get(self, path: str, *, status: int = 200, **options: Any) -> Any:
        """The JSON at *path*."""
        async with self.http.get(f"{self.url}{path}", **options) as answer:
            body = await answer.text()
            assert answer.status == status, f"{answer.status} {body}"
            return json.loads(body)

    async def ready(self) -> None:
        """Return once the window has been read back."""

        async def is_ready() -> bool:
            async with self.http.get(f"{self.url}/api/runtime/stats") as answer:
                return answer.status == 200

        await until(is_ready, PATIENCE_S, "the window")

    async def rows(self, count: int) -> list[dict[str, Any]]:
        """The rows of the window once there are *count*."""
        found: list[dict[str, Any]] = []

        async def enough() -> bool:
            found[:] = (await self.get("/api/runtime/alerts"))["alerts"]
            return len(found) >= count

        await self.ready()
        await until(enough, PATIENCE_S, f"{count} rows")
        return found

    @asynccontextmanager
    async def socket(
        self, *, acknowledging: bool = True, protocol: str = "alerts.v2", **options: Any
    ) -> AsyncIterator[Socket]:
        """A client that is connected and has said nothing."""
        url = f"{self.url}/api/v1/stream"
        async with self.http.ws_connect(url, protocols=[protocol], max_msg_size=0, **options) as socket:
            yield Socket(socket, acknowledging=acknowledging)


@asynccontextmanager
async def gateway(
    server: NatsServer, *, silence_s: float = SILENCE_S, grace_s: float = GRACE_S, **options: Any
) -> AsyncIterator[Gateway]:
    """A gateway on a free port with these *options* as its settings; it has stopped after the body."""
    settings = Settings(**{"port": 0, **options})
    stop = asyncio.Event()
    async with (
        service.listening(settings) as face,
        open_bus(server.settings("gateway"), "gateway", instance="test") as bus,
        aiohttp.ClientSession() as http,
    ):
        own = Gateway(face, http, stop)
        running = service.run(bus, face, settings, stop, silence_s=silence_s, grace_s=grace_s)
        task = own.task = asyncio.create_task(running)
        try:
            yield own
        finally:
            stop.set()
            await asyncio.wait_for(task, PATIENCE_S)

"""The HTTP face: REST, metrics, health and the page, each answer with the headers that keep a browser safe."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tocsin.bus import streams
from tocsin.gateway.auth import origin
from tocsin.gateway.errors import HttpError
from tocsin.gateway.http import openapi, range_handlers, security_headers
from tocsin.gateway.http.login import STREAM, LoginMiddleware
from tocsin.gateway.pipeline import rule_status, status
from tocsin.gateway.queries import alert as lookup
from tocsin.gateway.queries import ancestry, params
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.queries.schemas import ErrorAnswer, HealthAnswer, ReadyAnswer
from tocsin.gateway.settings import Settings
from tocsin.gateway.state import GatewayState
from tocsin.gateway.window.severities import BySeverity, totals
from tocsin.model import subjects
from tocsin.model.errors import BusError, Gone, TocsinError
from tocsin.model.timestamps import format_ns
from tocsin.runtime import ledger
from tocsin.runtime.ledger import Ledger
from tocsin.runtime.logs import Sparingly
from tocsin.runtime.metrics import render

log = logging.getLogger(__name__)

STATIC = Path(__file__).parents[1] / "static"
_KEEP_S = 1.0
"""So long an answer of NATS is good for everybody."""
_AT_ONCE = 4
"""Alerts asked of the stream at a time, each of some MiB at worst."""
_WHOLE_BYTES = 16 << 20
"""The whole alerts of one answer, at most."""
_WHOLE_ANSWERS = 2
"""Answers of whole alerts that are made or sent at a time."""
_EXPORTS = 2
"""Files that are sent at a time."""
_SEND_S = 30.0
"""A client that does not take such an answer in this time is dropped."""
_YEAR = "public, max-age=31536000, immutable"
_NO_PAGE = "The page is not built yet: run `make ui` (the API and the WebSocket work without it).\n"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_POST_BYTES = 65_536
"""All that is posted is a form to sign in."""
_LEDGER_S = 3.0
"""So long the pipeline's page waits for it; it looks twice, half a second apart."""
_LEDGER_KEEP_S = 5.0
"""It asks for every source's checkpoint: once in so long is enough for a page that asks every two seconds."""
_encode = msgspec.json.Encoder().encode
_errors = Sparingly()


class HttpServer:
    """What listens; it has a state once the gateway runs."""

    def __init__(self, settings: Settings, static: Path = STATIC) -> None:
        """`SettingsError` where those who may see it cannot come in, or the settings of that contradict each other."""
        self.settings = settings
        self.static = static
        self.doorstep = LoginMiddleware(settings, lambda: self.static)
        self.port = 0
        self.state: GatewayState | None = None
        self._kept: dict[str, tuple[float, object]] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    def running(self) -> GatewayState:
        """The state, or 503 where there is none yet."""
        if self.state is None:
            raise HttpError(503, "waiting for the first connection to NATS")
        return self.state

    def readable(self) -> GatewayState:
        """The state with a window that can be shown, or 503."""
        state = self.running()
        if not state.hub.ready:
            raise HttpError(503, state.hub.reading)
        return state

    async def kept(self, name: str, ask: Callable[[], Awaitable[object]], *, keep_s: float = _KEEP_S) -> object:
        """The answer to *ask*, at most *keep_s* old; however many want it, it is asked once."""
        async with self._asking.setdefault(name, asyncio.Lock()):
            at, value = self._kept.get(name, (0.0, None))
            if value is None or time.monotonic() - at > keep_s:
                value = await ask()
                self._kept[name] = (time.monotonic(), value)
            return value

    async def held(self, state: GatewayState) -> BySeverity:
        """What ALERTS holds, by severity."""

        async def ask() -> BySeverity:
            stream = await state.bus.stream(streams.ALERTS, subjects_filter=subjects.ALL_ALERTS)
            return totals(stream.state.subjects)

        held = await self.kept("held", ask)
        assert isinstance(held, BySeverity)
        return held

    async def ledger(self, state: GatewayState, *, keep_s: float = _KEEP_S) -> Ledger:
        """What every hop counted."""
        taken = await self.kept("ledger", lambda: ledger.take(state.bus), keep_s=keep_s)
        assert isinstance(taken, Ledger)
        return taken

    async def ledger_soon(self, state: GatewayState) -> Ledger | None:
        """The same, some seconds old; ``None`` where it cannot be had in a short time."""
        try:
            async with asyncio.timeout(_LEDGER_S):
                return await self.ledger(state, keep_s=_LEDGER_KEEP_S)
        except (TocsinError, TimeoutError):
            return None


def application(face: HttpServer) -> web.Application:
    """All routes."""
    own = _Routes(face)
    app = web.Application(middlewares=[_guard(face)], client_max_size=_POST_BYTES)
    app.on_response_prepare.append(_protect)
    app.router.add_get("/api/runtime/alerts", own.alerts)
    app.router.add_get("/api/runtime/stats", own.stats)
    app.router.add_get("/api/v1/alerts", own.asked(range_handlers.alerts))
    app.router.add_get("/api/v1/timeline", own.asked(range_handlers.timeline))
    app.router.add_get("/api/v1/facets", own.asked(range_handlers.facets))
    app.router.add_get("/api/v1/export", own.export)
    app.router.add_get("/api/v1/alerts/{id}", own.alert)
    app.router.add_get("/api/v1/alerts/{id}/ancestry", own.ancestry)
    app.router.add_get("/api/v1/rules", own.rules)
    app.router.add_get("/api/v1/ledger", own.ledger)
    app.router.add_get("/api/v1/status", own.status)
    app.router.add_get(STREAM, own.stream, allow_head=False)
    app.router.add_get("/api/openapi.json", own.openapi)
    app.router.add_get("/metrics", own.metrics)
    app.router.add_get("/healthz", own.healthz)
    app.router.add_get("/readyz", own.readyz)
    face.doorstep.add(app.router)
    app.router.add_get("/{path:.*}", own.page)
    return app


def _guard(face: HttpServer) -> Middleware:
    """Refuse what is not for us; what fails is answered in words, and no stack trace ever leaves."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check(request, face)
            answer = await face.doorstep.stop(request)
            return await handler(request) if answer is None else answer
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            return _answer(error, request.path)

    return guard


async def _protect(request: web.Request, answer: web.StreamResponse) -> None:
    """The headers of every answer, that of the WebSocket too."""
    for name, value in security_headers.HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers["Server"] = "tocsin"


def _check(request: web.Request, face: HttpServer) -> None:
    settings = face.settings
    if not face.doorstep.allows(request):
        raise HttpError(405, "only GET and HEAD are answered here")
    if not origin.host_allowed(request.host, settings.host, settings.names):
        raise HttpError(421, "this host name is not in TOCSIN_GATEWAY_ALLOWED_HOSTS")


def _answer(error: Exception, path: str) -> web.StreamResponse:
    """What a client is told of an error."""
    if isinstance(error, HttpError):
        return _failure(error.status, str(error), error.retry_after_s)
    if isinstance(error, web.HTTPException):
        return _failure(error.status, error.reason)
    if isinstance(error, QueryError):
        return _failure(400, str(error))
    if isinstance(error, Gone):
        return _failure(410, str(error))
    if isinstance(error, BusError | TimeoutError):
        return _failure(503, str(error) or "NATS does not answer in time")
    if isinstance(error, TocsinError):
        return _failure(500, str(error))
    if _errors.allow() is not None:
        log.error("request.failed", extra={"path": path[:200]}, exc_info=error)
    return _failure(500, "an error of ours; the log has it")


class _Routes:
    """The handlers."""

    def __init__(self, face: HttpServer) -> None:
        self._face = face
        self._openapi = b""
        self._whole_answers = 0
        self._exports = 0

    async def alerts(self, request: web.Request) -> web.StreamResponse:
        """The newest alerts."""
        wanted = params.parse(request.query)
        state = self._face.readable()
        held = await self._face.held(state)
        found = await state.store.newest(wanted.filter, wanted.limit, up_to=state.store.window.head)
        if not wanted.full:
            return _json(params.listing(params.rendered(found), held, _now(), state.store))
        if self._whole_answers >= _WHOLE_ANSWERS:
            raise HttpError(503, f"{_WHOLE_ANSWERS} others read whole alerts at this moment", retry_after_s=1)
        self._whole_answers += 1
        try:
            whole, cut = await self._whole(state, [row.seq for row in found])
            return await _sent(request, _json(params.listing(whole, held, _now(), state.store, cut=cut)))
        finally:
            self._whole_answers -= 1

    async def _whole(self, state: GatewayState, sequences: list[int]) -> tuple[list[bytes], bool]:
        """The alerts themselves, and whether there was no room for all; what the stream just lost is left out."""

        async def one(seq: int) -> bytes | None:
            try:
                return (await state.bus.message(streams.ALERTS, seq)).payload
            except Gone:
                return None

        whole: list[bytes] = []
        room = _WHOLE_BYTES
        for start in range(0, len(sequences), _AT_ONCE):
            for payload in await asyncio.gather(*map(one, sequences[start : start + _AT_ONCE])):
                room -= len(payload or b"") + 1
                if room < 0:
                    return whole, True
                if payload is not None:
                    whole.append(payload)
        return whole, False

    async def stats(self, request: web.Request) -> web.Response:
        """Counts."""
        _no_parameters(request)
        state = self._face.readable()
        return _json(_encode(params.stats(state.store, await self._face.held(state), _now())))

    async def alert(self, request: web.Request) -> web.Response:
        """One alert, whole."""
        state = self._face.readable()
        return _json(await lookup.alert(state.bus, state.store, *_named(request)))

    async def ancestry(self, request: web.Request) -> web.Response:
        """The processes around an alert."""
        state = self._face.readable()
        return _json(await ancestry.answer(state.bus, state.store, *_named(request)))

    def asked(
        self, answer: Callable[[GatewayState, str], Awaitable[bytes]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler of a question about a stretch of time, which reads the query string itself."""

        async def handle(request: web.Request) -> web.Response:
            return _json(await answer(self._face.readable(), request.rel_url.raw_query_string))

        return handle

    async def export(self, request: web.Request) -> web.StreamResponse:
        """The rows of a stretch of time as a file."""
        state = self._face.readable()
        download = range_handlers.Download(state, request.rel_url.raw_query_string)
        if self._exports >= _EXPORTS:
            raise HttpError(503, f"{_EXPORTS} others load files at this moment", retry_after_s=1)
        self._exports += 1
        try:
            return await _streamed(request, download)
        finally:
            self._exports -= 1

    async def rules(self, request: web.Request) -> web.Response:
        """By which rules is judged."""
        _no_parameters(request)
        state = self._face.running()
        books = state.rule_reports

        async def ask() -> bytes:
            now, seen = time.monotonic(), state.hub.visibility.kinds.summary(int(time.time()))
            return _encode(rule_status.answer(books.current(now), books.differing(now), now, _now(), seen))

        body = await self._face.kept("rules", ask)
        assert isinstance(body, bytes)
        return _json(body)

    async def ledger(self, request: web.Request) -> web.Response:
        """What every hop counted."""
        _no_parameters(request)
        return _json(ledger.encode(await self._face.ledger(self._face.running())))

    async def status(self, request: web.Request) -> web.Response:
        """How the whole way is, also where NATS does not answer."""
        _no_parameters(request)
        state = self._face.running()

        async def ask() -> bytes:
            taken = await self._face.ledger_soon(state)
            now, now_ms = time.monotonic(), time.time_ns() // 1_000_000
            return _encode(status.answer(state.readings(now, now_ms), taken, now=now, now_ms=now_ms))

        body = await self._face.kept("status", ask)
        assert isinstance(body, bytes)
        return _json(body)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket."""
        if not origin.origin_allowed(request.headers.get("Origin"), request.host):
            raise HttpError(403, "the page of another origin may not read this stream")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise HttpError(400, "this path is a WebSocket")
        entry = self._face.doorstep.entry(request)
        return await self._face.running().broadcaster.serve(request, partial(self._face.doorstep.over, entry))

    async def openapi(self, request: web.Request) -> web.Response:
        """The document of this interface."""
        _no_parameters(request)
        self._openapi = self._openapi or _encode(openapi.document())
        return _json(self._openapi)

    async def metrics(self, request: web.Request) -> web.Response:
        """Numbers of this process and of all that were heard."""
        state = self._face.running()
        bus = state.bus
        own = {"service": bus.service, "instance": bus.instance}
        others = state.service_reports.groups(time.monotonic(), but=(bus.service, bus.instance))
        text = render([(own, state.metrics.snapshot()), *others])
        return web.Response(body=text.encode("utf-8", "replace"), headers={"Content-Type": _PROMETHEUS})

    async def healthz(self, request: web.Request) -> web.Response:
        """Alive."""
        return _json(_encode(HealthAnswer()))

    async def readyz(self, request: web.Request) -> web.Response:
        """Ready, or what is broken."""
        state = self._face.state
        broken = {"nats": "waiting for the first connection"} if state is None else state.unready(time.monotonic())
        return _json(_encode(ReadyAnswer(ready=not broken, broken=broken)), status=503 if broken else 200)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A file of the page; a path of the page itself is its index."""
        path = request.match_info["path"]
        if path.startswith("api/"):
            raise HttpError(404, "no such path; /api/openapi.json names them all")
        found = await asyncio.to_thread(_file, self._face.static, path)
        if found is None:
            if path.startswith("assets/"):
                raise HttpError(404, "no such file")
            return web.Response(text=_NO_PAGE, status=200 if not path else 404)
        cache = _YEAR if path.startswith("assets/") else "no-cache"
        return web.FileResponse(found, headers={"Cache-Control": cache})


def _named(request: web.Request) -> tuple[str, int]:
    """The id of an alert, and its sequence where that is given."""
    params.check(request.query, "seq")
    return request.match_info["id"], params.integer(request.query, "seq", default=0, most=2**63 - 1)


def _file(static: Path, path: str) -> Path | None:
    """The file for *path*, never one outside *static*; the index for what is none, where it may be a view.

    `RefusedError` for what can be the name of no file.
    """
    root = static.resolve()
    try:
        wanted = (root / path).resolve()
        if path and wanted.is_relative_to(root) and wanted.is_file():
            return wanted
    except (OSError, ValueError) as error:  # too long, or with a NUL
        raise HttpError(404, "no such file") from error
    if path.startswith("assets/"):
        return None
    index = root / "index.html"
    return index if index.is_file() else None


def _failure(status: int, text: str, retry_after_s: int = 0) -> web.Response:
    answer = _json(_encode(ErrorAnswer(error=text)), status)
    if retry_after_s:
        answer.headers["Retry-After"] = str(retry_after_s)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


async def _sent(request: web.Request, answer: web.Response) -> web.Response:
    """The answer once the client has it; one who does not take it in time is dropped."""
    try:
        async with asyncio.timeout(_SEND_S):
            await answer.prepare(request)
            await answer.write_eof()
    except (TimeoutError, ConnectionError):
        _drop(request)
    return answer


async def _streamed(request: web.Request, download: range_handlers.Download) -> web.StreamResponse:
    """The file once the client has it; one who does not take a part in time is dropped, and can tell from its end."""
    answer = web.StreamResponse(headers=download.headers)
    try:
        await answer.prepare(request)
        if request.method == "HEAD":
            return answer
        async for part in download.parts():
            async with asyncio.timeout(_SEND_S):
                await answer.write(part)
        await answer.write_eof()
    except (TimeoutError, ConnectionError):
        _drop(request)
    except Exception:
        _drop(request)  # half a file must not look like a whole one
        raise
    return answer


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _no_parameters(request: web.Request) -> None:
    params.check(request.query)


def _now() -> str:
    return format_ns(time.time_ns())

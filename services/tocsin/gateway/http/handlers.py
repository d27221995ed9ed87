"""The handlers of the API's endpoints, but for those of the login pages."""

import asyncio
import time
from functools import partial

from aiohttp import web

from tocsin.bus import streams
from tocsin.gateway.auth.origin import origin_allowed
from tocsin.gateway.errors import HttpError
from tocsin.gateway.http import range_handlers, responses
from tocsin.gateway.http.server import CACHE_S, HttpServer
from tocsin.gateway.pipeline import rule_status
from tocsin.gateway.pipeline import status as pipeline_status
from tocsin.gateway.queries import alert as alert_query
from tocsin.gateway.queries import ancestry as ancestry_query
from tocsin.gateway.queries import latest as latest_query
from tocsin.gateway.queries import params
from tocsin.gateway.queries.schemas import HealthAnswer, ReadyAnswer
from tocsin.gateway.state import GatewayState
from tocsin.model.errors import Gone
from tocsin.model.timestamps import NS_PER_MS, format_ns
from tocsin.runtime import ledger as ledgers
from tocsin.runtime.metrics import render

_PARALLEL_READS = 4
"""Alerts that are read from the stream at a time; the largest have some MiB."""
_WHOLE_BYTES = 16 << 20
"""The size limit of an answer with whole alerts."""
_WHOLE_SLOTS = 2
"""Answers with whole alerts that are generated or sent at a time."""
_EXPORT_SLOTS = 2
"""Files that are sent at a time."""
_MAX_SEQ = 2**63 - 1
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_encode = responses.encode


async def latest(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The newest alerts, as rows or whole."""
    query = latest_query.parse(request.query)
    state = server.readable()
    stored = await server.stored(state)
    rows = await state.store.newest(query.filter, query.limit, up_to=state.store.window.head)
    if not query.full:
        return responses.json(latest_query.listing(latest_query.rendered(rows), stored, _now(), state.store))
    with server.slot("whole", _WHOLE_SLOTS, f"{_WHOLE_SLOTS} other clients read whole alerts right now"):
        alerts, cut = await _whole(state, [row.seq for row in rows])
        body = latest_query.listing(alerts, stored, _now(), state.store, cut=cut)
        return await responses.send(request, responses.json(body))


async def _whole(state: GatewayState, sequences: list[int]) -> tuple[list[bytes], bool]:
    """The alerts of these sequences, and whether the size limit cut the list; alerts that just expired are missing."""

    async def read(seq: int) -> bytes | None:
        try:
            return (await state.bus.message(streams.ALERTS, seq)).payload
        except Gone:
            return None

    alerts: list[bytes] = []
    free_bytes = _WHOLE_BYTES
    for start in range(0, len(sequences), _PARALLEL_READS):
        for payload in await asyncio.gather(*map(read, sequences[start : start + _PARALLEL_READS])):
            free_bytes -= len(payload or b"") + 1
            if free_bytes < 0:
                return alerts, True
            if payload is not None:
                alerts.append(payload)
    return alerts, False


async def stats(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """Counts of the stream and of the live window."""
    state = server.readable()
    return responses.json(_encode(latest_query.stats(state.store, await server.stored(state), _now())))


async def alerts(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """Alerts of a time range."""
    return responses.json(await range_handlers.alerts(server.readable(), request.rel_url.raw_query_string))


async def timeline(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """Counts over a time range."""
    return responses.json(await range_handlers.timeline(server.readable(), request.rel_url.raw_query_string))


async def facets(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The most frequent values in a time range."""
    return responses.json(await range_handlers.facets(server.readable(), request.rel_url.raw_query_string))


async def export(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The rows of a time range as a file."""
    download = range_handlers.Download(server.readable(), request.rel_url.raw_query_string)
    with server.slot("export", _EXPORT_SLOTS, f"{_EXPORT_SLOTS} other clients load files right now"):
        return await responses.stream(request, download)


async def alert(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """One whole alert."""
    state = server.readable()
    return responses.json(await alert_query.alert(state.bus, state.store, *_id_and_seq(request)))


async def ancestry(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The processes around an alert."""
    state = server.readable()
    return responses.json(await ancestry_query.answer(state.bus, state.store, *_id_and_seq(request)))


async def rules(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The active rules."""
    state = server.running()

    async def query() -> bytes:
        now, kinds = time.monotonic(), state.hub.visibility.kinds.summary(int(time.time()))
        reports = state.rule_reports
        return _encode(rule_status.answer(reports.current(now), reports.differing(now), now, _now(), kinds))

    return responses.json(await server.rules.get(query, max_age_s=CACHE_S))


async def ledger(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The ledger: what every stage of the pipeline counted."""
    return responses.json(ledgers.encode(await server.ledger(server.running())))


async def status(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The state of the pipeline, also if NATS does not answer."""
    state = server.running()

    async def query() -> bytes:
        taken = await server.ledger_soon(state)
        now, now_ms = time.monotonic(), time.time_ns() // NS_PER_MS
        return _encode(pipeline_status.answer(state.readings(now, now_ms), taken, now=now, now_ms=now_ms))

    return responses.json(await server.status.get(query, max_age_s=CACHE_S))


async def stream(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The WebSocket."""
    if not origin_allowed(request.headers.get("Origin"), request.host):
        raise HttpError(403, "the page of another origin may not read this stream")
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise HttpError(400, "this path is a WebSocket")
    principal = server.login.principal(request)
    return await server.running().broadcaster.serve(request, partial(server.login.session_end, principal))


async def metrics(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """The metrics of this process and those that other services report."""
    state = server.running()
    bus = state.bus
    gateway = {"service": bus.service, "instance": bus.instance}
    others = state.service_reports.groups(time.monotonic(), but=(bus.service, bus.instance))
    text = render([(gateway, state.metrics.snapshot()), *others])
    return web.Response(body=text.encode("utf-8", "replace"), headers={"Content-Type": _PROMETHEUS})


async def healthz(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """Liveness: the process answers."""
    return responses.json(_encode(HealthAnswer()))


async def readyz(server: HttpServer, request: web.Request) -> web.StreamResponse:
    """Readiness: whether alerts arrive, and what fails if they do not."""
    state = server.state
    broken = {"nats": "waiting for the first connection"} if state is None else state.unready(time.monotonic())
    return responses.json(_encode(ReadyAnswer(ready=not broken, broken=broken)), status=503 if broken else 200)


def _id_and_seq(request: web.Request) -> tuple[str, int]:
    """The id of an alert, and its sequence or 0."""
    return request.match_info["id"], params.integer(request.query, "seq", default=0, most=_MAX_SEQ)


def _now() -> str:
    return format_ns(time.time_ns())

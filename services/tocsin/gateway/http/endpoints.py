"""Every endpoint of the gateway, declared once."""

import asyncio
from functools import cache

from aiohttp import web

from tocsin.gateway.feed.frames import SUBPROTOCOLS
from tocsin.gateway.http import handlers, login, openapi, parameters, responses
from tocsin.gateway.http.endpoint import Endpoint
from tocsin.gateway.http.server import HttpServer
from tocsin.gateway.pipeline.rule_status import RulesAnswer
from tocsin.gateway.pipeline.status import StatusAnswer
from tocsin.gateway.queries.range_schemas import AncestryAnswer, FacetsAnswer, RangeAnswer, TimelineAnswer
from tocsin.gateway.queries.schemas import (
    AlertsAnswer,
    ErrorAnswer,
    FullAlertsAnswer,
    HealthAnswer,
    ReadyAnswer,
    StatsAnswer,
)
from tocsin.model.alert import Alert
from tocsin.runtime.ledger import Ledger

_COMMON = (400, 421, 503)
_ID = {"id": "The alert's id."}
_NO_ALERT = {
    404: ("No alert of this id is in the live window, or the sequence is that of another alert.", ErrorAnswer),
    410: ("The stream has removed this alert.", ErrorAnswer),
}


async def _openapi(server: HttpServer, request: web.Request) -> web.StreamResponse:
    return responses.json(await asyncio.to_thread(_document))


@cache
def _document() -> bytes:
    return responses.encode(openapi.document(ENDPOINTS))


ENDPOINTS = (
    Endpoint(
        path="/api/runtime/alerts",
        handler=handlers.latest,
        summary="The newest alerts, newest first",
        answer=AlertsAnswer | FullAlertsAnswer,
        parameters=parameters.LATEST,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/runtime/stats",
        handler=handlers.stats,
        summary="Number of alerts in the stream, and the most frequent values of the live window",
        answer=StatsAnswer,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/alerts",
        handler=handlers.alerts,
        summary="Alerts of a time range that pass a filter, newest first",
        answer=RangeAnswer,
        parameters=parameters.ALERTS,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/timeline",
        handler=handlers.timeline,
        summary="Number of alerts of a time range that pass a filter, by severity and over time",
        answer=TimelineAnswer,
        parameters=parameters.TIMELINE,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/facets",
        handler=handlers.facets,
        summary="The most frequent values of the alerts of a time range that pass a filter",
        answer=FacetsAnswer,
        parameters=parameters.FACETS,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/export",
        handler=handlers.export,
        summary="Alerts of a time range as a file, newest first; the header Tocsin-Exact says whether it has all",
        answer="text/csv",
        parameters=parameters.EXPORT,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/alerts/{id}",
        handler=handlers.alert,
        summary="One alert, as it is in the stream",
        answer=Alert,
        parameters=(parameters.SEQ,),
        path_parameters=_ID,
        errors=_COMMON,
        responses=_NO_ALERT,
    ),
    Endpoint(
        path="/api/v1/alerts/{id}/ancestry",
        handler=handlers.ancestry,
        summary="The processes around an alert",
        answer=AncestryAnswer,
        parameters=(parameters.SEQ,),
        path_parameters=_ID,
        errors=_COMMON,
        responses=_NO_ALERT,
    ),
    Endpoint(
        path="/api/v1/rules",
        handler=handlers.rules,
        summary="The active rules: hits, silences, rules that failed to load, replicas that differ",
        answer=RulesAnswer,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/ledger",
        handler=handlers.ledger,
        summary="The ledger: what every stage of the pipeline counted, and whether the counts balance",
        answer=Ledger,
        errors=_COMMON,
    ),
    Endpoint(
        path="/api/v1/status",
        handler=handlers.status,
        summary="The state of the pipeline: stages, nodes, coverage, and what fails",
        answer=StatusAnswer,
        errors=_COMMON,
    ),
    Endpoint(
        path=login.STREAM,
        handler=handlers.stream,
        summary=f"WebSocket with one of the subprotocols {', '.join(SUBPROTOCOLS)}",
        strict=False,
        errors=_COMMON,
        responses={101: ("Frames follow. Close code 4401 means that the client must sign in.", None)},
        head=False,
    ),
    Endpoint(
        path="/api/openapi.json",
        handler=_openapi,
        summary="This document",
        answer="application/json",
        errors=(400, 421),
    ),
    Endpoint(
        path="/metrics",
        handler=handlers.metrics,
        summary="Metrics of all services, for Prometheus",
        answer="text/plain",
        strict=False,
        errors=(421, 503),
    ),
    Endpoint(
        path="/healthz",
        handler=handlers.healthz,
        summary="Liveness: the process answers",
        answer=HealthAnswer,
        access="anyone",
        strict=False,
    ),
    Endpoint(
        path="/readyz",
        handler=handlers.readyz,
        summary="Readiness: whether alerts arrive, and what fails if they do not",
        answer=ReadyAnswer,
        responses={503: ("Alerts do not arrive.", ReadyAnswer)},
        access="anyone",
        strict=False,
    ),
    Endpoint(
        path="/login",
        handler=lambda server, request: server.login.form(request),
        summary="The login form",
        answer="text/html",
        parameters=(parameters.NEXT,),
        access="login",
        strict=False,
    ),
    Endpoint(
        path="/login",
        method="POST",
        handler=lambda server, request: server.login.sign_in(request),
        summary="Sign in with the form's fields token and next (a path of the dashboard)",
        errors=(400, 403, 404, 415, 421),
        responses={
            303: ("Signed in: a redirect to next, with the session as a cookie.", None),
            401: ("The token is wrong.", "text/html"),
            429: ("Too many wrong tokens; Retry-After says when to try again.", "text/html"),
        },
        access="login",
        strict=False,
    ),
    Endpoint(
        path="/login/{name}",
        handler=lambda server, request: server.login.asset(request),
        summary="Files of the login form: style.css, sans.woff2, icon.svg",
        answer="application/octet-stream",
        path_parameters={"name": "Name of the file."},
        errors=(404, 421),
        access="login",
        strict=False,
    ),
    Endpoint(
        path="/logout",
        handler=lambda server, request: server.login.logout_form(request),
        summary="The logout form",
        answer="text/html",
        access="login",
        strict=False,
    ),
    Endpoint(
        path="/logout",
        method="POST",
        handler=lambda server, request: server.login.sign_out(request),
        summary="Sign out: ends the session of this browser",
        errors=(403, 404, 421),
        responses={303: ("Signed out: a redirect to /login.", None)},
        access="login",
        strict=False,
    ),
)

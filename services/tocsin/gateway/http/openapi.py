"""The OpenAPI 3.1 document, made from the structs that the answers are made of."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tocsin import __version__
from tocsin.gateway.auth import session_cookie
from tocsin.gateway.feed.frames import SUBPROTOCOL
from tocsin.gateway.http import parameters
from tocsin.gateway.http.parameters import Parameter
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
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.alert import Alert
from tocsin.runtime.ledger import Ledger

_WRONG = {
    400: "A parameter is wrong; the error names it and what is allowed.",
    401: "Nobody is signed in, or the token is wrong; where the gateway asks for none this does not happen.",
    403: "The page of another origin asked, or somebody who is not the proxy.",
    404: "Nobody signs in here, or there is no such file.",
    415: "The form is not application/x-www-form-urlencoded.",
    421: "The host is none of ours.",
    429: "Too many wrong tokens; Retry-After says when it is worth another try.",
    503: "NATS does not answer, the window is being read back, or too many ask for the same; Retry-After may say when.",
}


_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token, where the gateway asks for one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": session_cookie.SECURE_COOKIE,
        "description": f"What /login gives; {session_cookie.COOKIE} where the connection is not encrypted.",
    },
}


class Route(Struct, frozen=True, kw_only=True):
    """One path and its answer to GET, or to POST."""

    path: str
    method: str = "get"
    open: bool = False
    """Whether anybody is answered, signed in or not."""
    summary: str
    answer: Any = None
    """A struct, or a media type for what is no JSON."""
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = (421,)
    more: Mapping[int, tuple[str, Any]] = {}


_COMMON = (400, 421, 503)
_LOGIN = (401, 403, 429)
"""Of every path that is not open."""

ROUTES = (
    Route(
        path="/api/runtime/alerts",
        summary="The newest alerts, newest first",
        answer=AlertsAnswer | FullAlertsAnswer,
        parameters=parameters.NEWEST,
        errors=_COMMON,
    ),
    Route(path="/api/runtime/stats", summary="Counts", answer=StatsAnswer, errors=_COMMON),
    Route(
        path="/api/v1/alerts",
        summary="Alerts of a stretch of time that pass a filter, newest first",
        answer=RangeAnswer,
        parameters=parameters.ALERTS,
        errors=_COMMON,
    ),
    Route(
        path="/api/v1/timeline",
        summary="How many there were, over time",
        answer=TimelineAnswer,
        parameters=parameters.TIMELINE,
        errors=_COMMON,
    ),
    Route(
        path="/api/v1/facets",
        summary="The most frequent values of what passes a filter",
        answer=FacetsAnswer,
        parameters=parameters.FACETS,
        errors=_COMMON,
    ),
    Route(
        path="/api/v1/export",
        summary="The same alerts as a file, newest first; the header Tocsin-Exact says whether all were at hand",
        answer="text/csv",
        parameters=parameters.EXPORT,
        errors=_COMMON,
    ),
    Route(
        path="/api/v1/alerts/{id}",
        summary="One alert, as it is in the stream",
        answer=Alert,
        parameters=(parameters.SEQ,),
        errors=_COMMON,
        more={404: ("It is not known here.", ErrorAnswer), 410: ("The stream does not hold it any more.", ErrorAnswer)},
    ),
    Route(
        path="/api/v1/alerts/{id}/ancestry",
        summary="The processes around an alert",
        answer=AncestryAnswer,
        parameters=(parameters.SEQ,),
        errors=_COMMON,
        more={404: ("It is not known here.", ErrorAnswer), 410: ("The stream does not hold it any more.", ErrorAnswer)},
    ),
    Route(
        path="/api/v1/rules",
        summary="By which rules is judged: hits, silences, what is not loaded, replicas that differ",
        answer=RulesAnswer,
        errors=_COMMON,
    ),
    Route(path="/api/v1/ledger", summary="What every hop counted", answer=Ledger, errors=_COMMON),
    Route(
        path="/api/v1/status",
        summary="The way of an event, hop by hop; nodes, what of them is seen, what is broken",
        answer=StatusAnswer,
        errors=_COMMON,
    ),
    Route(
        path="/api/v1/stream",
        summary=f"WebSocket with the subprotocol {SUBPROTOCOL}",
        errors=(400, 421, 503),
        more={101: ("Frames follow; one that closes with 4401 says that nobody is signed in.", None)},
    ),
    Route(path="/api/openapi.json", summary="This document", answer="application/json", errors=(400, 421)),
    Route(path="/metrics", summary="Numbers of all services, for Prometheus", answer="text/plain", errors=(421, 503)),
    Route(path="/healthz", open=True, summary="Whether the process is alive", answer=HealthAnswer),
    Route(
        path="/readyz",
        open=True,
        summary="Whether alerts arrive, and what is broken if not",
        answer=ReadyAnswer,
        more={503: ("They do not.", ReadyAnswer)},
    ),
    Route(path="/login", open=True, summary="The form to sign in with the token", answer="text/html"),
    Route(
        path="/login",
        method="post",
        open=True,
        summary="Sign in: the fields token and next (a path of this page), sent by our own form",
        errors=(400, 403, 404, 415, 421),
        more={
            303: ("On to next, with the session as a cookie.", None),
            401: ("The token is wrong.", "text/html"),
            429: ("Too many wrong tokens; Retry-After says when to try again.", "text/html"),
        },
    ),
    Route(
        path="/login/{name}",
        open=True,
        summary="What the form looks like: style.css, sans.woff2, icon.svg",
        answer="application/octet-stream",
        errors=(404, 421),
    ),
    Route(path="/logout", open=True, summary="The form to sign out", answer="text/html"),
    Route(
        path="/logout",
        method="post",
        open=True,
        summary="Sign out: the session of this browser ends",
        errors=(403, 404, 421),
        more={303: ("On to /login.", None)},
    ),
)


def _described(kind: type[Struct], **instead: Any) -> Any:
    """The struct with some fields of another type: what is carried as bytes has no schema of its own."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        if field.name in instead:
            fields.append((field.name, instead[field.name], None))
        elif field.required:
            fields.append((field.encode_name, field.type))
        else:
            fields.append((field.encode_name, field.type, field.default))
    return msgspec.defstruct(kind.__name__, fields, namespace={"__doc__": kind.__doc__}, kw_only=True)


def document() -> dict[str, Any]:
    """The whole document."""
    whole = _described(Alert, event=dict[str, Any] | None)
    kinds = [
        AlertsAnswer, FullAlertsAnswer, StatsAnswer, ErrorAnswer, HealthAnswer, ReadyAnswer, whole, RulesAnswer, Ledger,
        StatusAnswer, RangeAnswer, TimelineAnswer, FacetsAnswer, AncestryAnswer,
    ]  # fmt: skip
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    named = dict(zip(kinds, schemas, strict=True))
    named[Alert] = named[whole]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin gateway",
            "version": __version__,
            "description": (
                f"Alerts with the severities {', '.join(SEVERITIES)}. Nothing can be changed: only the forms to sign "
                "in and out are posted. Whether somebody has to sign in is a setting of the gateway."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(named),
        "components": {"schemas": components, "securitySchemes": _SCHEMES},
        "security": [{name: []} for name in _SCHEMES],
    }


def _paths(named: Mapping[Any, Any]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route, named)
    return paths


def _operation(route: Route, named: Mapping[Any, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if route.answer is not None:
        answers["200"] = {"description": "Done.", "content": _content(route.answer, named)}
    for status, (description, kind) in route.more.items():
        content = {} if kind is None else {"content": _content(kind, named)}
        answers[str(status)] = {"description": description} | content
    for status in sorted({*route.errors, *(() if route.open else _LOGIN)}):
        answers[str(status)] = {"description": _WRONG[status], "content": _content(ErrorAnswer, named)}
    own_parameters: list[dict[str, Any]] = [
        {"name": own.name, "in": "query", "description": own.description, "schema": dict(own.schema)}
        for own in route.parameters
    ]
    for name in re.findall(r"{(\w+)}", route.path):
        own_parameters.insert(0, {"name": name, "in": "path", "required": True, "schema": {"type": "string"}})
    operation: dict[str, Any] = {"summary": route.summary, "responses": answers}
    if own_parameters:
        operation["parameters"] = own_parameters
    return operation | ({"security": []} if route.open else {})


def _content(kind: Any, named: Mapping[Any, Any]) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}}}
    parts = getattr(kind, "__args__", (kind,))
    schema = named[parts[0]] if len(parts) == 1 else {"anyOf": [named[part] for part in parts]}
    return {"application/json": {"schema": schema}}

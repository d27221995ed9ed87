"""The aiohttp application: routes from the endpoint table, and what holds for every request and every answer."""

import asyncio
import logging
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tocsin.gateway.auth import origin
from tocsin.gateway.errors import HttpError
from tocsin.gateway.http import responses, security_headers, static
from tocsin.gateway.http.endpoint import Endpoint
from tocsin.gateway.http.endpoints import ENDPOINTS
from tocsin.gateway.http.login import route_path
from tocsin.gateway.http.server import HttpServer
from tocsin.gateway.queries import params
from tocsin.gateway.queries.params import QueryError
from tocsin.model.errors import BusError, Gone, TocsinError
from tocsin.runtime.logs import Sparingly

log = logging.getLogger(__name__)

_POST_BYTES = 65_536
"""The login and logout forms are all that clients post."""
_errors = Sparingly()
_BY_ROUTE: dict[tuple[str, str], Endpoint] = {(endpoint.path, endpoint.method): endpoint for endpoint in ENDPOINTS}


def application(server: HttpServer) -> web.Application:
    """The routes of the endpoint table, and the dashboard for every other path."""
    app = web.Application(middlewares=[_guard(server)], client_max_size=_POST_BYTES)
    app.on_response_prepare.append(_add_headers)
    for endpoint in ENDPOINTS:
        handler = partial(handle, server, endpoint)
        if endpoint.method == "POST":
            app.router.add_post(endpoint.path, handler)
        else:
            app.router.add_get(endpoint.path, handler, allow_head=endpoint.head)
    app.router.add_get("/{path:.*}", partial(_file, server))
    return app


async def handle(server: HttpServer, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
    """Run the endpoint's handler; `QueryError` for a parameter that it does not declare."""
    deprecated = {parameter.name for parameter in endpoint.parameters if parameter.deprecated}
    if endpoint.strict:
        params.check(
            request.query,
            *(parameter.name for parameter in endpoint.parameters if not parameter.deprecated),
            repeatable={parameter.name for parameter in endpoint.parameters if parameter.repeatable},
            deprecated=deprecated,
        )
    if server.state is not None:
        for name in deprecated.intersection(request.query):
            server.state.hub.old_filter_keys[name] += 1
    return await endpoint.handler(server, request)


async def _file(server: HttpServer, request: web.Request) -> web.StreamResponse:
    return await static.file(server.static, request.match_info["path"])


def _guard(server: HttpServer) -> Middleware:
    """Refuses requests that are not for this gateway or not allowed; turns every error into a short JSON answer."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            endpoint = _check(request, server)
            response = await server.login.check(request, "principal" if endpoint is None else endpoint.access)
            return await handler(request) if response is None else response
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            return _failure(error, request.path)

    return guard


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer, including that of the WebSocket."""
    for name, value in security_headers.HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "tocsin"


def _check(request: web.Request, server: HttpServer) -> Endpoint | None:
    """The endpoint of the request, ``None`` for a file of the dashboard; `HttpError` for a wrong method or host."""
    method = "GET" if request.method == "HEAD" else request.method
    endpoint = _BY_ROUTE.get((route_path(request), method))
    if method != "GET" and endpoint is None:
        raise HttpError(405, "only GET and HEAD are answered here")
    if not origin.host_allowed(request.host, server.settings.host, server.settings.names):
        raise HttpError(421, "this host name is not in TOCSIN_GATEWAY_ALLOWED_HOSTS")
    return endpoint


def _failure(error: Exception, path: str) -> web.StreamResponse:
    """The answer to a client for an error; a stack trace goes to the log alone."""
    if isinstance(error, HttpError):
        return responses.failure(error.status, str(error), error.retry_after_s)
    if isinstance(error, web.HTTPException):
        return responses.failure(error.status, error.reason)
    if isinstance(error, QueryError):
        return responses.failure(400, str(error))
    if isinstance(error, Gone):
        return responses.failure(410, str(error))
    if isinstance(error, BusError | TimeoutError):
        return responses.failure(503, str(error) or "NATS does not answer in time")
    if isinstance(error, TocsinError):
        return responses.failure(500, str(error))
    if _errors.allow() is not None:
        log.error("request.failed", extra={"path": path[:200]}, exc_info=error)
    return responses.failure(500, "internal error; see the log")

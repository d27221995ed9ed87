"""Login: which requests may go on, the answer to those that may not, and the forms to sign in and out."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from aiohttp import WSMsgType, web

from tocsin.gateway.auth import forwarded, session_cookie
from tocsin.gateway.auth.authenticator import Authenticator
from tocsin.gateway.auth.identity import AuthError, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.origin import origin_allowed
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.http import login_pages, security_headers
from tocsin.gateway.settings import Settings

Access = Literal["principal", "anyone", "login"]
"""Who gets an answer: clients that are signed in, anyone, or (of login pages) anyone if clients sign in by token."""

STREAM = "/api/v1/stream"
_FORM_S = 10.0
_RETRY_MS = 1_000
_CLOSE_S = 1.0
_SOCKETS = 64
"""Unauthenticated clients that a WebSocket tells to sign in, at a time; more get a plain 401."""
_FORM = "application/x-www-form-urlencoded"


class LoginMiddleware:
    """Runs before every handler."""

    def __init__(self, settings: Settings, static: Callable[[], Path]) -> None:
        """*static*: the folder of the built dashboard. `SettingsError` if settings contradict each other."""
        self.authenticator = Authenticator(settings)
        self._settings = settings
        self._static = static
        self._sockets = 0

    def principal(self, request: web.Request) -> Principal:
        """Who the client is; `AuthError` if it is not signed in."""
        return self.authenticator.admit(self._identity(request), time.time(), time.monotonic())

    def session_end(self, principal: Principal) -> SessionEnd:
        """Why a client that was admitted may not stay, if so."""
        return self.authenticator.over(principal, time.time(), time.monotonic())

    async def check(self, request: web.Request, access: Access) -> web.StreamResponse | None:
        """The answer to a client that may not go on, ``None`` for one that may; or `AuthError`, a plain error."""
        identity, headers = self._identity(request), request.headers
        origin = headers.get("Origin")
        if request.method == "POST":
            self.authenticator.check_post(identity, origin, headers.get("Sec-Fetch-Site"), request.host)
        if access == "anyone" or (access == "login" and self.authenticator.by_token):
            return None
        try:
            self.principal(request)
        except AuthError as error:
            is_socket = route_path(request) == STREAM and headers.get("Upgrade", "").lower() == "websocket"
            if is_socket and origin_allowed(origin, request.host):
                return await self._close_socket(request, error)
            if self.authenticator.is_led(error, identity):
                return _to_login(request)
            raise
        return None

    async def form(self, request: web.Request) -> web.Response:
        """The login form; a redirect for a client that is signed in already."""
        next_ = login_pages.local(request.query.get("next", "/"))
        return _redirect(next_) if self._signed_in(request) else _html(login_pages.page(next_))

    async def sign_in(self, request: web.Request) -> web.Response:
        """Begin a session."""
        fields = await _form_fields(request)
        next_ = login_pages.local(fields.get("next", "/"))
        try:
            session = self.authenticator.sign_in(
                fields.get("token", ""), self._identity(request), time.time(), time.monotonic(), secrets.token_bytes(8)
            )
        except AuthError as error:
            return _html(login_pages.page(next_, error=str(error)), error)
        response = _redirect(next_)
        secure, lasts_s = self._encrypted(request), max(1, int(self._settings.session_s))
        name = session_cookie.SECURE_COOKIE if secure else session_cookie.COOKIE
        response.set_cookie(name, session, max_age=lasts_s, path="/", secure=secure, httponly=True, samesite="Strict")
        return response

    async def logout_form(self, request: web.Request) -> web.Response:
        """The logout form; a redirect for a client that is not signed in."""
        ask = self.authenticator.by_token and self._signed_in(request)
        return _html(login_pages.leave()) if ask else _redirect("/login")

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session."""
        self.authenticator.sign_out(self._identity(request), time.time(), time.monotonic())
        response = _redirect("/login")
        for name, secure in ((session_cookie.COOKIE, False), (session_cookie.SECURE_COOKIE, True)):
            response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")
        return response

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A file that the forms use: style, font or icon."""
        file = await asyncio.to_thread(login_pages.part, request.match_info["name"], self._static() / "assets")
        if file is None:
            raise HttpError(404, "no such file")
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    def _signed_in(self, request: web.Request) -> bool:
        """Whether the client needs no form: it has a session, or this gateway has no form."""
        return self.authenticator.knows(self._identity(request), time.time(), time.monotonic())

    def _identity(self, request: web.Request) -> RequestIdentity:
        headers, trusted = request.headers, self.authenticator.trusted
        peer = request.remote or ""
        cookies = (request.cookies.get(name) for name in (session_cookie.SECURE_COOKIE, session_cookie.COOKIE))
        return RequestIdentity(
            path=route_path(request),
            peer=peer,
            address=forwarded.client(peer, headers.getall("X-Forwarded-For", []), trusted),
            authorization=tuple(headers.getall("Authorization", [])),
            cookies=tuple(filter(None, cookies)),
            page=_is_page(request),
            identity=tuple(headers.getall(self._settings.proxy_header, [])),
        )

    def _encrypted(self, request: web.Request) -> bool:
        """Whether the browser's connection is encrypted; behind a proxy, Origin and X-Forwarded-Proto say so."""
        protocols = request.headers.getall("X-Forwarded-Proto", [])
        origin = request.headers.get("Origin", "")
        proxies = self.authenticator.trusted
        return request.secure or forwarded.encrypted(request.remote or "", origin, protocols, proxies)

    async def _close_socket(self, request: web.Request, error: AuthError) -> web.StreamResponse:
        """Open the WebSocket and close it with a reason: a browser's page sees no other answer's status."""
        if self._sockets >= _SOCKETS:
            raise error
        self._sockets += 1
        try:
            socket = web.WebSocketResponse(protocols=list(frames.SUBPROTOCOLS), max_msg_size=1_024, timeout=_CLOSE_S)
            await socket.prepare(request)
            with contextlib.suppress(ConnectionError, RuntimeError):
                await socket.send_frame(frames.bye("auth", _RETRY_MS, str(error)), WSMsgType.TEXT)
                await socket.close(code=frames.SIGNED_OUT)
            return socket
        finally:
            self._sockets -= 1


def route_path(request: web.Request) -> str:
    """The path of the endpoint as the table has it; empty if there is no such route."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _is_page(request: web.Request) -> bool:
    """Whether a browser shows the answer to a person."""
    shown = request.headers.get("Sec-Fetch-Mode") == "navigate" or "text/html" in request.headers.get("Accept", "")
    path = route_path(request)
    return shown and path == "/{path}" and not request.match_info["path"].startswith(("api/", "assets/"))


def _to_login(request: web.Request) -> web.Response:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _html(login_pages.again(request.raw_path))
    return _redirect(login_pages.address(request.raw_path))


async def _form_fields(request: web.Request) -> dict[str, str]:
    if request.content_type != _FORM:
        raise HttpError(415, f"a form is sent as {_FORM}")
    try:
        async with asyncio.timeout(_FORM_S):
            return login_pages.fields(await request.read())
    except TimeoutError as error:
        raise HttpError(408, "the form did not arrive in time") from error
    except ValueError as error:
        raise HttpError(400, "the form has fields that the login form does not have") from error


def _redirect(path: str) -> web.Response:
    """A redirect that the browser follows with GET."""
    return web.Response(status=303, headers={"Location": path})


def _html(text: str, error: AuthError | None = None) -> web.Response:
    status, headers = (error.status, error.headers) if error else (200, {})
    return web.Response(
        text=text, status=status, content_type="text/html", headers={**security_headers.FORM_HEADERS, **headers}
    )

"""The doorstep: who may go on, what a stranger is answered, and the forms for signing in and out."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import WSMsgType, web

from tocsin.gateway.auth import forwarded, session_cookie
from tocsin.gateway.auth.authenticator import Authenticator
from tocsin.gateway.auth.identity import AuthError, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.origin import origin_allowed
from tocsin.gateway.errors import HttpError
from tocsin.gateway.feed import frames
from tocsin.gateway.http import login_pages, security_headers
from tocsin.gateway.settings import Settings

_OPEN = frozenset({"/healthz", "/readyz"})
_SIGNING = frozenset({"/login", "/login/{name}", "/logout"})
_POSTS = frozenset({"/login", "/logout"})
STREAM = "/api/v1/stream"
_FORM_S = 10.0
_RETRY_MS = 1_000
_CLOSE_S = 1.0
_SOCKETS = 64
"""Strangers that are told by a WebSocket to sign in, at a time; more get a plain 401."""
_FORM = "application/x-www-form-urlencoded"


class LoginMiddleware:
    """What stands before every route."""

    def __init__(self, settings: Settings, static: Callable[[], Path]) -> None:
        """`SettingsError` where nobody could come in, or everybody would. *static*: where the built page lies."""
        self.door = Authenticator(settings)
        self._settings = settings
        self._static = static
        self._sockets = 0

    def add(self, router: web.UrlDispatcher) -> None:
        """The routes for signing in and out."""
        router.add_get("/login", self.form)
        router.add_post("/login", self.sign_in)
        router.add_get("/login/{name}", self.part)
        router.add_get("/logout", self.leave)
        router.add_post("/logout", self.sign_out)

    def allows(self, request: web.Request) -> bool:
        """Whether this method may be asked for at all."""
        return request.method in ("GET", "HEAD") or (request.method == "POST" and _path(request) in _POSTS)

    def entry(self, request: web.Request) -> Principal:
        """Who asks; `TurnedAway` for a stranger."""
        return self.door.admit(self._asked(request), time.time(), time.monotonic())

    def over(self, entry: Principal) -> SessionEnd:
        """Whether somebody who was let in may stay."""
        return self.door.over(entry, time.time(), time.monotonic())

    async def stop(self, request: web.Request) -> web.StreamResponse | None:
        """The answer for whoever may not go on; ``None`` for all others. `TurnedAway` where that is a plain error."""
        asked, headers, path = self._asked(request), request.headers, _path(request)
        origin = headers.get("Origin")
        if request.method == "POST":
            self.door.check_post(asked, origin, headers.get("Sec-Fetch-Site"), request.host)
        if path in _OPEN or (self.door.by_token and path in _SIGNING):
            return None
        try:
            self.entry(request)
        except AuthError as why:
            is_socket = path == STREAM and headers.get("Upgrade", "").lower() == "websocket"
            if is_socket and origin_allowed(origin, request.host):
                return await self._tell(request, why)
            if self.door.is_led(why, asked):
                return _to_login(request)
            raise
        return None

    async def form(self, request: web.Request) -> web.Response:
        """Where people sign in; who is in already goes on."""
        onward = login_pages.local(request.query.get("next", "/"))
        return _onward(onward) if self._known(request) else _html(login_pages.page(onward))

    async def sign_in(self, request: web.Request) -> web.Response:
        """Begin a session."""
        given = await _fields(request)
        onward = login_pages.local(given.get("next", "/"))
        what = given.get("token", ""), self._asked(request), time.time(), time.monotonic(), secrets.token_bytes(8)
        try:
            session = self.door.sign_in(*what)
        except AuthError as why:
            return _html(login_pages.page(onward, error=str(why)), why)
        answer = _onward(onward)
        secure, lasts_s = self._encrypted(request), max(1, int(self._settings.session_s))
        name = session_cookie.SECURE_COOKIE if secure else session_cookie.COOKIE
        answer.set_cookie(name, session, max_age=lasts_s, path="/", secure=secure, httponly=True, samesite="Strict")
        return answer

    async def leave(self, request: web.Request) -> web.Response:
        """Where people sign out; who is not in is asked in."""
        return _html(login_pages.leave()) if self.door.by_token and self._known(request) else _onward("/login")

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session."""
        self.door.sign_out(self._asked(request), time.time(), time.monotonic())
        answer = _onward("/login")
        for name, secure in ((session_cookie.COOKIE, False), (session_cookie.SECURE_COOKIE, True)):
            answer.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")
        return answer

    async def part(self, request: web.Request) -> web.StreamResponse:
        """The style of these pages, their font and icon."""
        found = await asyncio.to_thread(login_pages.part, request.match_info["name"], self._static() / "assets")
        if found is None:
            raise HttpError(404, "no such file")
        return web.FileResponse(found, headers={"Cache-Control": "no-cache"})

    def _known(self, request: web.Request) -> bool:
        """Whether who asks needs no form: there is a session, or none is needed here."""
        return self.door.knows(self._asked(request), time.time(), time.monotonic())

    def _asked(self, request: web.Request) -> RequestIdentity:
        headers, trusted = request.headers, self.door.trusted
        peer = request.remote or ""
        cookies = (request.cookies.get(name) for name in (session_cookie.SECURE_COOKIE, session_cookie.COOKIE))
        return RequestIdentity(
            path=_path(request),
            peer=peer,
            address=forwarded.client(peer, headers.getall("X-Forwarded-For", []), trusted),
            authorization=tuple(headers.getall("Authorization", [])),
            cookies=tuple(filter(None, cookies)),
            page=_is_page(request),
            identity=tuple(headers.getall(self._settings.proxy_header, [])),
        )

    def _encrypted(self, request: web.Request) -> bool:
        """Whether the browser's connection is; behind TLS that ends elsewhere its own words and our proxy's tell."""
        said = request.headers.getall("X-Forwarded-Proto", [])
        origin = request.headers.get("Origin", "")
        return request.secure or forwarded.encrypted(request.remote or "", origin, said, self.door.trusted)

    async def _tell(self, request: web.Request, why: AuthError) -> web.StreamResponse:
        """Close a WebSocket so that a browser sees why, which it does not of any other answer."""
        if self._sockets >= _SOCKETS:
            raise why
        self._sockets += 1
        try:
            socket = web.WebSocketResponse(protocols=[frames.SUBPROTOCOL], max_msg_size=1_024, timeout=_CLOSE_S)
            await socket.prepare(request)
            with contextlib.suppress(ConnectionError, RuntimeError):
                await socket.send_frame(frames.bye("auth", _RETRY_MS, str(why)), WSMsgType.TEXT)
                await socket.close(code=frames.SIGNED_OUT)
            return socket
        finally:
            self._sockets -= 1


def _path(request: web.Request) -> str:
    """The pattern of the route; empty where there is no such route."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _is_page(request: web.Request) -> bool:
    """Whether a browser wants to show the answer to a person."""
    wanted = request.headers.get("Sec-Fetch-Mode") == "navigate" or "text/html" in request.headers.get("Accept", "")
    return wanted and _path(request) == "/{path}" and not request.match_info["path"].startswith(("api/", "assets/"))


def _to_login(request: web.Request) -> web.Response:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _html(login_pages.again(request.raw_path))
    return _onward(login_pages.address(request.raw_path))


async def _fields(request: web.Request) -> dict[str, str]:
    """Of the form that was sent."""
    if request.content_type != _FORM:
        raise HttpError(415, f"a form is sent as {_FORM}")
    try:
        async with asyncio.timeout(_FORM_S):
            return login_pages.fields(await request.read())
    except TimeoutError as error:
        raise HttpError(408, "the form did not arrive in time") from error
    except ValueError as error:
        raise HttpError(400, "this form is none of ours") from error


def _onward(where: str) -> web.Response:
    """Another page, by GET."""
    return web.Response(status=303, headers={"Location": where})


def _html(text: str, why: AuthError | None = None) -> web.Response:
    status, headers = (why.status, why.headers) if why else (200, {})
    return web.Response(
        text=text, status=status, content_type="text/html", headers={**security_headers.FORM_HEADERS, **headers}
    )

"""The identity of a request: what it carries, who it is once authenticated, and the error if it is not."""

import logging
import math
from typing import Literal

from msgspec import Struct

from tocsin.gateway.errors import HttpError
from tocsin.gateway.settings import Settings
from tocsin.model.errors import SettingsError
from tocsin.runtime.logs import Sparingly

log = logging.getLogger(__name__)

Reason = Literal["token", "bearer", "limited", "origin", "session", "missing", "proxy_address", "proxy_identity"]
REASONS: dict[Reason, str] = {
    "token": "a wrong token in the form",
    "bearer": "a wrong token in Authorization",
    "limited": "too many wrong tokens before",
    "origin": "sent by a page of another origin",
    "session": "a session that has ended, or that this gateway did not start",
    "missing": "neither a session nor a token",
    "proxy_address": "not from an address of TOCSIN_GATEWAY_PROXY_FROM",
    "proxy_identity": "the proxy named no user, or more than one",
}
"""Why a request is refused; the only values of the metric's label."""
SessionEnd = Literal["", "auth", "shutdown"]
"""Whether a WebSocket goes on (empty), its client is not admitted any more, or it has to reconnect."""
ROUTINE: tuple[Reason, ...] = ("session", "missing")
"""What a browser sends before its user signs in, and after a session has ended."""
_ROUTINE_LOG_S, _LOG_S = 10.0, 1.0


class RequestIdentity(Struct, frozen=True, kw_only=True):
    """What a request carries about its sender; several values if a header stands several times."""

    path: str
    """The pattern of its route; empty if there is none."""
    peer: str
    """The address from which the connection was opened."""
    address: str
    """The address of the client, as far as trusted proxies name it."""
    authorization: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    """The cookies that may hold a session."""
    page: bool = False
    """Whether a browser shows the answer to a person, so that it can show the login form instead."""
    identity: tuple[str, ...] = ()
    """The values of the proxy's header."""


class Principal(Struct, frozen=True, kw_only=True):
    """An authenticated client."""

    how: Literal["open", "session", "bearer", "proxy"]
    user: str = ""
    """The name that the proxy gives; a token has none."""
    ends_s: float = math.inf
    """Seconds since 1970."""
    proof: str = ""
    """The session, or the digest of the token."""


class AuthError(HttpError):
    """The request is refused: 401 if signing in helps, 403 if it does not, 429 if it is too early."""

    def __init__(self, status: int, text: str, reason: Reason, *, retry_after_s: int = 0) -> None:
        super().__init__(status, text, retry_after_s=retry_after_s)
        self.reason: Reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell a program what to do."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return headers | ({"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {})


class AuthFailures:
    """Counts refused requests, and logs some of them: with the address, and never with what was sent."""

    def __init__(self) -> None:
        self.counts: dict[Reason, int] = dict.fromkeys(REASONS, 0)
        self._logged = {r: Sparingly(_ROUTINE_LOG_S if r in ROUTINE else _LOG_S) for r in REASONS}

    def add(self, error: AuthError, address: str) -> None:
        """Count it, and log it unless one of its kind was just logged."""
        self.counts[error.reason] += 1
        suppressed = self._logged[error.reason].allow()
        if suppressed is not None:
            extra = {
                "reason": error.reason, "why": REASONS[error.reason], "address": address, "suppressed": suppressed,
            }  # fmt: skip
            log.warning("login.refused", extra=extra)


_NEEDS_LOGIN = (
    "without a login only loopback is allowed. Set TOCSIN_GATEWAY_AUTH=token and TOCSIN_GATEWAY_TOKEN_FILE,"
    " or TOCSIN_GATEWAY_AUTH=proxy and TOCSIN_GATEWAY_PROXY_FROM, or TOCSIN_GATEWAY_HOST=127.0.0.1"
)


def check(settings: Settings) -> None:
    """`SettingsError` if settings contradict each other, so that no login setting is without effect."""
    mode = settings.auth
    tokens = [name for name in ("token", "token_file") if getattr(settings, name)]
    if mode == "token" and len(tokens) != 1:
        which = "not both" if tokens else "clients sign in with it"
        raise SettingsError(
            f"TOCSIN_GATEWAY_AUTH=token: set TOCSIN_GATEWAY_TOKEN_FILE or TOCSIN_GATEWAY_TOKEN; {which}"
        )
    if mode == "proxy" and not settings.proxy_from.strip():
        raise SettingsError(
            "TOCSIN_GATEWAY_AUTH=proxy: set TOCSIN_GATEWAY_PROXY_FROM to the proxy's addresses; "
            "from any other address its header could have any value"
        )
    idle = {"none": [*tokens, "proxy_from", "metrics_token_file"], "proxy": tokens}
    for name in idle.get(mode, ()):
        if getattr(settings, name):
            raise SettingsError(f"TOCSIN_GATEWAY_{name.upper()} is set and TOCSIN_GATEWAY_AUTH={mode} does not use it")


def check_address(settings: Settings, address: str, *, loopback: bool) -> None:
    """`SettingsError` if anyone who reaches *address* would see all alerts."""
    if settings.auth == "none" and not loopback:
        raise SettingsError(f"TOCSIN_GATEWAY_HOST {settings.host} ({address}): {_NEEDS_LOGIN}")

"""Who asks: what of a request says so, who was let in and until when, and how somebody is turned away."""

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
    "origin": "sent by another page than ours",
    "session": "a session that has ended, or was never ours",
    "missing": "neither a session nor a token",
    "proxy_address": "not from an address of TOCSIN_GATEWAY_PROXY_FROM",
    "proxy_identity": "the proxy named nobody, or more than one",
}
"""Why somebody is turned away; the only values of the metric's label."""
SessionEnd = Literal["", "auth", "shutdown"]
"""Of a WebSocket: it goes on, whoever opened it is not let in any more, or it has to ask anew."""
ROUTINE: tuple[Reason, ...] = ("session", "missing")
"""What a browser does before somebody signs in, and every page whose session has ended."""
_ROUTINE_LOG_S, _LOG_S = 10.0, 1.0


class RequestIdentity(Struct, frozen=True, kw_only=True):
    """What of a request says who sends it; several values where a header stands several times."""

    path: str
    """The pattern of its route; empty where there is none."""
    peer: str
    """Address of whoever opened the connection."""
    address: str
    """Of the client, as far as our own proxies are believed."""
    authorization: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    """Those that may hold a session."""
    page: bool = False
    """Whether a person is to see the answer, who can be led to the form instead."""
    identity: tuple[str, ...] = ()
    """What the proxy's header says."""


class Principal(Struct, frozen=True, kw_only=True):
    """Somebody who was let in."""

    how: Literal["open", "session", "bearer", "proxy"]
    user: str = ""
    """As the proxy says; a token has no name."""
    ends_s: float = math.inf
    """Seconds since 1970."""
    proof: str = ""
    """The session, or the digest of the token."""


class AuthError(HttpError):
    """Whoever asks is not let in: 401 where signing in helps, 403 where it does not, 429 where it is too early."""

    def __init__(self, status: int, text: str, reason: Reason, *, retry_after_s: int = 0) -> None:
        super().__init__(status, text, retry_after_s=retry_after_s)
        self.reason: Reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """That tell a program what to do."""
        own = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return own | ({"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {})


class AuthFailures:
    """Who was turned away: each is counted, some are logged, with the address and never with what was sent."""

    def __init__(self) -> None:
        self.counts: dict[Reason, int] = dict.fromkeys(REASONS, 0)
        self._logged = {r: Sparingly(_ROUTINE_LOG_S if r in ROUTINE else _LOG_S) for r in REASONS}

    def note(self, why: AuthError, address: str) -> None:
        """Count and perhaps log it."""
        self.counts[why.reason] += 1
        held_back = self._logged[why.reason].allow()
        if held_back is not None:
            extra = {"reason": why.reason, "why": REASONS[why.reason], "address": address, "suppressed": held_back}
            log.warning("login.refused", extra=extra)


_NEEDS_LOGIN = (
    "without a log-in only loopback may be listened on. Set TOCSIN_GATEWAY_AUTH=token and TOCSIN_GATEWAY_TOKEN_FILE, "
    "or TOCSIN_GATEWAY_AUTH=proxy and TOCSIN_GATEWAY_PROXY_FROM, or TOCSIN_GATEWAY_HOST=127.0.0.1"
)


def check(settings: Settings) -> None:
    """`SettingsError` where settings contradict each other, so that nobody believes in a lock that is not there."""
    mode = settings.auth
    tokens = [name for name in ("token", "token_file") if getattr(settings, name)]
    if mode == "token" and len(tokens) != 1:
        which = "not both" if tokens else "it is what people sign in with"
        raise SettingsError(
            f"TOCSIN_GATEWAY_AUTH=token: set TOCSIN_GATEWAY_TOKEN_FILE or TOCSIN_GATEWAY_TOKEN; {which}"
        )
    if mode == "proxy" and not settings.proxy_from.strip():
        raise SettingsError(
            "TOCSIN_GATEWAY_AUTH=proxy: set TOCSIN_GATEWAY_PROXY_FROM to the proxy's addresses; "
            "from anybody else its header could be anything"
        )
    idle = {"none": [*tokens, "proxy_from", "metrics_token_file"], "proxy": tokens}
    for name in idle.get(mode, ()):
        if getattr(settings, name):
            raise SettingsError(f"TOCSIN_GATEWAY_{name.upper()} is set and TOCSIN_GATEWAY_AUTH={mode} does not use it")


def check_address(settings: Settings, address: str, *, loopback: bool) -> None:
    """`SettingsError` where everybody who reaches *address* would see all alerts."""
    if settings.auth == "none" and not loopback:
        raise SettingsError(f"TOCSIN_GATEWAY_HOST {settings.host} ({address}): {_NEEDS_LOGIN}")

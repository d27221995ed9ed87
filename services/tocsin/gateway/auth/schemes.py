"""The three auth schemes: none on loopback, by token or its session, and by a proxy's header."""

from typing import Protocol

from tocsin.gateway.auth import forwarded, session_cookie
from tocsin.gateway.auth.identity import AuthError, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.rate_limit import Limits
from tocsin.gateway.auth.tokens import Secret, Source
from tocsin.gateway.settings import Settings

_BEARER = "bearer "


class Scheme(Protocol):
    """What each of them does."""

    def admit(self, request: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """The authenticated client; `AuthError` for any other. *now_s* is since 1970, *now* of the monotonic clock.

        For this request a bearer may carry the tokens in *also*, too.
        """
        ...

    def over(self, principal: Principal, now_s: float, now: float) -> SessionEnd:
        """Why the WebSocket of an admitted client must close, if so."""
        ...


class Open:
    """Admits every client; `identity.check_address` ensures that it is on this machine."""

    def admit(self, request: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """Every client is admitted."""
        return Principal(how="open")

    def over(self, principal: Principal, now_s: float, now: float) -> SessionEnd:
        """Never."""
        return ""


class Bearers:
    """Checks tokens in requests and in the login form, both against the same rate limit."""

    def __init__(self) -> None:
        self._limits = Limits()

    def carried(self, request: RequestIdentity, secrets: tuple[Secret, ...], now: float) -> Principal | None:
        """The client, if it carries one of *secrets*; ``None`` if it carries no token, `AuthError` for a wrong one."""
        values = [value for value in request.authorization if value.lower().startswith(_BEARER)]
        if not values:
            return None
        text = values[0][len(_BEARER) :].strip() if len(values) == 1 else ""
        secret = self._try(text, secrets, request.address, now)
        if secret is None:
            raise AuthError(401, "this is not the token of this gateway", "bearer")
        return Principal(how="bearer", proof=secret.digest)

    def typed(self, text: str, secret: Secret, address: str, now: float) -> None:
        """`AuthError` if *text* is not the token, or if too many wrong ones came before."""
        if self._try(text.strip(), (secret,), address, now) is None:
            raise AuthError(401, "This is not the token of this gateway.", "token")

    def _try(self, text: str, secrets: tuple[Secret, ...], address: str, now: float) -> Secret | None:
        wait_s = self._limits.wait_s(address, now)
        if wait_s:
            retry_s = int(wait_s) + 1
            raise AuthError(429, f"Too many wrong tokens; try again in {retry_s} s.", "limited", retry_after_s=retry_s)
        matching = [secret for secret in secrets if secret.matches(text)]
        if not matching:
            self._limits.failed(address, now)
            return None
        self._limits.passed(address)
        return matching[0]


class TokenScheme:
    """Admits clients that know the token: as a bearer, or once, for a session."""

    def __init__(self, settings: Settings, token: Source, bearers: Bearers) -> None:
        self._token, self._bearers = token, bearers
        self._ended = session_cookie.Ended()
        self.lasts_s = settings.session_s

    def admit(self, request: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """The client that has a session or carries the token."""
        principal = self.session(request, now_s, now)
        if principal is None:
            principal = self._bearers.carried(request, (self._token.now(now), *also), now)
        if principal is not None:
            return principal
        if request.cookies:
            raise AuthError(401, "this session has ended; sign in again at /login", "session")
        raise AuthError(401, "sign in at /login, or send the token as Authorization: Bearer", "missing")

    def session(self, request: RequestIdentity, now_s: float, now: float) -> Principal | None:
        """The client that has a valid session."""
        secret = self._token.now(now)
        for session in request.cookies:
            ends = self._ends_s(secret, session, now_s)
            if ends is not None:
                return Principal(how="session", ends_s=ends, proof=session)
        return None

    def over(self, principal: Principal, now_s: float, now: float) -> SessionEnd:
        """A session ends in time, with its token, and by signing out; a bearer ends with the token."""
        secret = self._token.now(now)
        if principal.how == "session":
            return "auth" if self._ends_s(secret, principal.proof, now_s) is None else ""
        return "" if principal.proof == secret.digest else "auth"

    def begin(self, text: str, address: str, now_s: float, now: float, nonce: bytes) -> str:
        """A new session for a person who typed the token; `AuthError` if it is wrong."""
        secret = self._token.now(now)
        self._bearers.typed(text, secret, address, now)
        return session_cookie.make(secret.key, now_s, nonce)

    def end(self, request: RequestIdentity, now_s: float, now: float) -> None:
        """End the sessions of this request."""
        secret = self._token.now(now)
        for session in request.cookies:
            if self._ends_s(secret, session, now_s) is not None:
                self._ended.add(session)

    def _ends_s(self, secret: Secret, session: str, now_s: float) -> float | None:
        return None if session in self._ended else session_cookie.ends_s(secret.key, session, now_s, self.lasts_s)


class ProxyScheme:
    """Admits clients that a trusted proxy names."""

    def __init__(self, settings: Settings, bearers: Bearers) -> None:
        self._bearers = bearers
        self._trusted = forwarded.networks(settings.proxy_from)
        self._header = settings.proxy_header
        self._lasts_s = settings.session_s

    def admit(self, request: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """The user in the proxy's header, if the connection comes from a trusted proxy."""
        trusted = forwarded.within(request.peer, self._trusted)
        user = forwarded.identity(request.identity) if trusted else ""
        principal = self._bearers.carried(request, also, now) if also and not user else None
        if principal is not None:
            return principal
        if not trusted:
            raise AuthError(403, "this gateway accepts only connections of its proxy", "proxy_address")
        if not user:
            text = f"the proxy has to name one user in {self._header}; it named none, or more than one"
            raise AuthError(401, text, "proxy_identity")
        return Principal(how="proxy", user=user, ends_s=now_s + self._lasts_s)

    def over(self, principal: Principal, now_s: float, now: float) -> SessionEnd:
        """After the length of a session the WebSocket must reconnect, so that the proxy checks the user again."""
        return "shutdown" if now_s >= principal.ends_s else ""

"""The three ways in: open on loopback, with a token or its session, and by a proxy's word."""

from typing import Protocol

from tocsin.gateway.auth import forwarded, session_cookie
from tocsin.gateway.auth.identity import AuthError, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.rate_limit import Limits
from tocsin.gateway.auth.tokens import Secret, Source
from tocsin.gateway.settings import Settings

_BEARER = "bearer "


class Scheme(Protocol):
    """One of them."""

    def admit(self, asked: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """Who it is; `TurnedAway` for a stranger. *now_s* is since 1970, *now* of the monotonic clock.

        What a bearer may carry *also*, for this request.
        """
        ...

    def over(self, entry: Principal, now_s: float, now: float) -> SessionEnd:
        """Whether somebody who came in so may stay."""
        ...


class Open:
    """Everybody who reaches us; `auth.check_address` saw to it that those are on this machine."""

    def admit(self, asked: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """Nobody is turned away."""
        return Principal(how="open")

    def over(self, entry: Principal, now_s: float, now: float) -> SessionEnd:
        """Never."""
        return ""


class Bearers:
    """Requests that carry a token, and people who type one: both try at the same rate."""

    def __init__(self) -> None:
        self._limits = Limits()

    def carried(self, asked: RequestIdentity, secrets: tuple[Secret, ...], now: float) -> Principal | None:
        """Whoever carries one of *secrets*; ``None`` where nobody carries any, `TurnedAway` where it is a wrong one."""
        given = [value for value in asked.authorization if value.lower().startswith(_BEARER)]
        if not given:
            return None
        text = given[0][len(_BEARER) :].strip() if len(given) == 1 else ""
        found = self._tried(text, secrets, asked.address, now)
        if found is None:
            raise AuthError(401, "this is not the token of this gateway", "bearer")
        return Principal(how="bearer", proof=found.digest)

    def typed(self, text: str, secret: Secret, address: str, now: float) -> None:
        """`TurnedAway` where *text* is not it, or it was too often something else."""
        if self._tried(text.strip(), (secret,), address, now) is None:
            raise AuthError(401, "This is not the token of this gateway.", "token")

    def _tried(self, text: str, secrets: tuple[Secret, ...], address: str, now: float) -> Secret | None:
        wait_s = self._limits.wait_s(address, now)
        if wait_s:
            retry_s = int(wait_s) + 1
            raise AuthError(429, f"Too many wrong tokens; try again in {retry_s} s.", "limited", retry_after_s=retry_s)
        found = [secret for secret in secrets if secret.matches(text)]
        if not found:
            self._limits.failed(address, now)
            return None
        self._limits.passed(address)
        return found[0]


class TokenScheme:
    """Whoever knows the token: as a bearer, or once, for a session."""

    def __init__(self, settings: Settings, token: Source, bearers: Bearers) -> None:
        self._token, self._bearers = token, bearers
        self._ended = session_cookie.Ended()
        self.lasts_s = settings.session_s

    def admit(self, asked: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """Who has a session or carries the token."""
        entry = self.session(asked, now_s, now)
        if entry is None:
            entry = self._bearers.carried(asked, (self._token.now(now), *also), now)
        if entry is not None:
            return entry
        if asked.cookies:
            raise AuthError(401, "this session has ended; sign in again at /login", "session")
        raise AuthError(401, "sign in at /login, or send the token as Authorization: Bearer", "missing")

    def session(self, asked: RequestIdentity, now_s: float, now: float) -> Principal | None:
        """Whoever has a session that is under way."""
        secret = self._token.now(now)
        for session in asked.cookies:
            ends = self._ends_s(secret, session, now_s)
            if ends is not None:
                return Principal(how="session", ends_s=ends, proof=session)
        return None

    def over(self, entry: Principal, now_s: float, now: float) -> SessionEnd:
        """A session ends in time, with its token and by signing out; a bearer with the token."""
        secret = self._token.now(now)
        if entry.how == "session":
            return "auth" if self._ends_s(secret, entry.proof, now_s) is None else ""
        return "" if entry.proof == secret.digest else "auth"

    def begin(self, text: str, address: str, now_s: float, now: float, nonce: bytes) -> str:
        """A new session for whoever types the token; `TurnedAway` where it is another one."""
        secret = self._token.now(now)
        self._bearers.typed(text, secret, address, now)
        return session_cookie.make(secret.key, now_s, nonce)

    def end(self, asked: RequestIdentity, now_s: float, now: float) -> None:
        """Take the sessions of this request no more."""
        secret = self._token.now(now)
        for session in asked.cookies:
            if self._ends_s(secret, session, now_s) is not None:
                self._ended.add(session)

    def _ends_s(self, secret: Secret, session: str, now_s: float) -> float | None:
        return None if session in self._ended else session_cookie.ends_s(secret.key, session, now_s, self.lasts_s)


class ProxyScheme:
    """Whoever one of our proxies names."""

    def __init__(self, settings: Settings, bearers: Bearers) -> None:
        self._bearers = bearers
        self._trusted = forwarded.networks(settings.proxy_from)
        self._header = settings.proxy_header
        self._lasts_s = settings.session_s

    def admit(self, asked: RequestIdentity, also: tuple[Secret, ...], now_s: float, now: float) -> Principal:
        """Who stands in the header, where the connection comes from a proxy of ours."""
        trusted = forwarded.within(asked.peer, self._trusted)
        user = forwarded.identity(asked.identity) if trusted else ""
        entry = self._bearers.carried(asked, also, now) if also and not user else None
        if entry is not None:
            return entry
        if not trusted:
            raise AuthError(403, "this gateway is reached through its proxy alone", "proxy_address")
        if not user:
            text = f"the proxy has to name one user in {self._header}; it named none, or more than one"
            raise AuthError(401, text, "proxy_identity")
        return Principal(how="proxy", user=user, ends_s=now_s + self._lasts_s)

    def over(self, entry: Principal, now_s: float, now: float) -> SessionEnd:
        """After the time of a session a WebSocket connects anew, so that the proxy is asked again."""
        return "shutdown" if now_s >= entry.ends_s else ""

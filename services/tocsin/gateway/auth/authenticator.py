"""Authenticates requests by the configured scheme, and counts those that fail."""

import logging

from tocsin.gateway.auth import forwarded, identity
from tocsin.gateway.auth import origin as origins
from tocsin.gateway.auth.identity import AuthError, AuthFailures, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.schemes import Bearers, Open, ProxyScheme, Scheme, TokenScheme
from tocsin.gateway.auth.tokens import File, Fixed, Secret, Source
from tocsin.gateway.errors import HttpError
from tocsin.gateway.settings import Settings
from tocsin.runtime.metrics import Metrics

log = logging.getLogger(__name__)

METRICS = "/metrics"


class Authenticator:
    """Admits a request, or refuses and counts it."""

    def __init__(self, settings: Settings) -> None:
        """`SettingsError` if settings contradict each other, or a token cannot be read or used."""
        identity.check(settings)
        self.trusted = forwarded.networks(settings.proxy_from)
        """The proxies whose X-Forwarded-For and X-Forwarded-Proto count."""
        self.failures = AuthFailures()
        self.mode = settings.auth
        self._bearers = Bearers()
        self.by_token: TokenScheme | None = None
        """The scheme, if clients sign in with a token."""
        self._scheme: Scheme = Open()
        if settings.auth == "token":
            self._scheme = self.by_token = TokenScheme(settings, _token(settings), self._bearers)
        elif settings.auth == "proxy":
            self._scheme = ProxyScheme(settings, self._bearers)
        path = settings.metrics_token_file
        self._scraper = File(path, "TOCSIN_GATEWAY_METRICS_TOKEN_FILE") if path else None

    def admit(self, request: RequestIdentity, now_s: float, now: float) -> Principal:
        """The authenticated client; `AuthError` for any other. *now_s* is since 1970, *now* of the monotonic clock.

        A browser that is sent to the login form does not count as refused.
        """
        also = (self._scraper.now(now),) if self._scraper and request.path == METRICS else ()
        try:
            return self._scheme.admit(request, also, now_s, now)
        except AuthError as error:
            if not self.is_led(error, request):
                self.failures.add(error, request.address)
            raise

    def is_led(self, error: AuthError, request: RequestIdentity) -> bool:
        """Whether a client that was refused is sent to the login form."""
        return self.by_token is not None and request.page and error.reason in identity.ROUTINE

    def check_post(self, request: RequestIdentity, origin: str | None, site: str | None, host: str) -> None:
        """`AuthError` if the gateway's own page did not send the form (``Origin``, ``Sec-Fetch-Site``)."""
        if not origins.posted_here(origin, site, host):
            error = AuthError(403, "only a page of this gateway may send that; a program sends a bearer", "origin")
            self.failures.add(error, request.address)
            raise error

    def knows(self, request: RequestIdentity, now_s: float, now: float) -> bool:
        """Whether the client needs no login: it has a session, or there is no login here."""
        return self.by_token is None or self.by_token.session(request, now_s, now) is not None

    def sign_in(self, text: str, request: RequestIdentity, now_s: float, now: float, nonce: bytes) -> str:
        """A new session for a person who typed the token; `AuthError` if it is wrong, 404 if there is no login here."""
        try:
            session = self._signed().begin(text, request.address, now_s, now, nonce)
        except AuthError as error:
            self.failures.add(error, request.address)
            raise
        log.info("login.accepted", extra={"address": request.address})
        return session

    def sign_out(self, request: RequestIdentity, now_s: float, now: float) -> None:
        """End the session of this request, on this gateway."""
        self._signed().end(request, now_s, now)

    def _signed(self) -> TokenScheme:
        if self.by_token is None:
            raise HttpError(404, f"there is no login here: TOCSIN_GATEWAY_AUTH is {self.mode}")
        return self.by_token

    def over(self, principal: Principal, now_s: float, now: float) -> SessionEnd:
        """Why the WebSocket of an admitted client must close, if so."""
        return self._scheme.over(principal, now_s, now)

    def watch(self, metrics: Metrics) -> None:
        """Refresh *metrics* with the refused requests whenever they are read."""

        def refresh() -> None:
            for reason, n in self.failures.counts.items():
                name, text = "tocsin_gateway_refused_logins_total", "Requests refused, by class of reason."
                metrics.counter(name, text, reason=reason).value = n

        metrics.observe(refresh)


def _token(settings: Settings) -> Source:
    if settings.token_file:
        return File(settings.token_file, "TOCSIN_GATEWAY_TOKEN_FILE")
    return Fixed(Secret(settings.token, "TOCSIN_GATEWAY_TOKEN"))

"""The door of the gateway: the one way in that was set, a scraper's beside it, and who was turned away."""

import logging

from tocsin.gateway.auth import forwarded, identity, origin
from tocsin.gateway.auth.identity import AuthError, AuthFailures, Principal, RequestIdentity, SessionEnd
from tocsin.gateway.auth.schemes import Bearers, Open, ProxyScheme, Scheme, TokenScheme
from tocsin.gateway.auth.tokens import File, Fixed, Secret, Source
from tocsin.gateway.errors import HttpError
from tocsin.gateway.settings import Settings
from tocsin.runtime.metrics import Metrics

log = logging.getLogger(__name__)

METRICS = "/metrics"


class Authenticator:
    """Lets in, or turns away and counts."""

    def __init__(self, settings: Settings) -> None:
        """`SettingsError` where settings contradict each other, or a token cannot be read or used."""
        identity.check(settings)
        self.trusted = forwarded.networks(settings.proxy_from)
        """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""
        self.refusals = AuthFailures()
        self.mode = settings.auth
        self._bearers = Bearers()
        self.by_token: TokenScheme | None = None
        """Where people sign in with a token."""
        self._way: Scheme = Open()
        if settings.auth == "token":
            self._way = self.by_token = TokenScheme(settings, _token(settings), self._bearers)
        elif settings.auth == "proxy":
            self._way = ProxyScheme(settings, self._bearers)
        path = settings.metrics_token_file
        self._scraper = File(path, "TOCSIN_GATEWAY_METRICS_TOKEN_FILE") if path else None

    def admit(self, asked: RequestIdentity, now_s: float, now: float) -> Principal:
        """Who asks; `TurnedAway` for a stranger. *now_s* is since 1970, *now* of the monotonic clock.

        Who `is_led` to the form was not refused.
        """
        also = (self._scraper.now(now),) if self._scraper and asked.path == METRICS else ()
        try:
            return self._way.admit(asked, also, now_s, now)
        except AuthError as why:
            if not self.is_led(why, asked):
                self.refusals.note(why, asked.address)
            raise

    def is_led(self, why: AuthError, asked: RequestIdentity) -> bool:
        """Whether whoever was turned away is shown the form to sign in."""
        return self.by_token is not None and asked.page and why.reason in identity.ROUTINE

    def check_post(self, asked: RequestIdentity, sent_from: str | None, site: str | None, host: str) -> None:
        """`TurnedAway` where a form was not sent by a page of ours (``Origin``, ``Sec-Fetch-Site``)."""
        if not origin.posted_here(sent_from, site, host):
            why = AuthError(403, "only a page of this gateway may send that; a program sends a bearer", "origin")
            self.refusals.note(why, asked.address)
            raise why

    def knows(self, asked: RequestIdentity, now_s: float, now: float) -> bool:
        """Whether nobody has to sign in for this request: it has a session, or there is nothing to sign in to."""
        return self.by_token is None or self.by_token.session(asked, now_s, now) is not None

    def sign_in(self, text: str, asked: RequestIdentity, now_s: float, now: float, nonce: bytes) -> str:
        """A new session for whoever typed the token; `TurnedAway` where it is another, or none is asked for here."""
        try:
            session = self._signed().begin(text, asked.address, now_s, now, nonce)
        except AuthError as why:
            self.refusals.note(why, asked.address)
            raise
        log.info("login.accepted", extra={"address": asked.address})
        return session

    def sign_out(self, asked: RequestIdentity, now_s: float, now: float) -> None:
        """End the session of this request, as far as this gateway goes."""
        self._signed().end(asked, now_s, now)

    def _signed(self) -> TokenScheme:
        if self.by_token is None:
            raise HttpError(404, f"nobody signs in here: TOCSIN_GATEWAY_AUTH is {self.mode}")
        return self.by_token

    def over(self, entry: Principal, now_s: float, now: float) -> SessionEnd:
        """Whether somebody who was let in may stay."""
        return self._way.over(entry, now_s, now)

    def watch(self, metrics: Metrics) -> None:
        """Let *metrics* follow who is turned away."""

        def refresh() -> None:
            for reason, n in self.refusals.counts.items():
                name, text = "tocsin_gateway_refused_logins_total", "Requests that were turned away."
                metrics.counter(name, text, reason=reason).value = n

        metrics.observe(refresh)


def _token(settings: Settings) -> Source:
    if settings.token_file:
        return File(settings.token_file, "TOCSIN_GATEWAY_TOKEN_FILE")
    return Fixed(Secret(settings.token, "TOCSIN_GATEWAY_TOKEN"))

"""What the HTTP handlers share: settings, login, the running gateway, and answers that are kept for a second."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.bus import streams
from tocsin.gateway.errors import HttpError
from tocsin.gateway.http.answer_cache import AnswerCache
from tocsin.gateway.http.login import LoginMiddleware
from tocsin.gateway.http.static import STATIC
from tocsin.gateway.settings import Settings
from tocsin.gateway.state import GatewayState
from tocsin.gateway.window.severities import BySeverity, totals
from tocsin.model import subjects
from tocsin.model.errors import TocsinError
from tocsin.runtime import ledger
from tocsin.runtime.ledger import Ledger

CACHE_S = 1.0
"""An answer of NATS serves all clients for this time."""
_LEDGER_S = 3.0
"""The status answer waits this long for the ledger, which takes two samples half a second apart."""
_LEDGER_CACHE_S = 5.0
"""Taking the ledger reads the checkpoint of every source; the pipeline page asks every two seconds."""


class HttpServer:
    """The HTTP side of the gateway; it has a state while the gateway runs."""

    def __init__(self, settings: Settings, static: Path = STATIC) -> None:
        """`SettingsError` if the settings of authentication are incomplete or contradict each other."""
        self.settings = settings
        self.static = static
        self.login = LoginMiddleware(settings, lambda: self.static)
        self.port = 0
        self.state: GatewayState | None = None
        self.rules = AnswerCache[bytes]()
        self.status = AnswerCache[bytes]()
        self._stored = AnswerCache[BySeverity]()
        self._ledger = AnswerCache[Ledger]()
        self._busy: Counter[str] = Counter()

    def running(self) -> GatewayState:
        """The state; `HttpError` (503) if there is none yet."""
        if self.state is None:
            raise HttpError(503, "waiting for the first connection to NATS")
        return self.state

    def readable(self) -> GatewayState:
        """The state with a complete window; `HttpError` (503) until it is."""
        state = self.running()
        if not state.hub.ready:
            raise HttpError(503, state.hub.reading)
        return state

    async def stored(self, state: GatewayState) -> BySeverity:
        """The number of alerts in ALERTS, by severity."""

        async def query() -> BySeverity:
            stream = await state.bus.stream(streams.ALERTS, subjects_filter=subjects.ALL_ALERTS)
            return totals(stream.state.subjects)

        return await self._stored.get(query, max_age_s=CACHE_S)

    async def ledger(self, state: GatewayState, *, max_age_s: float = CACHE_S) -> Ledger:
        """The ledger: what every stage counted."""
        return await self._ledger.get(lambda: ledger.take(state.bus), max_age_s=max_age_s)

    async def ledger_soon(self, state: GatewayState) -> Ledger | None:
        """The same, some seconds old; ``None`` if NATS does not answer in a short time."""
        try:
            async with asyncio.timeout(_LEDGER_S):
                return await self.ledger(state, max_age_s=_LEDGER_CACHE_S)
        except (TocsinError, TimeoutError):
            return None

    @contextmanager
    def slot(self, name: str, slots: int, error: str) -> Iterator[None]:
        """One of the *slots* for large answers of this kind; `HttpError` (503) if all are taken."""
        if self._busy[name] >= slots:
            raise HttpError(503, error, retry_after_s=1)
        self._busy[name] += 1
        try:
            yield
        finally:
            self._busy[name] -= 1

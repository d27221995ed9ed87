"""One connection to NATS that comes back for ever, or says clearly why it never will."""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.client import Client
from nats.errors import AuthorizationError, Error

from tocsin.bus.settings import NatsSettings
from tocsin.model.errors import Fatal

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 5
_RECONNECT_WAIT_S = 0.5
_PING_INTERVAL_S = 15
_WATCH_INTERVAL_S = 5.0
_SILENCE_S = 10.0
"""A round trip that takes longer than this, twice, with not one message read meanwhile: the reader is dead."""
_LOG_INTERVAL_S = 10.0

Callback = Callable[[], Awaitable[None] | None]


class Connection:
    """The client of nats-py, with its state told and its silent deaths noticed."""

    def __init__(self, settings: NatsSettings, service: str) -> None:
        """Prepare; nothing is opened before `open`."""
        self.service = service
        self.inbox = f"_INBOX_{service}"
        self.reconnects = 0
        self.down_since: float | None = None
        """Monotonic seconds since when there is no connection; ``None`` while there is one."""
        self.last_error = ""
        self.on_reconnect: list[Callback] = []
        self._settings = settings
        self._client = Client()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = False
        self._opened = False
        self._logged_at = 0.0

    @property
    def client(self) -> Client:
        """The client of nats-py; only the rooms of the bus touch it."""
        return self._client

    @property
    def up(self) -> bool:
        """Whether there is a connection, as far as the client knows."""
        return self._client.is_connected

    async def open(self) -> None:
        """Connect, waiting for the server as long as it takes; `Fatal` where it refuses us."""
        options = self._options()
        connecting = asyncio.ensure_future(self._client.connect(**options))
        await asyncio.wait({connecting, self._failed}, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            connecting.cancel()
            self._failed.result()
        try:
            await connecting
        except (Error, OSError, ValueError) as error:
            raise Fatal(f"cannot connect to NATS at {self._where()}: {error}") from error
        self._opened = True
        self.down_since = None
        log.info("nats.connected", extra={"server": self._where(), "user": self._who()})

    async def close(self) -> None:
        """Close at once; what is not acknowledged stays with whoever answers for it."""
        self._closing = True
        if not self._failed.done():
            self._failed.cancel()
        await self._client.close()

    def fail(self, error: Fatal) -> None:
        """End the process: the connection cannot keep its promises any more."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def watch(self, probe: Callable[[float], Awaitable[bool]]) -> None:
        """Until cancelled, look whether answers still arrive; raise `Fatal` when they do not.

        nats-py stays "connected" when its read loop has died of an exception, so the state it reports proves nothing.
        """
        silent = 0
        while True:
            done, _ = await asyncio.wait({self._failed}, timeout=_WATCH_INTERVAL_S)
            if done:
                self._failed.result()
            if not self.up:
                silent = 0
                continue
            before = self._client.stats["in_msgs"], self.reconnects
            answered = await probe(_SILENCE_S)
            heard = answered or before != (self._client.stats["in_msgs"], self.reconnects) or not self.up
            silent = 0 if heard else silent + 1
            if silent > 1:
                raise Fatal(f"NATS at {self._where()} is connected but nothing arrives any more: the reader is dead")

    def _options(self) -> dict[str, Any]:
        own = self._settings
        options: dict[str, Any] = {
            "servers": own.servers,
            "name": f"tocsin-{self.service}",
            "inbox_prefix": self.inbox,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": _RECONNECT_WAIT_S,
            "ping_interval": _PING_INTERVAL_S,
            "pending_size": 0,  # nothing is buffered while disconnected: the window resends, and knows what it resends
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_reconnected,
            "closed_cb": self._on_closed,
        }
        if own.user:
            options |= {"user": own.user, "password": own.password}
        if own.token:
            options["token"] = own.token
        if own.nkey_file:
            options["nkeys_seed"] = own.nkey_file
        if own.creds_file:
            options["user_credentials"] = own.creds_file
        if own.tls_ca_file or own.tls_cert_file:
            options["tls"] = _tls(own)
        return options

    async def _on_error(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        self.last_error = text
        if "permissions violation" in text.lower():
            self.fail(Fatal(f"NATS user {self._who()!r} may not do what {self.service} needs: {text}"))
        elif isinstance(error, AuthorizationError) and not self._opened:
            self.fail(Fatal(f"NATS at {self._where()} refuses user {self._who()!r}: {text}"))
        elif time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("nats.failed", extra={"error": text, "server": self._where()})

    async def _on_disconnected(self) -> None:
        if not self._closing:
            self.down_since = time.monotonic()
            log.warning("nats.disconnected", extra={"server": self._where()})

    async def _on_reconnected(self) -> None:
        self.reconnects += 1
        away_s = time.monotonic() - (self.down_since or time.monotonic())
        self.down_since = None
        log.warning("nats.reconnected", extra={"server": self._where(), "away_s": round(away_s, 1)})
        for callback in self.on_reconnect:
            waiting = callback()
            if waiting is not None:
                await waiting

    async def _on_closed(self) -> None:
        if not self._closing:
            self.fail(Fatal(f"NATS at {self._where()} closed the connection for good: {self.last_error}"))

    def _who(self) -> str:
        if self._settings.user:
            return self._settings.user
        authority = self._settings.servers[0].partition("://")[2].rpartition("@")[0]
        return authority.partition(":")[0] or "(none)"

    def _where(self) -> str:
        """The first address without what is secret in it."""
        scheme, _, rest = self._settings.servers[0].partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"


def _tls(settings: NatsSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca_file or None)
        if settings.tls_cert_file:
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Fatal(f"TOCSIN_NATS_TLS_*: {error}") from error
    return context

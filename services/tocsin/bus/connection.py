"""One connection to NATS that always reconnects, or says clearly why it cannot."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats.aio.client
from nats.aio.client import Client
from nats.errors import Error

from tocsin.bus import credentials
from tocsin.bus.settings import NatsSettings
from tocsin.bus.stopping import started
from tocsin.model.errors import BusUnavailable, Fatal

log = logging.getLogger(__name__)

nats.aio.client.DEFAULT_BUFFER_SIZE = 262_144  # of a read: fewer, larger ones cost server and client less
_CONNECT_TIMEOUT_S = 5
_RECONNECT_WAIT_S = 0.25
_PING_INTERVAL_S = 15
_WATCH_INTERVAL_S = 5.0
_SILENCE_S = 10.0
"""If two probes get no answer for this long and no message arrives meanwhile, the reader is dead."""
_LOG_INTERVAL_S = 10.0
_UP_POLL_S = 0.05
_REFUSALS = ("authorization violation", "authentication expired", "user authentication revoked")

Callback = Callable[[], None]


class _NotEncrypted(Error):
    """The server offers no TLS."""


class _Client(Client):
    """nats-py encrypts if the server's greeting asks for it; an attacker on the network may have written that."""

    encrypts = False
    """Whether nothing may be sent without encryption."""

    def _connect_command(self) -> bytes:
        """The client's greeting, which holds the password."""
        if self.encrypts and not self._server_info.get("tls_required"):
            raise _NotEncrypted
        return super()._connect_command()


class Connection:
    """The client of nats-py, with its state, and a watch on whether it still receives."""

    def __init__(
        self,
        settings: NatsSettings,
        service: str,
        *,
        watch_interval_s: float = _WATCH_INTERVAL_S,
        silence_s: float = _SILENCE_S,
    ) -> None:
        """Prepare; `open` connects. `SettingsError` if these settings do not allow a login."""
        self.service = service
        self.inbox = credentials.inbox(settings, service)
        self.reconnects = 0
        self.breaks = 0
        """Connections lost; counted before anything arrives on the next one."""
        self.down_since: float | None = None
        """When the connection was lost, monotonic seconds; ``None`` while there is one."""
        self.last_error = ""
        self.broken: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        """Done when the present connection breaks; then a new future replaces it."""
        self.on_disconnect: list[Callback] = []
        self.on_reconnect: list[Callback] = []
        self._login = credentials.options(settings)
        self._who, self._where = credentials.who(settings), credentials.where(settings)
        self._watch_interval_s, self._silence_s = watch_interval_s, silence_s
        self._client = _Client()
        self._client.encrypts = credentials.encrypts(settings)
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = False
        self._opened = False
        self._logged_at = 0.0

    @property
    def client(self) -> Client:
        """The client of nats-py; only modules of `bus` use it."""
        return self._client

    @property
    def up(self) -> bool:
        """Whether there is a connection, as far as the client knows."""
        return self._client.is_connected

    @property
    def max_payload(self) -> int:
        """Bytes that the server takes as one message, headers included."""
        return self._client.max_payload

    async def open(self, *, stop: asyncio.Event | None = None, wait_s: float | None = None) -> None:
        """Connect, waiting for the server as long as it takes; `Fatal` if it refuses the login.

        `BusUnavailable` if *stop* is set first, or *wait_s* has passed.
        """
        self.down_since = time.monotonic()
        try:
            async with (
                started(self._client.connect(**self._options())) as connecting,
                started((stop or asyncio.Event()).wait()) as stopping,
            ):
                ends: set[asyncio.Future[Any]] = {connecting, stopping, self._failed}
                await asyncio.wait(ends, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                if self._failed.done():
                    self._failed.result()
                if not connecting.done():
                    raise BusUnavailable(f"NATS at {self._where} does not answer: {self.last_error or 'no connection'}")
        except (Error, OSError, ValueError) as error:
            raise Fatal(f"cannot connect to NATS at {self._where}: {error or type(error).__name__}") from error
        self._opened = True
        self.down_since = None
        log.info("nats.connected", extra={"server": self._where, "user": self._who})

    async def close(self) -> None:
        """Close at once; its source still has what is not acknowledged."""
        self._closing = True
        if not self._failed.done():
            self._failed.cancel()
        with contextlib.suppress(Error, OSError, AssertionError):  # AssertionError if it was never opened
            await self._client.close()

    def fail(self, error: Fatal) -> None:
        """End the process: the connection cannot keep its promises any more."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def watch(self, probe: Callable[[float], Awaitable[bool]]) -> None:
        """Until cancelled, probe whether answers still arrive; raise `Fatal` if they do not.

        nats-py stays "connected" after an exception ended its read loop, so the state it reports proves nothing.
        """
        silent, progress = 0, self._progress()
        while True:
            done, _ = await asyncio.wait({self._failed}, timeout=self._watch_interval_s)
            if done:
                self._failed.result()
            if not self.up or progress != self._progress() or await probe(self._silence_s):
                silent = 0
            elif self.up and progress == self._progress():
                silent += 1
            progress = self._progress()
            if silent > 1:
                raise Fatal(f"NATS at {self._where} is connected but nothing arrives any more: the reader is dead")

    def _progress(self) -> tuple[int, int]:
        """Changes whenever a message arrives or the connection is made again."""
        return self._client.stats["in_msgs"], self.reconnects

    async def until_up(self, timeout_s: float) -> bool:
        """Wait for the connection to come back; whether it did within *timeout_s*."""
        deadline = time.monotonic() + timeout_s
        while not self.up and time.monotonic() < deadline:  # noqa: ASYNC110 - nats-py has no event for it
            await asyncio.sleep(_UP_POLL_S)
        return self.up

    def _options(self) -> dict[str, Any]:
        return {
            **self._login,
            "name": f"tocsin-{self.service}",
            "inbox_prefix": self.inbox,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": _RECONNECT_WAIT_S,
            "ping_interval": _PING_INTERVAL_S,
            # while disconnected nothing is buffered, since the publish window resends; while connected this removes
            # nats-py's bound, and the bound of the window replaces it
            "pending_size": 0,
            "error_cb": self._on_error,
            "disconnected_cb": self._on_disconnected,
            "reconnected_cb": self._on_reconnected,
            "closed_cb": self._on_closed,
        }

    async def _on_error(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        self.last_error = text
        lower = text.lower()
        if "permissions violation" in lower:
            self.fail(Fatal(f"NATS user {self._who!r} may not do what {self.service} needs: {text}"))
        elif any(refusal in lower for refusal in _REFUSALS):
            self.fail(Fatal(f"NATS at {self._where} refuses user {self._who!r}: {text}"))
        elif isinstance(error, _NotEncrypted):
            self.fail(Fatal(f"NATS at {self._where} offers no TLS, which tls:// or TOCSIN_NATS_TLS_* ask for"))
        elif isinstance(error, ssl.SSLCertVerificationError):
            self.fail(Fatal(f"NATS at {self._where}: its certificate is not trusted: {error.verify_message}"))
        elif isinstance(error, ssl.SSLError) and (why := credentials.refused_certificate(error)):
            self.fail(Fatal(f"NATS at {self._where}: {why}"))
        elif not self._closing and time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("nats.failed", extra={"error": text, "server": self._where})

    async def _on_disconnected(self) -> None:
        if not self._closing:
            self.breaks += 1
            self.down_since = time.monotonic()
            log.warning("nats.disconnected", extra={"server": self._where})
            self.broken.set_result(None)
            self.broken = asyncio.get_running_loop().create_future()
            self._call(self.on_disconnect)

    async def _on_reconnected(self) -> None:
        self.reconnects += 1
        away_s = time.monotonic() - (self.down_since or time.monotonic())
        self.down_since = None
        log.warning("nats.reconnected", extra={"server": self._where, "away_s": round(away_s, 1)})
        self._call(self.on_reconnect)

    def _call(self, callbacks: list[Callback]) -> None:
        for callback in list(callbacks):
            callback()

    async def _on_closed(self) -> None:
        if not self._closing:
            self.fail(Fatal(f"NATS at {self._where} closed the connection for good: {self.last_error}"))

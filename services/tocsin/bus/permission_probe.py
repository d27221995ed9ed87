"""Tries what a user may do: the server reports each action that the user has no right to."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.errors import Error

from tocsin.bus import credentials
from tocsin.bus.settings import NatsSettings
from tocsin.model.errors import BusUnavailable

_CONNECT_S = 5
_REFUSED = "permissions violation"


class PermissionProbe:
    """A separate connection, on which a refusal does not end the process."""

    def __init__(self, client: Client, refusals: list[str]) -> None:
        """`probing` makes it."""
        self._client = client
        self._refusals = refusals

    async def may_publish(self, subject: str, payload: bytes = b"") -> bool:
        """Whether the server takes a message to *subject*; it is really sent, so it must be harmless."""
        self._refusals.clear()
        await self._client.publish(subject, payload)
        return await self._taken()

    async def may_subscribe(self, subject: str) -> bool:
        """Whether a subscription to *subject* is allowed."""
        self._refusals.clear()
        subscription = await self._client.subscribe(subject)
        taken = await self._taken()
        await subscription.unsubscribe()
        return taken

    async def _taken(self) -> bool:
        await self._client.flush()  # a ping may overtake the refusal of what was sent before it; the next cannot
        await self._client.flush()
        return not self._refusals


@asynccontextmanager
async def probing(settings: NatsSettings) -> AsyncIterator[PermissionProbe]:
    """A connection of the user in *settings*; `BusUnavailable` if it cannot be opened, or breaks."""
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        if _REFUSED in str(error).lower():
            refusals.append(str(error))

    client = Client()
    options = credentials.options(settings) | {
        "name": "tocsin-probe",
        "error_cb": note,
        "connect_timeout": _CONNECT_S,
        "allow_reconnect": False,
        "max_reconnect_attempts": 0,
    }
    try:
        await client.connect(**options)
        yield PermissionProbe(client, refusals)
    except (Error, OSError, TimeoutError) as error:
        raise BusUnavailable(f"NATS at {credentials.where(settings)}: {error or type(error).__name__}") from error
    finally:
        with contextlib.suppress(Error, OSError, AssertionError):
            await client.close()

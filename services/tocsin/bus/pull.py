"""Overlapping pull requests whose messages arrive on one inbox subscription: 11 us a message where fetch() costs 28."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error

from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.model.times import NS_PER_S

log = logging.getLogger(__name__)

Handle = Callable[[Message], Awaitable[None]]

_REQUESTS = 2
_EXPIRES_S = 30.0
_HEARTBEAT_S = 5.0
_TICK_S = 1.0
_RETRY_S = 0.5
_LOG_INTERVAL_S = 10.0


class Pull:
    """Keeps two requests open on one consumer, and hands each message to *handle*, one at a time, in order."""

    def __init__(self, connection: Connection, stream: str, consumer: str, handle: Handle, *, batch: int) -> None:
        """*batch* messages are asked for at a time: twice that is what may wait in this process."""
        self._connection = connection
        self._client: Client = connection.client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._handle = handle
        self._batch = batch
        self._request = msgspec.json.encode(
            {
                "batch": batch,
                "expires": int(_EXPIRES_S * NS_PER_S),
                "idle_heartbeat": int(_HEARTBEAT_S * NS_PER_S),
            }
        )
        self._wanted = 0
        """How many messages were asked for and have not come. The server serves requests in order, so a sum is enough."""
        self._next = 0
        self._first = 1
        """The oldest request whose end still counts."""
        self._inbox = ""
        self._heard = 0.0
        self._closing = False
        self._subscription: Subscription | None = None
        self._busy = asyncio.Lock()
        self._logged_at = 0.0
        self.received = 0
        self.gone = asyncio.Event()
        """Set when the server says that the consumer does not exist."""

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until *stop* is set (or the consumer is gone); the message in hand is finished, the rest given back."""
        prefix = self._client.new_inbox()
        self._inbox = f"{prefix}."
        self._subscription = await self._client.subscribe(
            f"{prefix}.*", cb=self._on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
        )  # bounded by what was asked for
        self._connection.on_reconnect.append(self._restart)
        try:
            await self._restart()
            ends = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self.gone.wait())]
            try:
                while not any(end.done() for end in ends):
                    await asyncio.wait(ends, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
                    if time.monotonic() - self._heard > 2 * _HEARTBEAT_S and self._connection.up:
                        await self._restart()
            finally:
                for end in ends:
                    end.cancel()
        finally:
            await self._close()

    async def _close(self) -> None:
        self._closing = True
        self._connection.on_reconnect.remove(self._restart)
        async with self._busy:  # the message in hand
            pass
        if self._subscription is not None:
            with contextlib.suppress(Error, OSError):
                await self._subscription.unsubscribe()

    async def _restart(self) -> None:
        """Forget what was asked for (the server has, or never heard it) and ask anew."""
        self._wanted = 0
        self._first = self._next + 1
        self._heard = time.monotonic()
        await self._fill()

    async def _fill(self) -> None:
        while self._wanted <= (_REQUESTS - 1) * self._batch and not self._closing:
            number = self._next = self._next + 1
            self._wanted += self._batch
            try:
                await self._client.publish(self._subject, self._request, reply=f"{self._inbox}{number}")
            except (Error, OSError):
                return  # disconnected: asked again on reconnection

    async def _on_message(self, message: Msg) -> None:
        try:
            self._heard = time.monotonic()
            if message.reply.startswith("$JS.ACK"):
                await self._deliver(message)
            else:
                await self._status(message)
        except Exception:
            # an exception here would end nats-py's read loop without a word
            log.exception("pull.failed")

    async def _deliver(self, message: Msg) -> None:
        self.received += 1
        self._wanted -= 1
        wrapped = Message(self._client, message)
        if self._closing:
            await wrapped.nak()
            return
        if self._wanted <= (_REQUESTS - 1) * self._batch:
            await self._fill()
        async with self._busy:
            await self._handle(wrapped)

    async def _status(self, message: Msg) -> None:
        headers = message.headers or {}
        status, text = headers.get("Status", ""), headers.get("Description", "")
        if status == "100" or int(message.subject[len(self._inbox) :]) < self._first:
            return  # a heartbeat, or the end of a request that was forgotten
        self._wanted -= int(headers.get("Nats-Pending-Messages", self._batch))
        if status == "409" and "deleted" in text.lower():
            self.gone.set()
            return
        if status not in ("404", "408"):
            if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
                self._logged_at = time.monotonic()
                log.warning("pull.refused", extra={"consumer": self._subject, "status": status, "error": text})
            await asyncio.sleep(_RETRY_S)
        await self._fill()

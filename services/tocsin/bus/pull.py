"""Overlapping pull requests whose messages arrive on one inbox subscription: 11 us a message; `fetch()` costs 28."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.stopping import background
from tocsin.model.timestamps import NS_PER_S

log = logging.getLogger(__name__)

Handle = Callable[[Message], Awaitable[None] | None]

_REQUESTS = 2
_EXPIRES_S = 30.0
_HEARTBEAT_S = 5.0
_REQUEST_BYTES = 16 << 20
"""A burst of the largest messages takes twice this much memory, and one message more."""
_TICK_S = 0.5
_LOG_INTERVAL_S = 10.0
_USED_UP = ("batch completed", "exceeds maxbytes")
"""How the server says that a request has ended as it should."""
_TURN = 64
"""Messages that are handled before other tasks of the loop run, PubAcks above all."""


class Pull:
    """Keeps two requests open on one consumer, and hands each message to *handle*, one at a time, in order."""

    def __init__(
        self,
        connection: Connection,
        stream: str,
        consumer: str,
        handle: Handle,
        *,
        batch: int,
        durable: bool,
        accept: Callable[[Message], bool] | None = None,
    ) -> None:
        """A request asks for *batch* messages, so that up to twice as many wait in this process.

        *accept* is called when a message arrives; if it returns false the message is not handled. After a stop the
        messages of a *durable* consumer are given back. A consumer that is not durable ends with its connection.
        """
        self._connection = connection
        self._client: Client = connection.client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._handle = handle
        self._batch = batch
        self._durable = durable
        self._request = _request(batch)
        self._accept = accept
        self._queue: deque[Message] = deque()
        self._outstanding = 0
        """Messages requested and not handled yet. The server serves requests in their order, so a sum is enough."""
        self._next = 0
        self._first = 1
        """The oldest request that still counts."""
        self._inbox = ""
        self._wake = asyncio.Event()
        self._received_at = 0.0
        self._logged_at = 0.0
        self._must_restart = self._refused = False
        self.gone = False
        """Whether the consumer does not exist any more."""

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until *stop* is set, or a consumer that is not durable is gone; an error of *handle* ends it.

        The message that is being handled is finished, the rest is given back.
        """
        prefix = self._client.new_inbox()
        self._inbox = f"{prefix}."
        subscription = await self._client.subscribe(
            f"{prefix}.*", cb=self._on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
        )  # bounded by the requests
        self._connection.on_reconnect.append(self._on_reconnect)
        try:
            self._must_restart = True
            async with background(self._wake_at(stop), self._tick()):
                while not stop.is_set() and not self.gone:
                    if self._must_restart:
                        await self._restart()
                    await self._work(stop)
                    if not self._queue:
                        await self._wake.wait()
                    self._wake.clear()
        finally:
            self._connection.on_reconnect.remove(self._on_reconnect)
            with contextlib.suppress(Error, OSError, TimeoutError):
                if self._durable and stop.is_set() and self._connection.up:
                    # what is under way still arrives, and is given back
                    await subscription.drain()  # type: ignore[no-untyped-call]
                else:
                    await subscription.unsubscribe()
            await self._give_back()

    async def _work(self, stop: asyncio.Event) -> None:
        """Handle the messages that have arrived."""
        queue, low = self._queue, (_REQUESTS - 1) * self._batch
        turn = 0
        while queue and not stop.is_set():
            message = queue.popleft()
            self._outstanding -= 1
            if self._outstanding <= low:
                await self._request_more()
            waiting = self._handle(message)
            if waiting is not None:
                await waiting
            turn += 1
            if turn % _TURN == 0:
                await asyncio.sleep(0)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _give_back(self) -> None:
        while self._queue:
            message = self._queue.popleft()
            if self._durable:
                await message.nak()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if self._connection.up and (self._refused or time.monotonic() - self._received_at > 2 * _HEARTBEAT_S):
                self._must_restart = True
            self._wake.set()

    def _on_reconnect(self) -> None:
        """Send new requests. A consumer that is not durable is lost: it may have sent what did not arrive."""
        self._must_restart = True
        self.gone = not self._durable
        self._wake.set()

    async def _restart(self) -> None:
        """Forget the open requests, as the server has done, and send new ones."""
        self._must_restart = self._refused = False
        self._outstanding = len(self._queue)
        self._first = self._next + 1
        self._received_at = time.monotonic()
        await self._request_more()

    async def _request_more(self) -> None:
        while self._outstanding <= (_REQUESTS - 1) * self._batch:
            number = self._next = self._next + 1
            self._outstanding += self._batch
            try:
                await self._client.publish(self._subject, self._request, reply=f"{self._inbox}{number}")
            except (Error, OSError):
                return  # disconnected: requested again on reconnection

    async def _on_message(self, message: Msg) -> None:
        self._received_at = time.monotonic()
        if message.reply.startswith("$JS.ACK"):
            delivery = Message(self._client, message)
            if self._accept is None or self._accept(delivery):
                self._queue.append(delivery)
            else:
                self._outstanding -= 1
                await self._request_more()
            self._wake.set()
            return
        try:
            await self._status(message)
        except Exception:  # the last resort: nats-py would only call its error callback
            log.exception("pull.failed")

    async def _status(self, message: Msg) -> None:
        headers = message.headers or {}
        status, text = headers.get("Status", ""), headers.get("Description", "")
        if status == "100" or int(message.subject[len(self._inbox) :]) < self._first:
            return  # a heartbeat, or the end of a forgotten request
        self._outstanding -= int(headers.get("Nats-Pending-Messages", self._batch))
        if status in ("404", "408") or (status == "409" and text.lower().endswith(_USED_UP)):
            await self._request_more()
            return
        if not self._durable and (status == "503" or "deleted" in text.lower()):
            self.gone = True
            self._wake.set()
            return
        # the server has only just started or is shutting down, or the consumer was deleted: the next tick asks again
        self._refused = True
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            why = text or ("no such consumer" if status == "503" else status)
            log.warning("pull.refused", extra={"consumer": self._subject, "error": why})


def _request(batch: int) -> bytes:
    fields = {
        "batch": batch,
        "max_bytes": _REQUEST_BYTES,
        "expires": int(_EXPIRES_S * NS_PER_S),
        "idle_heartbeat": int(_HEARTBEAT_S * NS_PER_S),
    }
    return msgspec.json.encode(fields)

"""Overlapping pull requests whose messages arrive on one inbox subscription: 11 us a message where fetch() costs 28."""

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
"""Twice this, and one message more, is the memory that a burst of the largest messages may take."""
_TICK_S = 0.5
_LOG_INTERVAL_S = 10.0
_USED_UP = ("batch completed", "exceeds maxbytes")
"""How the server says that a request has come to its ordinary end."""
_TURN = 64
"""Messages handled before others on the loop (PubAcks above all) have their turn."""


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
        arrives: Callable[[Message], bool] | None = None,
    ) -> None:
        """*batch* messages are asked for at a time: twice that is what may wait in this process.

        *arrives* is asked at once when a message comes, and refuses what is not to be handled (again).
        What cannot be handled any more goes back where the consumer is *durable*; one that is not ends with its
        connection.
        """
        self._connection = connection
        self._client: Client = connection.client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._handle = handle
        self._batch = batch
        self._durable = durable
        self._request = msgspec.json.encode(
            {
                "batch": batch,
                "max_bytes": _REQUEST_BYTES,
                "expires": int(_EXPIRES_S * NS_PER_S),
                "idle_heartbeat": int(_HEARTBEAT_S * NS_PER_S),
            }
        )
        self._arrives = arrives
        self._queue: deque[Message] = deque()
        self._wanted = 0
        """Asked for and not handled yet. The server serves requests in their order, so a sum is enough."""
        self._next = 0
        self._first = 1
        """The oldest request whose end still counts."""
        self._inbox = ""
        self._signal = asyncio.Event()
        self._heard = 0.0
        self._logged_at = 0.0
        self._anew = self._refused = False
        self.gone = False
        """Whether the consumer is there no more."""

    async def run(self, stop: asyncio.Event) -> None:
        """Pull until *stop* is set, or a consumer that is not durable is gone; what *handle* raises ends it.

        The message in hand is finished, the rest given back.
        """
        prefix = self._client.new_inbox()
        self._inbox = f"{prefix}."
        subscription = await self._client.subscribe(
            f"{prefix}.*", cb=self._on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
        )  # bounded by what was asked for
        self._connection.on_reconnect.append(self._on_reconnect)
        try:
            self._anew = True
            async with background(self._wake_at(stop), self._tick()):
                while not stop.is_set() and not self.gone:
                    if self._anew:
                        await self._restart()
                    await self._work(stop)
                    if not self._queue:
                        await self._signal.wait()
                    self._signal.clear()
        finally:
            self._connection.on_reconnect.remove(self._on_reconnect)
            with contextlib.suppress(Error, OSError, TimeoutError):
                if self._durable and stop.is_set() and self._connection.up:
                    # what is on its way already comes, to be given back
                    await subscription.drain()  # type: ignore[no-untyped-call]
                else:
                    await subscription.unsubscribe()
            await self._give_back()

    async def _work(self, stop: asyncio.Event) -> None:
        """Handle what has come."""
        queue, low = self._queue, (_REQUESTS - 1) * self._batch
        turn = 0
        while queue and not stop.is_set():
            message = queue.popleft()
            self._wanted -= 1
            if self._wanted <= low:
                await self._fill()
            waiting = self._handle(message)
            if waiting is not None:
                await waiting
            turn += 1
            if turn % _TURN == 0:
                await asyncio.sleep(0)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._signal.set()

    async def _give_back(self) -> None:
        while self._queue:
            message = self._queue.popleft()
            if self._durable:
                await message.nak()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if self._connection.up and (self._refused or time.monotonic() - self._heard > 2 * _HEARTBEAT_S):
                self._anew = True
            self._signal.set()

    def _on_reconnect(self) -> None:
        """A durable is asked anew; of another it is not known what it sent and nobody heard."""
        self._anew = True
        self.gone = not self._durable
        self._signal.set()

    async def _restart(self) -> None:
        """Forget what was asked for (the server has, or never heard it) and ask anew."""
        self._anew = self._refused = False
        self._wanted = len(self._queue)
        self._first = self._next + 1
        self._heard = time.monotonic()
        await self._fill()

    async def _fill(self) -> None:
        while self._wanted <= (_REQUESTS - 1) * self._batch:
            number = self._next = self._next + 1
            self._wanted += self._batch
            try:
                await self._client.publish(self._subject, self._request, reply=f"{self._inbox}{number}")
            except (Error, OSError):
                return  # disconnected: asked again on reconnection

    async def _on_message(self, message: Msg) -> None:
        self._heard = time.monotonic()
        if message.reply.startswith("$JS.ACK"):
            own = Message(self._client, message)
            if self._arrives is None or self._arrives(own):
                self._queue.append(own)
            else:
                self._wanted -= 1
                await self._fill()
            self._signal.set()
            return
        try:
            await self._status(message)
        except Exception:  # the last resort: nats-py would only tell its error callback
            log.exception("pull.failed")

    async def _status(self, message: Msg) -> None:
        headers = message.headers or {}
        status, text = headers.get("Status", ""), headers.get("Description", "")
        if status == "100" or int(message.subject[len(self._inbox) :]) < self._first:
            return  # a heartbeat, or the end of a request that was forgotten
        self._wanted -= int(headers.get("Nats-Pending-Messages", self._batch))
        if status in ("404", "408") or (status == "409" and text.lower().endswith(_USED_UP)):
            await self._fill()
            return
        if not self._durable and (status == "503" or "deleted" in text.lower()):
            self.gone = True
            self._signal.set()
            return
        # nobody serves it (the server has only just started, or the consumer was deleted), or the server is leaving:
        # the next tick asks again
        self._refused = True
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            why = text or ("no such consumer" if status == "503" else status)
            log.warning("pull.refused", extra={"consumer": self._subject, "error": why})

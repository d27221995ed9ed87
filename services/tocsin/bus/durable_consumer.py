"""Consuming from a durable: every message is answered in the end, whatever its handling does."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.publish_window import TooLarge
from tocsin.bus.pull import Pull
from tocsin.bus.stopping import background, run_until_stopped, wait_or_stop
from tocsin.model.errors import BusError, Fatal

log = logging.getLogger(__name__)

LAST_DELIVERY = 20
ALONE_FROM = 5
_BATCH = 500
_RETRY_S = 0.5
_ALONE_WAIT_S = 5.0
_LOG_INTERVAL_S = 10.0
_FINISH_S = 5.0
"""After a stop, for the message in hand."""

Handle = Callable[[Message], Awaitable[None]]
Bury = Callable[[Message, str], Awaitable[None]]
Flush = Callable[[float], Awaitable[bool]]


class DurableConsumer:
    """One process's share of a durable, with what it has in hand.

    In hand is what was delivered and not answered. While it is, the server is told so: it must not count as a delivery
    that ended a process, when all that is wrong is that NATS stores slowly or not at all.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str,
        durable: str,
        handle: Handle,
        *,
        bury: Bury,
        flush: Flush,
        ack_wait_s: float,
    ) -> None:
        """*flush* waits until what was published is stored; *ack_wait_s* is the durable's own."""
        self._connection = connection
        self._stream = stream
        self._durable = durable
        self._handle = handle
        self._bury = bury
        self._flush = flush
        self._renew_s = ack_wait_s / 3
        self._in_hand: dict[int, tuple[Message, float]] = {}
        self._logged_at = 0.0
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until *stop* is set; `Fatal` and nothing else ends it earlier."""
        self._stop = stop
        pull = Pull(
            self._connection,
            self._stream,
            self._durable,
            self._take,
            batch=_BATCH,
            durable=True,
            arrives=self._arrives,
        )
        async with background(self._renew()):
            # a message that cannot be finished after the stop (NATS stores nothing) is left to other replicas
            await run_until_stopped(pull.run(stop), stop, grace_s=lambda: _FINISH_S)

    def _arrives(self, message: Message) -> bool:
        """In hand from now on, while it waits for its turn as well; false where it is already."""
        seq = message.seq
        if seq in self._in_hand:
            return False  # its first delivery is being dealt with, and will be answered
        self._in_hand[seq] = (message, time.monotonic())
        message.answered = self._answered
        return True

    async def _take(self, message: Message) -> None:
        delivered = message.delivered
        if delivered >= LAST_DELIVERY:
            await self._bury(message, f"delivered {delivered} times without an answer")
        elif delivered >= ALONE_FROM:
            await self._flush(_ALONE_WAIT_S)
            await self._judge(message)
            await self._flush(_ALONE_WAIT_S)
        else:
            await self._judge(message)

    async def _judge(self, message: Message) -> None:
        """Hand it over; again and again where it is NATS that fails, since that says nothing about the message."""
        while True:
            try:
                await self._handle(message)
            except Fatal:
                raise
            except TooLarge as error:
                await self._bury(message, str(error))
            except BusError as error:
                self._say(message, error)
                if not await wait_or_stop(self._stop, _RETRY_S):
                    continue
                await message.nak()
            except Exception as error:  # whatever its handling meets: no redelivery repairs that
                log.exception("message.failed", extra={"subject": message.subject, "seq": message.seq})
                await self._bury(message, f"{type(error).__name__}: {error}")
            return

    def _say(self, message: Message, error: BusError) -> None:
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("message.postponed", extra={"subject": message.subject, "error": str(error)})

    def _answered(self, message: Message) -> None:
        self._in_hand.pop(message.seq, None)

    async def _renew(self) -> None:
        """Tell the server what is in hand still, well before it would deliver that again."""
        while True:
            await asyncio.sleep(self._renew_s)
            now = time.monotonic()
            old = [(seq, message) for seq, (message, told) in self._in_hand.items() if now - told >= self._renew_s]
            for seq, message in old:
                if seq in self._in_hand:
                    self._in_hand[seq] = (message, now)
                    await message.working()

"""Consuming from a durable consumer: every message is answered in the end, whatever its handling does."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.message_size import TooLarge
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
"""After a stop, for the message that is being handled."""

Handle = Callable[[Message], Awaitable[None]]
DeadLetter = Callable[[Message, str], Awaitable[None]]
Flush = Callable[[float], Awaitable[bool]]


class DurableConsumer:
    """One process's share of a durable consumer.

    A message is pending from its delivery until its answer. As long as it is, the server is told that the work goes on:
    if NATS stores slowly or not at all, that must not count as a delivery that ended a process.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str,
        durable: str,
        handle: Handle,
        *,
        dead_letter: DeadLetter,
        flush: Flush,
        ack_wait_s: float,
    ) -> None:
        """*flush* waits until what was published is stored; *ack_wait_s* is that of the durable."""
        self._connection = connection
        self._stream = stream
        self._durable = durable
        self._handle = handle
        self._dead_letter = dead_letter
        self._flush = flush
        self._renew_s = ack_wait_s / 3
        self._pending: dict[int, tuple[Message, float]] = {}
        self._logged_at = 0.0
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until *stop* is set; only a `Fatal` ends it earlier."""
        self._stop = stop
        pull = Pull(
            self._connection,
            self._stream,
            self._durable,
            self._take,
            batch=_BATCH,
            durable=True,
            accept=self._accept,
        )
        async with background(self._renew()):
            # a message that cannot be finished after the stop (NATS stores nothing) is left to other replicas
            await run_until_stopped(pull.run(stop), stop, grace_s=lambda: _FINISH_S)

    def _accept(self, message: Message) -> bool:
        """Note *message* as pending, also while it waits for its turn; false if it is pending already."""
        seq = message.seq
        if seq in self._pending:
            return False  # its first delivery is being handled, and will be answered
        self._pending[seq] = (message, time.monotonic())
        message.on_answer = self._on_answer
        return True

    async def _take(self, message: Message) -> None:
        delivered = message.delivered
        if delivered >= LAST_DELIVERY:
            await self._dead_letter(message, f"delivered {delivered} times without an answer")
        elif delivered >= ALONE_FROM:
            await self._flush(_ALONE_WAIT_S)
            await self._attempt(message)
            await self._flush(_ALONE_WAIT_S)
        else:
            await self._attempt(message)

    async def _attempt(self, message: Message) -> None:
        """Handle *message*, again and again as long as NATS fails: that says nothing about the message."""
        while True:
            try:
                await self._handle(message)
            except Fatal:
                raise
            except TooLarge as error:
                await self._dead_letter(message, str(error))
            except BusError as error:
                self._log(message, error)
                if not await wait_or_stop(self._stop, _RETRY_S):
                    continue
                await message.nak()
            except Exception as error:  # whatever its handling raises: no redelivery repairs that
                log.exception("message.failed", extra={"subject": message.subject, "seq": message.seq})
                await self._dead_letter(message, f"{type(error).__name__}: {error}")
            return

    def _log(self, message: Message, error: BusError) -> None:
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.warning("message.postponed", extra={"subject": message.subject, "error": str(error)})

    def _on_answer(self, message: Message) -> None:
        self._pending.pop(message.seq, None)

    async def _renew(self) -> None:
        """Tell the server which messages are still pending, well before it would deliver them again."""
        while True:
            await asyncio.sleep(self._renew_s)
            now = time.monotonic()
            old = [(seq, message) for seq, (message, since) in self._pending.items() if now - since >= self._renew_s]
            for seq, message in old:
                if seq in self._pending:
                    self._pending[seq] = (message, now)
                    await message.working()

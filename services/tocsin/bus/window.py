"""Publishing with up to 1,000 messages unacknowledged: each has a deadline and a resend under the same id, in order.

PubAcks arrive on one inbox subscription: 11 us a message where awaiting each publish costs 150 (measured, nats-py 2.16).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error, MaxPayloadError

from tocsin.bus.connection import Connection
from tocsin.model.errors import BusError

log = logging.getLogger(__name__)

SIZE = 1000
DEADLINE_S = 5.0
_TICK_S = 0.25
_LOG_INTERVAL_S = 10.0
ID_HEADER = "Nats-Msg-Id"


class PubAck(Struct, frozen=True, gc=False):
    """Where a message stands in its stream; for a repeat, where the first one stands."""

    seq: int
    stream: str = ""
    duplicate: bool = False


class _Refusal(Struct):
    description: str = ""


class _Reply(Struct):
    seq: int = 0
    stream: str = ""
    duplicate: bool = False
    error: _Refusal | None = None


Then = Callable[[PubAck], Awaitable[None] | None]
Recheck = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]
"""Which of these ids are stored already, and where: asked before a resend that the duplicate window cannot cover."""

_reply = msgspec.json.Decoder(_Reply)


class _Pending:
    """One message without its PubAck."""

    __slots__ = ("deadline", "first_sent", "headers", "payload", "subject", "then")

    def __init__(self, subject: str, payload: bytes, headers: dict[str, str], then: Then | None) -> None:
        self.subject = subject
        self.payload = payload
        self.headers = headers
        self.then = then
        self.first_sent = self.deadline = 0.0


class Window:
    """What was published and not acknowledged yet, in order."""

    def __init__(self, connection: Connection, *, duplicate_window_s: float, size: int = SIZE) -> None:
        """*duplicate_window_s* is the streams' own; half of it is how long a blind resend is safe."""
        self._connection = connection
        self._client = connection.client
        self._size = size
        self._blind_s = duplicate_window_s / 2
        self._waiting: dict[int, _Pending] = {}
        self._next = 0
        self._inbox = ""
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._wake = asyncio.Event()
        self._resending = False
        self._logged_at = 0.0
        self.recheck: Recheck | None = None
        self.acknowledged = 0
        self.resent = 0
        self.refused = 0

    async def open(self) -> None:
        """Subscribe to the PubAcks."""
        prefix = self._client.new_inbox()
        self._inbox = f"{prefix}."
        await self._client.subscribe(
            f"{prefix}.*", cb=self._on_ack, pending_msgs_limit=-1, pending_bytes_limit=-1
        )  # bounded by the window itself
        self._connection.on_reconnect.append(self._wake.set)

    def __len__(self) -> int:
        """How many messages have no PubAck."""
        return len(self._waiting)

    @property
    def oldest_s(self) -> float:
        """Seconds since the oldest unacknowledged message was first sent; 0 when there is none."""
        for pending in self._waiting.values():
            return time.monotonic() - pending.first_sent
        return 0.0

    async def publish(
        self, subject: str, payload: bytes, *, id: str, headers: Mapping[str, str] | None = None, then: Then | None = None
    ) -> None:
        """Send, and return as soon as the window has room; *then* is called once the message is stored.

        `BusError` where the message is larger than the server takes: it was not sent and never will be.
        """
        while not self._room.is_set():
            await self._room.wait()
        pending = _Pending(subject, payload, {**(headers or {}), ID_HEADER: id}, then)
        number = self._next = self._next + 1
        self._waiting[number] = pending
        self._empty.clear()
        if len(self._waiting) >= self._size:
            self._room.clear()
        pending.first_sent = time.monotonic()
        try:
            await self._send(number, pending)
        except MaxPayloadError as error:
            self._settle(number)
            raise BusError(f"{subject}: {len(payload):,} bytes are more than the server's max_payload") from error

    async def flush(self, timeout_s: float) -> bool:
        """Wait until all is acknowledged, at most *timeout_s*; whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        return not self._waiting

    async def keep_sending(self) -> None:
        """Until cancelled: resend everything, in order and before anything new, when its PubAck is overdue."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._wake.wait()
            again, reconnected = self._overdue(), self._wake.is_set()
            self._wake.clear()
            if self._connection.up and self._waiting and (again or reconnected):
                await self._resend()

    def _overdue(self) -> bool:
        now = time.monotonic()
        for pending in self._waiting.values():
            return now >= pending.deadline
        return False

    async def _resend(self) -> None:
        self._resending = True
        self._room.clear()
        try:
            await self._settle_stored()
            batch = list(self._waiting.items())
            log.warning("window.resent", extra={"messages": len(batch)})
            for number, pending in batch:
                if number in self._waiting:
                    self.resent += 1
                    await self._send(number, pending)
        except BusError as error:
            log.warning("window.postponed", extra={"messages": len(self._waiting), "error": str(error)})
        finally:
            self._resending = False
            self._reopen()

    async def _settle_stored(self) -> None:
        """Ask which messages are stored, where they are too old for the server to know them as duplicates."""
        limit = time.monotonic() - self._blind_s
        old = {p.headers[ID_HEADER]: n for n, p in self._waiting.items() if p.first_sent < limit}
        if not old or self.recheck is None:
            return
        found = await self.recheck(list(old))
        for id, sequence in found.items():
            pending = self._settle(old[id]) if id in old else None
            if pending is not None:
                await _call(pending.then, PubAck(sequence, duplicate=True))

    async def _send(self, number: int, pending: _Pending) -> None:
        pending.deadline = time.monotonic() + DEADLINE_S
        try:
            await self._client.publish(
                pending.subject, pending.payload, reply=f"{self._inbox}{number}", headers=pending.headers
            )
        except MaxPayloadError:
            raise
        except (Error, OSError) as error:
            log.debug("window.unsent", extra={"error": str(error)})  # disconnected: sent again on reconnection

    async def _on_ack(self, message: Msg) -> None:
        try:
            number = int(message.subject[len(self._inbox) :])
            if not message.data:
                self._refuse("no stream takes this subject" if message.headers else "an empty answer")
                return
            reply = _reply.decode(message.data)
            if reply.error is not None:
                self._refuse(reply.error.description)
                return
            pending = self._settle(number)
            if pending is not None:
                self.acknowledged += 1
                if pending.then is not None:
                    waiting = pending.then(PubAck(reply.seq, reply.stream, reply.duplicate))
                    if waiting is not None:
                        await waiting
        except Exception:
            # an exception here would end nats-py's read loop without a word
            log.exception("window.failed")

    def _refuse(self, why: str) -> None:
        """The server said no; the deadline brings the message back."""
        self.refused += 1
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.error("window.refused", extra={"error": why, "waiting": len(self._waiting)})

    def _settle(self, number: int) -> _Pending | None:
        pending = self._waiting.pop(number, None)
        self._reopen()
        return pending

    def _reopen(self) -> None:
        if not self._waiting:
            self._empty.set()
        if not self._resending and len(self._waiting) < self._size:
            self._room.set()


async def _call(then: Then | None, ack: PubAck) -> None:
    if then is not None:
        waiting = then(ack)
        if waiting is not None:
            await waiting

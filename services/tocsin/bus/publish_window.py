"""Publishing with up to 1,000 messages unacknowledged: each has a deadline and a resend under the same id, in order.

PubAcks arrive on one inbox subscription: 11 us a message where awaiting each publish costs 150 (nats-py 2.16).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import BadHeaderError, BadSubjectError, Error

from tocsin.bus.connection import Connection
from tocsin.model.errors import BusError

log = logging.getLogger(__name__)

SIZE = 1000
MAX_BYTES = 16 << 20
"""Payload without a PubAck; one message more may be above it, so that any fits."""
DEADLINE_S = 5.0
_REFUSED_S = 1.0
_TICK_S = 0.25
_LOG_INTERVAL_S = 10.0
ID_HEADER = "Nats-Msg-Id"
_HEADER_BYTES = 65_535
"""More than this no stream stores."""
_HEADER_CHARACTERS = 8_192
"""So few cannot be too many bytes, however they are encoded; nor does a header line's own cost matter."""


class TooLarge(BusError):
    """The message is larger than NATS takes: it was not sent and never will be."""


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
Recheck = Callable[[Collection[str], Mapping[str, int]], Awaitable[Mapping[str, PubAck]]]
"""Which of these ids are stored already, and where. The second argument says for each stream up to which sequence
none of them can stand: what was acknowledged before the first of them was sent."""

_reply = msgspec.json.Decoder(_Reply)


class _Pending:
    """One message without its PubAck."""

    __slots__ = ("deadline", "first_sent", "floors", "headers", "payload", "published", "subject", "then")

    def __init__(
        self, subject: str, payload: bytes, headers: dict[str, str], then: Then | None, floors: dict[str, int]
    ) -> None:
        self.subject = subject
        self.payload = payload
        self.headers = headers
        self.then = then
        self.floors = floors
        self.published = time.monotonic()
        self.deadline = 0.0
        self.first_sent = 0.0
        """0 while it certainly was not sent."""

    @property
    def since(self) -> float:
        """From when on it may be stored."""
        return self.first_sent or self.published


class PublishWindow:
    """What was published and not acknowledged yet, in order."""

    def __init__(self, connection: Connection, *, duplicate_window_s: float, size: int = SIZE) -> None:
        """*duplicate_window_s* is the streams' own; half of it is how long a blind resend is safe."""
        self._connection = connection
        self._client = connection.client
        self._size = size
        self._blind_s = duplicate_window_s / 2
        self._waiting: dict[int, _Pending] = {}
        self._bytes = 0
        self._next = 0
        self._inbox = ""
        self._acked: dict[str, int] = {}
        """Highest sequence acknowledged, for each stream; replaced, not changed, once a message refers to it."""
        self._acked_is_shared = False
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._wake = asyncio.Event()
        self._resending = False
        self._broken = False
        """Since the connection broke nothing was resent: until then nothing new may be sent, or it would come first."""
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
        self._connection.on_disconnect.append(self._on_disconnect)
        self._connection.on_reconnect.append(self._wake.set)

    def __len__(self) -> int:
        """How many messages have no PubAck."""
        return len(self._waiting)

    @property
    def oldest_s(self) -> float:
        """Seconds since the oldest unacknowledged message was published; 0 when there is none."""
        for pending in self._waiting.values():
            return time.monotonic() - pending.published
        return 0.0

    def stands_at(self, stream: str, seq: int) -> None:
        """What is published from now on will stand above *seq* in *stream*."""
        self._acked = {**self._acked, stream: max(seq, self._acked.get(stream, 0))}

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        id: str,
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Send, and return as soon as the window has room; *then* is called once the message is stored.

        `TooLarge` where the server does not take as much: it was not sent and never will be.
        """
        own = {**headers, ID_HEADER: id} if headers else {ID_HEADER: id}
        self._check_size(subject, payload, own)
        self._acked_is_shared = True
        pending = _Pending(subject, payload, own, then, self._acked)
        while not self._room.is_set():
            await self._room.wait()
        number = self._next = self._next + 1
        self._waiting[number] = pending
        self._bytes += len(payload)
        self._empty.clear()
        if len(self._waiting) >= self._size or self._bytes >= MAX_BYTES:
            self._room.clear()
        if time.monotonic() - pending.published > self._blind_s:
            self._wake.set()  # it waited so long for room that another may have sent it: asked first, as resends are
        elif not self._broken:
            await self._send(number, pending)

    def check_size(self, subject: str, payload: bytes, *, id: str) -> None:
        """`TooLarge` where `publish` would say so."""
        self._check_size(subject, payload, {ID_HEADER: id})

    async def flush(self, timeout_s: float) -> bool:
        """Wait until all is acknowledged, at most *timeout_s*; whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        return not self._waiting

    async def keep_sending(self) -> None:
        """Until cancelled: resend, in order, what has no PubAck in time; after a break all, before anything new."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._wake.wait()
            self._wake.clear()
            if not self._connection.up:
                continue
            now = time.monotonic()
            late = [n for n, pending in self._waiting.items() if self._broken or now >= pending.deadline]
            if late or self._broken:
                await self._resend(late)

    def _on_disconnect(self) -> None:
        self._broken = True

    async def _resend(self, numbers: list[int]) -> None:
        self._resending = True
        self._room.clear()
        reconnects = self._connection.reconnects
        try:
            await self._settle_stored(numbers)
            again = [(n, pending) for n in numbers if (pending := self._waiting.get(n)) is not None]
            if again:
                log.warning("window.resent", extra={"messages": len(again)})
            self._broken = False
            for number, pending in again:
                if number in self._waiting:
                    self.resent += pending.first_sent > 0
                    await self._send(number, pending)
        except BusError as error:
            # what could not be asked is not sent either: the next round begins with the same question
            log.warning("window.postponed", extra={"messages": len(self._waiting), "error": str(error)})
        finally:
            self._broken = self._broken or not self._connection.up or reconnects != self._connection.reconnects
            self._resending = False
            self._reopen()

    async def _settle_stored(self, numbers: Collection[int]) -> None:
        """Ask which messages are stored, where they are too old for the server to know them as duplicates."""
        limit = time.monotonic() - self._blind_s
        # what was never sent may have been stored by another replica meanwhile
        old = [(n, p) for n in numbers if (p := self._waiting.get(n)) is not None and p.since < limit]
        if not old or self.recheck is None:
            return
        found = await self.recheck({p.headers[ID_HEADER] for _, p in old}, old[0][1].floors)
        log.warning("window.rechecked", extra={"messages": len(old), "stored": len(found)})
        now = time.monotonic()
        for number, pending in old:
            ack = found.get(pending.headers[ID_HEADER])
            if ack is None:
                pending.first_sent = now  # it was never stored: the window counts from its next sending
            elif self._settle(number) is not None:
                self.acknowledged += 1
                await _call(pending.then, ack)

    async def _send(self, number: int, pending: _Pending) -> None:
        now = time.monotonic()
        pending.deadline = now + DEADLINE_S
        try:
            await self._client.publish(
                pending.subject, pending.payload, reply=f"{self._inbox}{number}", headers=pending.headers
            )
            if not pending.first_sent:
                pending.first_sent = now
        except (BadSubjectError, BadHeaderError) as error:
            self._refuse(number, f"{type(error).__name__}: {pending.subject}")  # of our own making
        except (Error, OSError) as error:
            self._broken = True  # sent again on reconnection
            log.debug("window.unsent", extra={"error": str(error)})

    def _check_size(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> None:
        head = 0
        for value in headers.values():
            head += len(value)
        if head > _HEADER_CHARACTERS:
            head = sum(len(name.encode()) + len(value.encode()) + 4 for name, value in headers.items())
            if head + 16 > _HEADER_BYTES:
                raise TooLarge(f"{subject}: {head:,} bytes of headers are more than a stream stores")
        limit = self._client.max_payload
        if len(payload) + _HEADER_BYTES > limit:
            head = sum(len(name.encode()) + len(value.encode()) + 4 for name, value in headers.items()) + 16
            if len(payload) + head > limit:
                raise TooLarge(f"{subject}: {len(payload):,} bytes are more than the server's max_payload of {limit:,}")

    async def _on_ack(self, message: Msg) -> None:
        try:
            number = int(message.subject[len(self._inbox) :])
            if not message.data:
                self._refuse(number, "no stream takes this subject" if message.headers else "an empty answer")
                return
            reply = _reply.decode(message.data)
            if reply.error is not None:
                self._refuse(number, reply.error.description)
                return
            self._note(reply.stream, reply.seq)
            pending = self._settle(number)
            if pending is not None:
                self.acknowledged += 1
                if pending.then is not None:
                    waiting = pending.then(PubAck(reply.seq, reply.stream, reply.duplicate))
                    if waiting is not None:
                        await waiting
        except Exception:  # the last resort: nats-py would only tell its error callback
            log.exception("window.failed")

    def _note(self, stream: str, seq: int) -> None:
        if seq > self._acked.get(stream, 0):
            if self._acked_is_shared:
                self._acked = self._acked.copy()
                self._acked_is_shared = False
            self._acked[stream] = seq

    def _refuse(self, number: int, why: str) -> None:
        """The server said no, now: the message comes back after a pause."""
        self.refused += 1
        pending = self._waiting.get(number)
        if pending is not None:
            pending.deadline = time.monotonic() + _REFUSED_S
        if time.monotonic() - self._logged_at > _LOG_INTERVAL_S:
            self._logged_at = time.monotonic()
            log.error("window.refused", extra={"error": why, "waiting": len(self._waiting)})

    def _settle(self, number: int) -> _Pending | None:
        pending = self._waiting.pop(number, None)
        if pending is not None:
            self._bytes -= len(pending.payload)
            self._reopen()
        return pending

    def _reopen(self) -> None:
        if not self._waiting:
            self._empty.set()
        if not self._resending and len(self._waiting) < self._size and self._bytes < MAX_BYTES:
            self._room.set()


async def _call(then: Then | None, ack: PubAck) -> None:
    if then is not None:
        waiting = then(ack)
        if waiting is not None:
            await waiting

"""Publishing with up to 1,000 messages unacknowledged: without a PubAck in time each is resent under its id, in order.

PubAcks arrive on one inbox subscription. That costs 11 us a message; to await each publish costs 150 (nats-py 2.16).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import BadHeaderError, BadSubjectError, Error

from tocsin.bus.connection import Connection
from tocsin.bus.message_size import check_size
from tocsin.bus.stopping import wait_or_stop
from tocsin.model.errors import BusError

log = logging.getLogger(__name__)

SIZE = 1000
MAX_BYTES = 16 << 20
"""Payload without a PubAck. One more message may exceed it, so that any message fits."""
DEADLINE_S = 5.0
_REFUSED_S = 1.0
_TICK_S = 0.25
_LOG_INTERVAL_S = 10.0
ID_HEADER = "Nats-Msg-Id"


class PubAck(Struct, frozen=True, gc=False):
    """The place of a message in its stream; for a duplicate, that of the first one."""

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
"""Returns which of these ids are stored already, with their places. The second argument is a sequence for each stream:
the ids can only be above it, because it was acknowledged before the first of them was sent."""

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
        """0 as long as it is certain that it was not sent."""

    @property
    def since(self) -> float:
        """The earliest time at which it may have been stored."""
        return self.first_sent or self.published


class _Floors:
    """The highest acknowledged sequence of each stream."""

    def __init__(self) -> None:
        self._seqs: dict[str, int] = {}
        self._is_shared = False
        """A message refers to the dict, so that it is copied before the next change."""

    def snapshot(self) -> dict[str, int]:
        """The sequences as they are now."""
        self._is_shared = True
        return self._seqs

    def raise_to(self, stream: str, seq: int) -> None:
        """A message with sequence *seq* is stored in *stream*."""
        if seq > self._seqs.get(stream, 0):
            if self._is_shared:
                self._seqs = self._seqs.copy()
                self._is_shared = False
            self._seqs[stream] = seq


class PublishWindow:
    """The messages that were published and are not acknowledged yet, in order."""

    def __init__(self, connection: Connection, *, duplicate_window_s: float, size: int = SIZE) -> None:
        """*duplicate_window_s* is that of the streams; for half of it a message is resent without asking first."""
        self._connection = connection
        self._client = connection.client
        self._size = size
        self._blind_s = duplicate_window_s / 2
        self._waiting: dict[int, _Pending] = {}
        self._bytes = 0
        self._next = 0
        self._inbox = ""
        self._floors = _Floors()
        self._room = asyncio.Event()
        self._room.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._wake = asyncio.Event()
        self._resending = False
        self._broken = False
        """The connection broke and nothing was resent yet. Nothing new may be sent until then: it would come first."""
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
        """Seconds since the oldest unacknowledged message was published; 0 if there is none."""
        return next((time.monotonic() - pending.published for pending in self._waiting.values()), 0.0)

    def starts_above(self, stream: str, seq: int) -> None:
        """What is published from now on gets a sequence above *seq* in *stream*."""
        self._floors.raise_to(stream, seq)

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        id: str,
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Send, and return as soon as the window has a free slot; *then* is called once the message is stored.

        `TooLarge` if the server does not take the message: it was not sent.
        """
        all_headers = {**headers, ID_HEADER: id} if headers else {ID_HEADER: id}
        check_size(subject, payload, all_headers, max_payload=self._client.max_payload)
        pending = _Pending(subject, payload, all_headers, then, self._floors.snapshot())
        while not self._room.is_set():
            await self._room.wait()
        number = self._next = self._next + 1
        self._waiting[number] = pending
        self._bytes += len(payload)
        self._empty.clear()
        if len(self._waiting) >= self._size or self._bytes >= MAX_BYTES:
            self._room.clear()
        if time.monotonic() - pending.published > self._blind_s:
            self._wake.set()  # after so long a wait another process may have sent it: ask first, as for a resend
        elif not self._broken:
            await self._send(number, pending)

    def check_size(self, subject: str, payload: bytes, *, id: str) -> None:
        """Raise `TooLarge` if `publish` would."""
        check_size(subject, payload, {ID_HEADER: id}, max_payload=self._client.max_payload)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until all is acknowledged, at most *timeout_s*; whether it is."""
        await wait_or_stop(self._empty, timeout_s)
        return not self._waiting

    async def keep_sending(self) -> None:
        """Until cancelled, resend in order what gets no PubAck in time; after a break all, before anything new."""
        while True:
            await wait_or_stop(self._wake, _TICK_S)
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
        except BusError as error:  # without an answer nothing is resent: the next round asks again
            log.warning("window.postponed", extra={"messages": len(self._waiting), "error": str(error)})
        finally:
            self._broken = self._broken or not self._connection.up or reconnects != self._connection.reconnects
            self._resending = False
            self._reopen()

    async def _settle_stored(self, numbers: Collection[int]) -> None:
        """Ask which messages are stored already, of those that are too old for the server's duplicate window."""
        limit = time.monotonic() - self._blind_s
        # another replica may have stored what this one never sent
        old = [(n, p) for n in numbers if (p := self._waiting.get(n)) is not None and p.since < limit]
        if not old or self.recheck is None:
            return
        acks = await self.recheck({p.headers[ID_HEADER] for _, p in old}, old[0][1].floors)
        log.warning("window.rechecked", extra={"messages": len(old), "stored": len(acks)})
        now = time.monotonic()
        for number, pending in old:
            ack = acks.get(pending.headers[ID_HEADER])
            if ack is None:
                pending.first_sent = now  # it was never stored: the duplicate window begins with its next sending
            elif self._settle(number) is not None:
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
            self._refuse(number, f"{type(error).__name__}: {pending.subject}")  # this program built it wrongly
        except (Error, OSError) as error:
            self._broken = True  # sent again on reconnection
            log.debug("window.unsent", extra={"error": str(error)})

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
            self._floors.raise_to(reply.stream, reply.seq)
            pending = self._settle(number)
            if pending is not None and pending.then is not None:
                waiting = pending.then(PubAck(reply.seq, reply.stream, reply.duplicate))
                if waiting is not None:
                    await waiting
        except Exception:  # the last resort: nats-py would only call its error callback
            log.exception("window.failed")

    def _refuse(self, number: int, why: str) -> None:
        """The server refused the message: it is resent after a pause."""
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
            self.acknowledged += 1
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

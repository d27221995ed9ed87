"""What a service may do with NATS: publish and have it stored, consume and answer, read back, ask."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error

from tocsin.bus import api, reading, streams
from tocsin.bus.connection import Connection
from tocsin.bus.declare import declare, missing
from tocsin.bus.message import Message
from tocsin.bus.pull import Pull
from tocsin.bus.reading import Start
from tocsin.bus.settings import NatsSettings
from tocsin.bus.window import ID_HEADER, Then, Window
from tocsin.model import subjects
from tocsin.model.errors import BusError, BusUnavailable, Gone

log = logging.getLogger(__name__)

RECEIVED_HEADER = "Tocsin-Received"
"""When the collector read the line, nanoseconds since 1970."""
CLUSTER_HEADER = "Tocsin-Cluster"
"""The cluster by the collector's settings, where the event itself names none."""
NODE_HEADER = "Tocsin-Node"
"""The node the collector is bound to, where the event itself names none."""
REASON_HEADER = "Tocsin-Reason"
SUBJECT_HEADER = "Tocsin-Subject"

_CLOSE_FLUSH_S = 5.0
_LAST_DELIVERY = 20
_ALONE_FROM = 5
_BATCH = 500
_REASON_CHARACTERS = 512


class StreamState(Struct, frozen=True):
    """What a stream holds."""

    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    subjects: dict[str, int] = {}
    """Messages for each subject, where they were asked for."""


class Stream(Struct, frozen=True):
    """A stream as JetStream tells it."""

    created: str
    state: StreamState
    config: dict[str, object] = {}


class _Floor(Struct, frozen=True):
    stream_seq: int = 0
    consumer_seq: int = 0


class Consumer(Struct, frozen=True):
    """How far a durable reader is."""

    name: str
    ack_floor: _Floor = _Floor()
    delivered: _Floor = _Floor()
    num_ack_pending: int = 0
    num_redelivered: int = 0
    num_pending: int = 0


class _Consumers(Struct):
    consumers: list[Consumer] | None = None


class Stored(Struct, frozen=True):
    """A message read from a stream by its sequence."""

    subject: str
    seq: int
    payload: bytes
    headers: dict[str, str]


class Bus:
    """The one door to NATS."""

    def __init__(self, connection: Connection, *, instance: str, duplicate_window_s: float) -> None:
        """Made by `open_bus`."""
        self.connection = connection
        self.service = connection.service
        self.instance = instance
        self.duplicate_window_s = duplicate_window_s
        self.window = Window(connection, duplicate_window_s=duplicate_window_s)
        self.buried = 0

    async def publish(
        self, subject: str, payload: bytes, *, id: str, headers: Mapping[str, str] | None = None, then: Then | None = None
    ) -> None:
        """Send into a stream, returning as soon as the window has room; *then* is called once it is stored."""
        await self.window.publish(subject, payload, id=id, headers=headers, then=then)

    async def tell(self, subject: str, payload: bytes) -> None:
        """Send to whoever listens now: at most once, no promise."""
        with contextlib.suppress(Error, OSError):
            await self.connection.client.publish(subject, payload)

    async def flush(self, timeout_s: float = _CLOSE_FLUSH_S) -> bool:
        """Wait until all that was published is stored; whether it is."""
        return await self.window.flush(timeout_s)

    async def bury(
        self,
        payload: bytes,
        *,
        id: str,
        reason: str,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Keep what could not be handled, as received, with the reason; *then* is called once it is stored."""
        self.buried += 1
        marks = {REASON_HEADER: one_line(reason), **(headers or {})}
        if subject:
            marks[SUBJECT_HEADER] = subject
        await self.window.publish(subjects.dead(self.service), payload, id=id, headers=marks, then=then)

    async def consume(
        self, stream: str, durable: str, handle: Callable[[Message], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Hand each message to *handle*, which answers it, until *stop* is set.

        What raises is dead-lettered at its first delivery; from the fifth delivery a message is handled alone, so that
        the one that ends the process is found, and at its twentieth it is dead-lettered unread.
        """

        async def take(message: Message) -> None:
            delivered = message.delivered
            if delivered >= _LAST_DELIVERY:
                await self.bury_message(message, f"delivered {delivered} times without an answer")
                return
            if delivered >= _ALONE_FROM:
                await self.window.flush(_CLOSE_FLUSH_S)
            try:
                await handle(message)
            except BusError as error:
                log.warning("message.postponed", extra={"subject": message.subject, "error": str(error)})
            except Exception as error:
                log.exception("message.failed", extra={"subject": message.subject, "seq": message.seq})
                await self.bury_message(message, f"{type(error).__name__}: {error}")
            if delivered >= _ALONE_FROM:
                await self.window.flush(_CLOSE_FLUSH_S)

        await Pull(self.connection, stream, durable, take, batch=_BATCH).run(stop)

    async def bury_message(self, message: Message, reason: str) -> None:
        """Dead letter first, then term once that is stored: no redelivery repairs what is wrong with it."""
        await self.bury(
            message.payload,
            id=message.id,
            reason=reason,
            subject=message.subject,
            headers={k: v for k, v in message.headers.items() if k.startswith("Tocsin-")},
            then=lambda _: message.term(),
        )

    async def subscribe(self, subject: str, handle: Callable[[str, bytes], Awaitable[None] | None]) -> None:
        """Hear *subject* live, at most once, until the bus closes."""

        async def take(message: Msg) -> None:
            try:
                waiting = handle(message.subject, message.data)
                if waiting is not None:
                    await waiting
            except Exception:
                log.exception("subscription.failed", extra={"subject": subject})

        await self.connection.client.subscribe(subject, cb=take)

    async def request(self, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Ask another service; `BusUnavailable` where nobody answers."""
        return (await api.ask(self.connection.client, subject, payload, timeout_s=timeout_s)).data

    async def follow(
        self,
        stream: str,
        handle: reading.Handle,
        stop: asyncio.Event,
        *,
        filters: Collection[str],
        start: Start | None = None,
    ) -> None:
        """Hand over every message from *start* on, each once and in order, across reconnections."""
        await reading.follow(self.connection, stream, filters, start or Start(), handle, stop)

    async def read(
        self,
        stream: str,
        handle: reading.Handle,
        *,
        filters: Collection[str],
        start: Start | None = None,
        headers_only: bool = False,
    ) -> None:
        """Hand over every message from *start* to the stream's end as it is now."""
        begin = start or Start()
        await reading.drain(self.connection, stream, filters, begin, handle, headers_only=headers_only)

    async def stored_ids(
        self, stream: str, *, filter: str, start: Start, among: Collection[str] | None = None
    ) -> dict[str, int]:
        """Ids that the stream holds from *start* on, with their sequences; of *among* alone where given."""
        found: dict[str, int] = {}

        def take(message: Message) -> None:
            id = message.id
            if among is None or id in among:
                found.setdefault(id, message.seq)

        await self.read(stream, take, filters=[filter], start=start, headers_only=True)
        return found

    async def message(self, stream: str, seq: int) -> Stored:
        """One message by its sequence; `Gone` where the stream does not hold it any more."""
        return await self._direct(f"$JS.API.DIRECT.GET.{stream}", msgspec.json.encode({"seq": seq}))

    async def _direct(self, subject: str, payload: bytes) -> Stored:
        answer = await api.ask(self.connection.client, subject, payload)
        headers: dict[str, str] = answer.headers or {}
        status = headers.get("Status", "")
        if status:
            error = Gone if status == "404" else BusUnavailable
            raise error(f"{subject}: {headers.get('Description', status)}")
        return Stored(headers.get("Nats-Subject", ""), int(headers.get("Nats-Sequence", "0")), answer.data, headers)

    async def stream(self, name: str, *, subjects_filter: str = "") -> Stream:
        """State of a stream, with the messages for each subject that *subjects_filter* matches."""
        request = {"subjects_filter": subjects_filter} if subjects_filter else None
        return msgspec.json.decode(
            await api.call(self.connection.client, f"STREAM.INFO.{name}", request), type=Stream
        )

    async def consumer(self, stream: str, durable: str) -> Consumer:
        """How far a durable reader is."""
        answer = await api.call(self.connection.client, f"CONSUMER.INFO.{stream}.{durable}")
        return msgspec.json.decode(answer, type=Consumer)

    async def consumers(self, stream: str) -> list[Consumer]:
        """All readers of a stream (the admin user alone may ask)."""
        answer = await api.call(self.connection.client, f"CONSUMER.LIST.{stream}")
        return msgspec.json.decode(answer, type=_Consumers).consumers or []

    async def load(self, key: str) -> bytes | None:
        """The last value saved under *key* in the bucket, or ``None``."""
        try:
            subject = f"$JS.API.DIRECT.GET.{streams.BUCKET_STREAM}.$KV.{streams.BUCKET}.{key}"
            return (await self._direct(subject, b"")).payload
        except Gone:
            return None

    async def save(self, key: str, value: bytes) -> None:
        """Save *value* under *key* and return once it is stored; `BusUnavailable` where it may not be."""
        answer = await api.ask(self.connection.client, f"$KV.{streams.BUCKET}.{key}", value)
        if b'"error"' in answer.data or not answer.data:
            raise BusUnavailable(f"checkpoint {key} was not stored: {answer.data.decode(errors='replace')}")

    async def keys(self, prefix: str) -> list[str]:
        """The keys of the bucket that begin with *prefix* (a user needs the right to read the stream's subjects)."""
        whole = f"$KV.{streams.BUCKET}.{prefix}"
        state = (await self.stream(streams.BUCKET_STREAM, subjects_filter=f"{whole}.>")).state
        return sorted(subject.removeprefix(f"$KV.{streams.BUCKET}.") for subject in state.subjects)

    async def declare(self, sizes: streams.Sizes) -> None:
        """Create and update streams, durables and bucket (the admin user alone may)."""
        await declare(self.connection.client, sizes, duplicate_window_s=self.duplicate_window_s)

    async def missing(self) -> list[str]:
        """Streams that do not exist yet."""
        return await missing(self.connection.client)

    async def probe(self, timeout_s: float) -> bool:
        """Whether a round trip succeeds within *timeout_s*."""
        try:
            await api.ask(self.connection.client, f"$JS.API.STREAM.INFO.{streams.EVENTS}", timeout_s=timeout_s)
        except BusUnavailable:
            return False
        return True


def one_line(text: str) -> str:
    """*text* as a header's value: printable ASCII, one line, bounded."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:_REASON_CHARACTERS].strip() or "unknown"


@asynccontextmanager
async def open_bus(
    settings: NatsSettings, service: str, *, instance: str = "0", duplicate_window_s: float = streams.DUPLICATE_WINDOW_S
) -> AsyncIterator[Bus]:
    """A bus, open for the body; `Fatal` ends the body when the connection is lost for good.

    On leaving, what was published is waited for up to 5 s; what is still not stored then stays with its source.
    """
    connection = Connection(settings, service)
    await connection.open()
    bus = Bus(connection, instance=instance, duplicate_window_s=duplicate_window_s)
    try:
        await bus.window.open()
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(connection.watch(bus.probe)),
                tasks.create_task(bus.window.keep_sending()),
            ]
            try:
                yield bus
                await bus.flush()
            finally:
                for task in background:
                    task.cancel()
    finally:
        await connection.close()


__all__ = ["ID_HEADER", "Bus", "Message", "Start", "open_bus"]

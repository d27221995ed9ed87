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

from tocsin.bus import jetstream_api, stream_reader, streams
from tocsin.bus.connection import Connection
from tocsin.bus.dead_letters import letter
from tocsin.bus.declare import declare, missing
from tocsin.bus.durable_consumer import DurableConsumer
from tocsin.bus.jetstream_types import Consumer, Stored, Stream
from tocsin.bus.message import Message
from tocsin.bus.publish_window import PubAck, PublishWindow, Then
from tocsin.bus.settings import NatsSettings
from tocsin.bus.stopping import background
from tocsin.bus.stream_reader import Start
from tocsin.model import subjects
from tocsin.model.errors import BusUnavailable, Conflict, Gone

log = logging.getLogger(__name__)

RECEIVED_HEADER = "Tocsin-Received"
"""When the collector read the line, nanoseconds since 1970."""
CLUSTER_HEADER = "Tocsin-Cluster"
"""The names of cluster and node that the event's id was made of, percent-encoded where not printable ASCII."""
NODE_HEADER = "Tocsin-Node"
SOURCE_HEADER = "Tocsin-Source"
"""The bucket's key of the source that the line came from."""

_DECLARE_AGAIN_S = 1.0
_CLOSE_FLUSH_S = 5.0


class _Consumers(Struct):
    consumers: list[Consumer] | None = None


_EXPECTED = "Nats-Expected-Last-Subject-Sequence"
_WRONG_LAST = 10071
"""JetStream's number for: the last sequence is another."""


class _Saved(Struct):
    stream: str = ""
    seq: int = 0
    error: dict[str, object] | None = None


class Bus:
    """The one door to NATS."""

    def __init__(self, connection: Connection, *, instance: str, duplicate_window_s: float) -> None:
        """Made by `open_bus`."""
        self.connection = connection
        self.service = connection.service
        self.instance = instance
        self.duplicate_window_s = duplicate_window_s
        self.window = PublishWindow(connection, duplicate_window_s=duplicate_window_s)
        self.buried = 0

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        id: str,
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Send into a stream, returning as soon as the window has room; *then* is called once it is stored."""
        await self.window.publish(subject, payload, id=id, headers=headers, then=then)

    @property
    def max_payload(self) -> int:
        """Bytes that the server takes as one message, headers included."""
        return self.connection.client.max_payload

    def check_size(self, subject: str, payload: bytes, *, id: str) -> None:
        """`TooLarge` where the server does not take it."""
        self.window.check_size(subject, payload, id=id)

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
        """Keep what could not be handled, as received, with the reason; *then* is called once it is stored.

        What is larger than NATS takes is cut to its first 64 KiB, with the length and hash of the whole.
        """
        self.buried += 1
        limit = self.connection.client.max_payload
        kept, marks = letter(payload, reason=reason, subject=subject, headers=headers or {}, limit_bytes=limit)
        await self.window.publish(subjects.dead(self.service), kept, id=id, headers=marks, then=then)

    async def consume(
        self, stream: str, durable: str, handle: Callable[[Message], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Hand each message to *handle*, which answers it, until *stop* is set: neither a lost connection nor a
        consumer that is gone ends it.

        What raises is dead-lettered at its first delivery (but `BusUnavailable` and the like: it is handed over again);
        from the fifth delivery a message is handled alone, so that the one that ends the process is found, and at its
        twentieth it is dead-lettered unread.
        """
        await DurableConsumer(
            self.connection,
            stream,
            durable,
            handle,
            bury=self.bury_message,
            flush=self.window.flush,
            ack_wait_s=streams.ack_wait_s(self.duplicate_window_s),
        ).run(stop)

    async def bury_message(self, message: Message, reason: str) -> None:
        """Dead letter first, then term once that is stored: no redelivery repairs what is wrong with it."""
        await self.bury(
            message.payload,
            id=message.id or f"{message.stream}.{message.seq}",
            reason=reason,
            subject=message.subject,
            headers={k: v for k, v in message.headers.items() if k.startswith("Tocsin-")},
            then=lambda _: message.term(),
        )

    async def recheck_in(self, filters: Mapping[str, str]) -> None:
        """After a break too long for the duplicate window, look what is stored before anything is sent again.

        *filters* names the streams that this service publishes to, each with a filter for its own subjects: dead
        letters too. To be called before the first message is published.
        """
        for stream in filters:
            self.window.stands_at(stream, (await self.stream(stream)).state.last_seq)

        async def recheck(ids: Collection[str], floors: Mapping[str, int]) -> dict[str, PubAck]:
            found: dict[str, PubAck] = {}
            for stream, filter in filters.items():
                start = Start(seq=floors.get(stream, 0) + 1)
                for id, seq in (await self.stored_ids(stream, filter=filter, start=start, among=ids)).items():
                    found[id] = PubAck(seq, stream, duplicate=True)
            return found

        self.window.recheck = recheck

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

    async def answer(self, subject: str, handle: Callable[[bytes], Awaitable[bytes]], *, queue: str = "") -> None:
        """Answer each request on *subject* with what *handle* returns, until the bus closes; of those with the same
        *queue* only one gets it. Where *handle* raises there is no answer: the one who asked waits in vain.
        """

        async def take(message: Msg) -> None:
            try:
                answer = await handle(message.data)
                if message.reply:
                    await self.tell(message.reply, answer)
            except Exception:  # the last resort: nats-py would only tell its error callback
                log.exception("request.failed", extra={"subject": subject})

        await self.connection.client.subscribe(subject, queue=queue, cb=take)

    async def request(self, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Ask another service; `BusUnavailable` where nobody answers."""
        return (await jetstream_api.ask(self.connection, subject, payload, timeout_s=timeout_s)).data

    async def follow(
        self,
        stream: str,
        handle: stream_reader.Handle,
        stop: asyncio.Event,
        *,
        filters: Collection[str],
        start: Start | None = None,
    ) -> None:
        """Hand over every message from *start* on, each once and in order, across reconnections."""
        await stream_reader.follow(self.connection, stream, filters, start or Start(), handle, stop)

    async def read(
        self,
        stream: str,
        handle: stream_reader.Handle,
        *,
        filters: Collection[str],
        start: Start | None = None,
        headers_only: bool = False,
        timeout_s: float = stream_reader.PATIENCE_S,
    ) -> None:
        """Hand over every message from *start* to the stream's end as it is now, across reconnections.

        `BusUnavailable` where nothing comes for *timeout_s*.
        """
        await stream_reader.drain(
            self.connection,
            stream,
            filters,
            start or Start(),
            handle,
            headers_only=headers_only,
            timeout_s=timeout_s,
        )

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

    async def count(self, stream: str, *, filter: str, start: Start) -> int:
        """How many messages that match *filter* the stream holds from *start* on, without reading one of them."""
        return await stream_reader.count(self.connection, stream, filter, start)

    async def message(self, stream: str, seq: int) -> Stored:
        """One message by its sequence; `Gone` where the stream does not hold it any more."""
        return await self._direct(f"$JS.API.DIRECT.GET.{stream}", msgspec.json.encode({"seq": seq}))

    async def _direct(self, subject: str, payload: bytes) -> Stored:
        answer = await jetstream_api.ask(self.connection, subject, payload)
        headers: dict[str, str] = answer.headers or {}
        status = headers.get("Status", "")
        if status:
            error = Gone if status == "404" else BusUnavailable
            raise error(f"{subject}: {headers.get('Description', status)}")
        return Stored(headers.get("Nats-Subject", ""), int(headers.get("Nats-Sequence", "0")), answer.data, headers)

    async def stream(self, name: str, *, subjects_filter: str = "") -> Stream:
        """State of a stream, with the messages for each subject that *subjects_filter* matches."""
        request = {"subjects_filter": subjects_filter} if subjects_filter else None
        answer = await jetstream_api.call(self.connection, f"STREAM.INFO.{name}", request)
        return msgspec.json.decode(answer, type=Stream)

    async def consumer(self, stream: str, durable: str) -> Consumer:
        """How far a durable reader is."""
        answer = await jetstream_api.call(self.connection, f"CONSUMER.INFO.{stream}.{durable}")
        return msgspec.json.decode(answer, type=Consumer)

    async def consumers(self, stream: str) -> list[Consumer]:
        """All readers of a stream (the admin user alone may ask)."""
        answer = await jetstream_api.call(self.connection, f"CONSUMER.LIST.{stream}")
        return msgspec.json.decode(answer, type=_Consumers).consumers or []

    async def load(self, key: str) -> bytes | None:
        """The last value saved under *key* in the bucket, or ``None``."""
        entry = await self.entry(key)
        return None if entry is None else entry.payload

    async def entry(self, key: str) -> Stored | None:
        """The last value saved under *key*, with the sequence by which `save` knows that it is the last one still."""
        try:
            subject = f"$JS.API.DIRECT.GET.{streams.BUCKET_STREAM}.$KV.{streams.BUCKET}.{key}"
            return await self._direct(subject, b"")
        except Gone:
            return None

    async def save(self, key: str, value: bytes, *, after: int | None = None) -> int:
        """Save *value* under *key* and return its sequence once it is stored; `BusUnavailable` where it may not be.

        With *after*, the sequence of the value that it replaces (0: there is none), `Conflict` says that another one
        was saved since.
        """
        headers = None if after is None else {_EXPECTED: str(after)}
        answer = await jetstream_api.ask(self.connection, f"$KV.{streams.BUCKET}.{key}", value, headers=headers)
        try:
            saved = msgspec.json.decode(answer.data, type=_Saved)
        except msgspec.DecodeError as error:
            raise BusUnavailable(f"{key} was not stored: the answer is none of JetStream's") from error
        if saved.error is not None and saved.error.get("err_code") == _WRONG_LAST:
            raise Conflict(f"{key} was saved by another since")
        if saved.error is not None or not saved.seq:
            raise BusUnavailable(f"{key} was not stored: {saved.error}")
        return saved.seq

    async def keys(self, prefix: str) -> list[str]:
        """The keys of the bucket that begin with *prefix* (a user needs the right to read the stream's subjects)."""
        whole = f"$KV.{streams.BUCKET}.{prefix}"
        state = (await self.stream(streams.BUCKET_STREAM, subjects_filter=f"{whole}.>")).state
        return sorted(subject.removeprefix(f"$KV.{streams.BUCKET}.") for subject in state.subjects)

    async def declare(self, sizes: streams.Sizes) -> None:
        """Create and update streams, durables and bucket (the admin user alone may)."""
        await declare(self.connection, sizes, duplicate_window_s=self.duplicate_window_s)

    async def missing(self) -> list[str]:
        """Streams that do not exist yet."""
        return await missing(self.connection)

    async def probe(self, timeout_s: float) -> bool:
        """Whether a round trip succeeds within *timeout_s*."""
        try:
            await jetstream_api.ask(self.connection, f"$JS.API.STREAM.INFO.{streams.EVENTS}", timeout_s=timeout_s)
        except BusUnavailable:
            return False
        return True


@asynccontextmanager
async def open_bus(
    settings: NatsSettings,
    service: str,
    *,
    instance: str = "0",
    duplicate_window_s: float | None = None,
    stop: asyncio.Event | None = None,
    wait_s: float | None = None,
) -> AsyncIterator[Bus]:
    """A bus, open for the body; `Fatal` ends the body when the connection is lost for good.

    It waits for a server that is not there yet; `BusUnavailable` where *stop* is set or *wait_s* is over before it
    answered. On leaving, what was published is waited for up to 5 s; what is still not stored then stays with its
    source. *duplicate_window_s* is that of the settings where it is not given.
    """
    connection = Connection(settings, service)
    window_s = settings.duplicate_window_s if duplicate_window_s is None else duplicate_window_s
    try:
        await connection.open(stop=stop, wait_s=wait_s)
        bus = Bus(connection, instance=instance, duplicate_window_s=window_s)
        await bus.window.open()
        async with background(connection.watch(bus.probe), bus.window.keep_sending()):
            if settings.declare == "auto":
                await _declare(bus, settings.store_mb, stop or asyncio.Event())
            yield bus
            await bus.flush()
    finally:
        await connection.close()


async def _declare(bus: Bus, store_mb: int, stop: asyncio.Event) -> None:
    """Declare as soon as JetStream serves us."""
    while not stop.is_set():
        try:
            await bus.declare(streams.sizes(store_mb << 20))
        except BusUnavailable as error:
            log.warning("streams.undeclared", extra={"error": str(error)})
            await asyncio.sleep(_DECLARE_AGAIN_S)
        else:
            return

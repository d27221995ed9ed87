"""What a service does with NATS: publish and consume durably, read streams, send and answer requests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress

import msgspec
from msgspec import Struct
from nats.aio.msg import Msg
from nats.errors import Error

from tocsin.bus import jetstream_api, stream_reader, streams
from tocsin.bus.bucket import Bucket
from tocsin.bus.connection import Connection
from tocsin.bus.dead_letters import DeadLetters
from tocsin.bus.declare import declare, missing
from tocsin.bus.durable_consumer import DurableConsumer
from tocsin.bus.jetstream_types import Consumer, Stored, Stream
from tocsin.bus.message import Message
from tocsin.bus.publish_window import PubAck, PublishWindow, Then
from tocsin.bus.settings import NatsSettings
from tocsin.bus.stopping import background, wait_or_stop
from tocsin.bus.stream_reader import Start
from tocsin.model.errors import BusUnavailable

log = logging.getLogger(__name__)

RECEIVED_HEADER = "Tocsin-Received"
"""When the collector read the line, nanoseconds since 1970."""
CLUSTER_HEADER = "Tocsin-Cluster"
"""The names of cluster and node in the event's id, percent-encoded if they are not printable ASCII."""
NODE_HEADER = "Tocsin-Node"
SOURCE_HEADER = "Tocsin-Source"
"""The bucket's key of the source that the line came from."""

_DECLARE_AGAIN_S = 1.0
_CLOSE_FLUSH_S = 5.0


class _Consumers(Struct):
    consumers: list[Consumer] | None = None


class Bus:
    """One connection to NATS, with the rights of one service."""

    def __init__(self, connection: Connection, *, instance: str, duplicate_window_s: float) -> None:
        """`open_bus` makes it."""
        self.connection = connection
        self.service = connection.service
        self.instance = instance
        self.duplicate_window_s = duplicate_window_s
        self.window = PublishWindow(connection, duplicate_window_s=duplicate_window_s)
        self.dead_letters = DeadLetters(connection, self.window)
        self.bucket = Bucket(connection)

    @property
    def max_payload(self) -> int:
        """Bytes that the server takes as one message, headers included."""
        return self.connection.max_payload

    def check_size(self, subject: str, payload: bytes, *, id: str) -> None:
        """Raise `TooLarge` if `publish` would."""
        self.window.check_size(subject, payload, id=id)

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        id: str,
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Publish into a stream. It returns as soon as the window has room; *then* is called once it is stored."""
        await self.window.publish(subject, payload, id=id, headers=headers, then=then)

    async def publish_unstored(self, subject: str, payload: bytes) -> None:
        """Publish to those who are subscribed now: at most once, and no error if it fails."""
        with suppress(Error, OSError):
            await self.connection.client.publish(subject, payload)

    async def flush(self, timeout_s: float = _CLOSE_FLUSH_S) -> bool:
        """Wait until all that was published is stored; whether it is."""
        return await self.window.flush(timeout_s)

    async def recheck_in(self, filters: Mapping[str, str]) -> None:
        """After a break longer than the duplicate window, ask the streams what is stored before anything is resent.

        *filters* names each stream that this service publishes to (dead letters, too), with a filter for its own
        subjects. Call it before the first message is published.
        """
        for stream in filters:
            self.window.starts_above(stream, (await self.stream(stream)).state.last_seq)

        async def recheck(ids: Collection[str], floors: Mapping[str, int]) -> dict[str, PubAck]:
            acks: dict[str, PubAck] = {}
            for stream, filter in filters.items():
                start = Start(seq=floors.get(stream, 0) + 1)
                for id, seq in (await self.stored_ids(stream, filter=filter, start=start, among=ids)).items():
                    acks[id] = PubAck(seq, stream, duplicate=True)
            return acks

        self.window.recheck = recheck

    async def consume(
        self, stream: str, durable: str, handle: Callable[[Message], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Call *handle* for each message until *stop* is set; *handle* answers it.

        A lost connection or a consumer that is gone does not end it. A message whose handling raises is dead-lettered
        at its first delivery, but after a `BusError` it is handled again. From the fifth delivery on a message is
        handled alone, so that one that ends the process is found. At its twentieth it is dead-lettered unread.
        """
        await DurableConsumer(
            self.connection,
            stream,
            durable,
            handle,
            dead_letter=self.dead_letters.publish_message,
            flush=self.window.flush,
            ack_wait_s=streams.ack_wait_s(self.duplicate_window_s),
        ).run(stop)

    async def follow(
        self,
        stream: str,
        handle: stream_reader.Handle,
        stop: asyncio.Event,
        *,
        filters: Collection[str],
        start: Start | None = None,
    ) -> None:
        """Call *handle* for every message from *start* on, once and in order, across reconnections."""
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
        """Call *handle* for every message from *start* to the present end of the stream, across reconnections.

        `BusUnavailable` if nothing comes for *timeout_s*.
        """
        await stream_reader.drain(
            self.connection, stream, filters, start or Start(), handle, headers_only=headers_only, timeout_s=timeout_s
        )

    async def stored_ids(
        self, stream: str, *, filter: str, start: Start, among: Collection[str] | None = None
    ) -> dict[str, int]:
        """Ids in the stream from *start* on, with their sequences; only those of *among*, if it is given."""
        sequences: dict[str, int] = {}

        def take(message: Message) -> None:
            id = message.id
            if among is None or id in among:
                sequences.setdefault(id, message.seq)

        await self.read(stream, take, filters=[filter], start=start, headers_only=True)
        return sequences

    async def count(self, stream: str, *, filter: str, start: Start) -> int:
        """How many messages of the stream from *start* on match *filter*; none of them is read."""
        return await stream_reader.count(self.connection, stream, filter, start)

    async def message(self, stream: str, seq: int) -> Stored:
        """One message by its sequence; `Gone` if the stream has dropped it."""
        return await jetstream_api.direct_get(self.connection, stream, msgspec.json.encode({"seq": seq}))

    async def stream(self, name: str, *, subjects_filter: str = "") -> Stream:
        """State of a stream, with the number of messages of each subject that *subjects_filter* matches."""
        request = {"subjects_filter": subjects_filter} if subjects_filter else None
        answer = await jetstream_api.call(self.connection, f"STREAM.INFO.{name}", request)
        return msgspec.json.decode(answer, type=Stream)

    async def consumer(self, stream: str, durable: str) -> Consumer:
        """State of a durable consumer."""
        answer = await jetstream_api.call(self.connection, f"CONSUMER.INFO.{stream}.{durable}")
        return msgspec.json.decode(answer, type=Consumer)

    async def consumers(self, stream: str) -> list[Consumer]:
        """State of all consumers of a stream (the admin user alone may ask)."""
        answer = await jetstream_api.call(self.connection, f"CONSUMER.LIST.{stream}")
        return msgspec.json.decode(answer, type=_Consumers).consumers or []

    async def missing(self) -> list[str]:
        """Streams that do not exist yet."""
        return await missing(self.connection)

    async def declare(self, sizes: streams.Sizes) -> None:
        """Create and update streams, durables and bucket (the admin user alone may)."""
        await declare(self.connection, sizes, duplicate_window_s=self.duplicate_window_s)

    async def subscribe(self, subject: str, handle: Callable[[str, bytes], Awaitable[None] | None]) -> None:
        """Call *handle* for each live message on *subject*, at most once, until the bus closes."""

        async def take(message: Msg) -> None:
            try:
                waiting = handle(message.subject, message.data)
                if waiting is not None:
                    await waiting
            except Exception:
                log.exception("subscription.failed", extra={"subject": subject})

        await self.connection.client.subscribe(subject, cb=take)

    async def answer(self, subject: str, handle: Callable[[bytes], Awaitable[bytes]], *, queue: str = "") -> None:
        """Answer each request on *subject* with what *handle* returns, until the bus closes.

        Of the subscribers with the same *queue* only one gets a request. If *handle* raises there is no answer, and the
        request times out.
        """

        async def take(message: Msg) -> None:
            try:
                answer = await handle(message.data)
                if message.reply:
                    await self.publish_unstored(message.reply, answer)
            except Exception:  # the last resort: nats-py would only call its error callback
                log.exception("request.failed", extra={"subject": subject})

        await self.connection.client.subscribe(subject, queue=queue, cb=take)

    async def request(self, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Ask another service; `BusUnavailable` if no service answers."""
        return (await jetstream_api.ask(self.connection, subject, payload, timeout_s=timeout_s)).data

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
    """A bus, open for the body; a `Fatal` ends the body if the connection is lost for good.

    It waits for a server that is not there yet; `BusUnavailable` if *stop* is set or *wait_s* has passed before the
    server answers. After the body it waits up to 5 s until what was published is stored; the source still has what is
    not stored by then. *duplicate_window_s* overrides that of the settings.
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
    """Declare the streams as soon as JetStream answers."""
    while not stop.is_set():
        try:
            await bus.declare(streams.sizes(store_mb << 20))
        except BusUnavailable as error:
            log.warning("streams.undeclared", extra={"error": str(error)})
            await wait_or_stop(stop, _DECLARE_AGAIN_S)
        else:
            return

"""Streams and durables, read from JetStream over one connection with possibly few permissions."""

import contextlib
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from tocsin.bus import Bus, Consumer, Message, NatsSettings, Start, Stored, Stream, credentials, streams
from tocsin.bus.connection import Connection
from tocsin.bus.jetstream_api import call
from tocsin.bus.permissions import users
from tocsin.bus.stopping import background
from tocsin.cli.doctor.observations import Layout, ObservedReader, ObservedStream
from tocsin.model.errors import BusError, Gone
from tocsin.model.timestamps import NS_PER_S, parse_ns

_CONNECT_S = 5.0
_READ_S = 10.0
_MADE_ON = (streams.ALERTS, streams.EVENTS)
"""A message of one of these is read for the form of its acknowledgement subject; the gateway may read the first."""
_READ = (streams.EVENTS, streams.ALERTS, streams.ALERTS_KEPT)
_STAMP = "Nats-Time-Stamp"


@asynccontextmanager
async def connected(settings: NatsSettings) -> AsyncIterator[Bus]:
    """A bus that only reads; `BusError` if the login fails. A request without permission gets no answer."""
    user = credentials.who(settings)
    connection = Connection(settings, user if user in users.NAMES else "admin")
    try:
        await connection.open(wait_s=_CONNECT_S)
        async with background(_watch(connection)):
            yield Bus(connection, instance="doctor", duplicate_window_s=settings.duplicate_window_s)
    finally:
        await connection.close()


async def _watch(connection: Connection) -> None:
    """What is refused later is no failure: the question that was asked gets no answer."""
    with contextlib.suppress(BusError):
        await connection.watch(_answers)


async def _answers(timeout_s: float) -> bool:
    return True


async def layout(bus: Bus, refused: Collection[str] = ()) -> Layout:
    """Streams and durables; `BusError` if JetStream does not answer. Subjects in *refused* are not requested."""
    streams_: dict[str, ObservedStream] = {}
    for name in streams.NAMES:
        with contextlib.suppress(Gone):
            streams_[name] = _observed(await bus.stream(name))
    offset_s = await _offset_s(bus, next(iter(streams_))) if streams_ else None
    readers = [reader for name in _READ if name in streams_ for reader in await _readers(bus, name, refused)]
    return Layout(streams=streams_, readers=readers, offset_s=offset_s, ack_v2=await _second_form(bus, streams_))


class _Clock(Struct, frozen=True):
    """The time in every answer about a stream."""

    ts: str = ""
    """The server's time (RFC 3339)."""


async def _offset_s(bus: Bus, stream: str) -> float | None:
    """How far the server's clock is ahead, in seconds; ``None`` if the answer has no time."""
    before = time.time_ns()
    answer = await call(bus.connection, f"STREAM.INFO.{stream}")
    server_ns = parse_ns(msgspec.json.decode(answer, type=_Clock).ts)
    return None if server_ns is None else (server_ns - (before + time.time_ns()) // 2) / NS_PER_S


async def subject_counts(bus: Bus, stream: str, filter: str) -> ObservedStream:
    """A stream with the number of messages for each subject that *filter* matches."""
    return _observed(await bus.stream(stream, subjects_filter=filter))


def _observed(stream: Stream) -> ObservedStream:
    state = stream.state
    first_ns = parse_ns(state.first_ts) if state.messages else None
    return ObservedStream(
        config=stream.config,
        messages=state.messages,
        bytes=state.bytes,
        first_seq=state.first_seq,
        last_seq=state.last_seq,
        first_ns=first_ns or 0,
        subjects=state.subjects,
    )


async def _readers(bus: Bus, stream: str, refused: Collection[str]) -> list[ObservedReader]:
    """All durables; only those with known names if listing is not permitted."""
    if any("CONSUMER.LIST" in subject for subject in refused):
        consumers = []
        for name in streams.reader_names()[stream]:
            with contextlib.suppress(Gone):
                consumers.append(await bus.consumer(stream, name))
    else:
        consumers = await bus.consumers(stream)
    durables = [each for each in consumers if each.config.get("durable_name")]
    return [await _reader(bus, stream, each, refused) for each in durables]


async def _reader(bus: Bus, stream: str, consumer: Consumer, refused: Collection[str]) -> ObservedReader:
    waiting = consumer.num_pending + consumer.num_ack_pending
    oldest_s = None
    if waiting and f"$JS.API.DIRECT.GET.{stream}" not in refused:
        with contextlib.suppress(BusError):
            oldest_s = _age_s(await _next(bus, stream, consumer))
    return ObservedReader(
        stream=stream,
        name=consumer.name,
        config=consumer.config,
        waiting=waiting,
        redelivered=consumer.num_redelivered,
        used=consumer.delivered.consumer_seq > 0,
        oldest_s=oldest_s,
    )


async def _next(bus: Bus, stream: str, consumer: Consumer) -> Stored:
    """The first message that is not acknowledged; with a filter, the next one of any subject is close enough."""
    first = (await bus.stream(stream)).state.first_seq
    return await bus.message(stream, max(first, consumer.ack_floor.stream_seq + 1))


def _age_s(stored: Stored) -> float | None:
    stored_ns = parse_ns(stored.headers.get(_STAMP, ""))
    return None if stored_ns is None else max(0.0, (time.time_ns() - stored_ns) / NS_PER_S)


async def _second_form(bus: Bus, streams_: dict[str, ObservedStream]) -> bool | None:
    """Whether acknowledgement subjects have more tokens than the first form."""
    forms: list[int] = []

    def take(message: Message) -> None:
        forms.append(message.reply.count(".") + 1)

    names = (name for name in _MADE_ON if name in streams_ and streams_[name].messages)
    for name in names:
        start = Start(seq=streams_[name].last_seq)
        with contextlib.suppress(BusError, ValueError, IndexError):
            await bus.read(name, take, filters=[], start=start, headers_only=True, timeout_s=_READ_S)
        break
    return forms[0] > _FIRST_FORM if forms else None


_FIRST_FORM = 9
"""Tokens of ``$JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<place>.<time>.<pending>``."""

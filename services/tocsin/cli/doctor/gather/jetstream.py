"""What JetStream tells of streams and durable readers, asked over one connection that may be refused."""

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
from tocsin.cli.doctor.observations import Layout, ReaderSeen, StreamSeen
from tocsin.model.errors import BusError, Gone
from tocsin.model.timestamps import parse_ns

_CONNECT_S = 5.0
_READ_S = 10.0
_MADE_ON = (streams.ALERTS, streams.EVENTS)
"""Where a message is read to see how it is to be answered; the first is one that the gateway may read, too."""
_READ = (streams.EVENTS, streams.ALERTS, streams.ALERTS_KEPT)
_STAMP = "Nats-Time-Stamp"


@asynccontextmanager
async def connected(settings: NatsSettings) -> AsyncIterator[Bus]:
    """A bus that only asks; `BusError` where we cannot log in. What is refused later gets no answer."""
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
    """Streams and durable readers; `BusError` where JetStream does not answer. What is *refused* is not asked."""
    found: dict[str, StreamSeen] = {}
    for name in streams.NAMES:
        with contextlib.suppress(Gone):
            found[name] = _seen(await bus.stream(name))
    offset_s = await _offset_s(bus, next(iter(found))) if found else None
    readers = [own for name in _READ if name in found for own in await _readers(bus, name, refused)]
    return Layout(streams=found, readers=readers, offset_s=offset_s, ack_v2=await _second_form(bus, found))


class _Clock(Struct, frozen=True):
    """What every answer about a stream holds beside it."""

    ts: str = ""
    """The server's time (RFC 3339)."""


async def _offset_s(bus: Bus, stream: str) -> float | None:
    """How far the server's clock is ahead of ours, seconds; ``None`` where it does not tell its time."""
    before = time.time_ns()
    answer = await call(bus.connection, f"STREAM.INFO.{stream}")
    server_ns = parse_ns(msgspec.json.decode(answer, type=_Clock).ts)
    return None if server_ns is None else (server_ns - (before + time.time_ns()) // 2) / 1e9


async def subject_counts(bus: Bus, stream: str, filter: str) -> StreamSeen:
    """A stream with the messages for each subject that *filter* matches."""
    return _seen(await bus.stream(stream, subjects_filter=filter))


def _seen(own: Stream) -> StreamSeen:
    state = own.state
    first_ns = parse_ns(state.first_ts) if state.messages else None
    return StreamSeen(
        config=own.config,
        messages=state.messages,
        bytes=state.bytes,
        first_seq=state.first_seq,
        last_seq=state.last_seq,
        first_ns=first_ns or 0,
        subjects=state.subjects,
    )


async def _readers(bus: Bus, stream: str, refused: Collection[str]) -> list[ReaderSeen]:
    """All durables; those of which the names are known where they may not be listed."""
    if any("CONSUMER.LIST" in subject for subject in refused):
        own = []
        for name in streams.reader_names()[stream]:
            with contextlib.suppress(Gone):
                own.append(await bus.consumer(stream, name))
    else:
        own = await bus.consumers(stream)
    durables = [each for each in own if each.config.get("durable_name")]
    return [await _reader(bus, stream, each, refused) for each in durables]


async def _reader(bus: Bus, stream: str, own: Consumer, refused: Collection[str]) -> ReaderSeen:
    waiting = own.num_pending + own.num_ack_pending
    oldest_s = None
    if waiting and f"$JS.API.DIRECT.GET.{stream}" not in refused:
        with contextlib.suppress(BusError):
            oldest_s = _age_s(await _next(bus, stream, own))
    return ReaderSeen(
        stream=stream,
        name=own.name,
        config=own.config,
        waiting=waiting,
        redelivered=own.num_redelivered,
        used=own.delivered.consumer_seq > 0,
        oldest_s=oldest_s,
    )


async def _next(bus: Bus, stream: str, own: Consumer) -> Stored:
    """The first message after what it has answered; of a filtered one the next of any subject is near enough."""
    first = (await bus.stream(stream)).state.first_seq
    return await bus.message(stream, max(first, own.ack_floor.stream_seq + 1))


def _age_s(stored: Stored) -> float | None:
    stored_ns = parse_ns(stored.headers.get(_STAMP, ""))
    return None if stored_ns is None else max(0.0, (time.time_ns() - stored_ns) / 1e9)


async def _second_form(bus: Bus, found: dict[str, StreamSeen]) -> bool | None:
    """Whether a delivery's acknowledgement subject has more tokens than the form that we know."""
    forms: list[int] = []

    def take(message: Message) -> None:
        forms.append(message.reply.count(".") + 1)

    held = (name for name in _MADE_ON if name in found and found[name].messages)
    for name in held:
        start = Start(seq=found[name].last_seq)
        with contextlib.suppress(BusError, ValueError, IndexError):
            await bus.read(name, take, filters=[], start=start, headers_only=True, timeout_s=_READ_S)
        break
    return forms[0] > _FIRST_FORM if forms else None


_FIRST_FORM = 9
"""Tokens of ``$JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<place>.<time>.<pending>``."""

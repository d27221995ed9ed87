"""Reading a stream by sequence through an ephemeral consumer that acknowledges nothing: live, back in time, or ids alone."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.bus import api
from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.pull import Pull
from tocsin.model.errors import BusError, BusUnavailable, Gone
from tocsin.model.times import NS_PER_S, format_ns

log = logging.getLogger(__name__)

_IDLE_S = 60.0
"""An ephemeral consumer nobody pulls from goes by itself after this."""
_RETRY_S = 0.5
_BATCH = 1000

Handle = Callable[[Message], Awaitable[None] | None]


class Start(Struct, frozen=True, kw_only=True):
    """Where to begin: at a sequence, or at the first message stored at or after a time."""

    seq: int = 1
    time_ns: int = 0


class _Created(Struct):
    name: str
    num_pending: int = 0


async def follow(
    connection: Connection,
    stream: str,
    filters: Collection[str],
    start: Start,
    handle: Handle,
    stop: asyncio.Event,
    *,
    headers_only: bool = False,
) -> None:
    """Hand over every message from *start* on, each once and in order, across reconnections, until *stop* is set.

    A delivery may get lost with its connection and nothing acknowledges it, so the consumer's own numbers are watched:
    where one is missing, reading begins again after the last message that came.
    """
    reader = _Reader(connection, stream, list(filters), start, handle, headers_only=headers_only)
    while not stop.is_set():
        try:
            await reader.read(stop)
        except (BusUnavailable, Gone) as error:
            log.warning("stream.unreadable", extra={"stream": stream, "error": str(error)})
            await _pause(stop, _RETRY_S)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait({waiting}, timeout=seconds)
    waiting.cancel()


class _Reader:
    """One place in one stream, and the consumers that were made to read on from it."""

    def __init__(
        self,
        connection: Connection,
        stream: str,
        filters: list[str],
        start: Start,
        handle: Handle,
        *,
        headers_only: bool,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._filters = filters
        self._start = start
        self._handle = handle
        self._headers_only = headers_only
        self._place = 0
        self._broken = asyncio.Event()

    async def read(self, stop: asyncio.Event) -> None:
        """Read with one consumer until it breaks or *stop* is set."""
        created = await create(
            self._connection, self._stream, self._filters, self._start, headers_only=self._headers_only
        )
        self._place = 0
        self._broken.clear()
        pull = Pull(self._connection, self._stream, created.name, self._take, batch=_BATCH)
        ends = asyncio.Event()
        watch = asyncio.ensure_future(self._either(stop, ends))
        self._connection.on_reconnect.append(self._broken.set)
        try:
            await pull.run(ends)
        finally:
            self._connection.on_reconnect.remove(self._broken.set)
            watch.cancel()
            await delete(self._connection, self._stream, created.name)

    async def _either(self, stop: asyncio.Event, ends: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._broken.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        ends.set()

    async def _take(self, message: Message) -> None:
        if self._broken.is_set():
            return
        if message.place != self._place + 1:
            self._broken.set()
            return
        self._place += 1
        waiting = self._handle(message)
        if waiting is not None:
            await waiting
        self._start = Start(seq=message.seq + 1)


async def create(
    connection: Connection, stream: str, filters: list[str], start: Start, *, headers_only: bool
) -> _Created:
    """An ephemeral pull consumer; with one filter, the subject of the request carries it, so that rights can name it."""
    name = f"{connection.service}-{secrets.token_hex(6)}"
    config: dict[str, Any] = {
        "name": name,
        "ack_policy": "none",
        "replay_policy": "instant",
        "headers_only": headers_only,
        "inactive_threshold": int(_IDLE_S * NS_PER_S),
        "mem_storage": True,
        "num_replicas": 1,
    }
    if start.time_ns:
        config |= {"deliver_policy": "by_start_time", "opt_start_time": format_ns(start.time_ns)}
    else:
        config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": max(1, start.seq)}
    subject = f"CONSUMER.CREATE.{stream}.{name}"
    if len(filters) == 1:
        config["filter_subject"] = filters[0]
        subject = f"{subject}.{filters[0]}"
    elif filters:
        config["filter_subjects"] = filters
    answer = await api.call(connection.client, subject, {"stream_name": stream, "config": config, "action": "create"})
    return msgspec.json.decode(answer, type=_Created)


async def delete(connection: Connection, stream: str, name: str) -> None:
    """Drop a consumer of our own; it goes by itself after a minute where that fails."""
    if not connection.up:
        return
    try:
        await api.call(connection.client, f"CONSUMER.DELETE.{stream}.{name}", timeout_s=1.0)
    except BusError:
        return


async def drain(
    connection: Connection,
    stream: str,
    filters: Collection[str],
    start: Start,
    handle: Handle,
    *,
    headers_only: bool = False,
    timeout_s: float = 120.0,
) -> None:
    """Hand over every message from *start* to the stream's end as it is now; `BusUnavailable` where that gets stuck."""
    created = await create(connection, stream, list(filters), start, headers_only=headers_only)
    ends = asyncio.Event()
    places = 0

    async def take(message: Message) -> None:
        nonlocal places
        if ends.is_set():
            return
        places += 1
        if message.place != places:
            raise BusUnavailable(f"{stream}: a delivery was lost while reading back")
        waiting = handle(message)
        if waiting is not None:
            await waiting
        if message.pending == 0 or places >= created.num_pending:
            ends.set()

    if created.num_pending:
        pull = Pull(connection, stream, created.name, take, batch=_BATCH)
        try:
            async with asyncio.timeout(timeout_s):
                await pull.run(ends)
        except TimeoutError as error:
            raise BusUnavailable(f"{stream}: reading back took longer than {timeout_s:g} s") from error
        if places < created.num_pending:
            raise BusUnavailable(f"{stream}: {places} of {created.num_pending} messages could be read back")
    await delete(connection, stream, created.name)

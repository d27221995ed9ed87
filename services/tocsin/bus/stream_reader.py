"""Reading a stream by sequence through short-lived consumers without acknowledgement: live, past, or ids alone.

A delivery may get lost with its connection, so the reader watches the consumer's own numbers. If one is missing, or the
connection broke, or the consumer is gone, a new consumer continues after the last message that arrived.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.bus import jetstream_api
from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.pull import Pull
from tocsin.bus.stopping import background, wait_or_stop
from tocsin.model.errors import BusError, BusUnavailable, Fatal
from tocsin.model.timestamps import NS_PER_S, format_ns

log = logging.getLogger(__name__)

_INACTIVE_S = 60.0
"""The server deletes a consumer that is not pulled from for this long."""
_RETRY_S = 0.2
_STALLED_S = 2.0
"""If nothing arrives for this long before the end of the stream, a new consumer asks what is left."""
_LOG_INTERVAL_S = 10.0
_BATCH = 1000
PATIENCE_S = 30.0

Handle = Callable[[Message], Awaitable[None] | None]


class Start(Struct, frozen=True, kw_only=True):
    """Where reading starts: at a sequence, or at the first message stored at or after a time."""

    seq: int = 1
    time_ns: int = 0


class _Created(Struct):
    name: str
    num_pending: int = 0


class _State(Struct):
    last_seq: int


class _Stream(Struct):
    state: _State


class _Lost(Exception):
    """A delivery did not arrive."""


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
    """Call *handle* for every message from *start* on, once and in order, across reconnections, until *stop* is set."""
    reader = _Reader(connection, stream, list(filters), start, handle, headers_only=headers_only)
    logged_at = 0.0
    while not stop.is_set():
        try:
            await reader.read(stop)
        except Fatal:
            raise
        except BusError as error:
            if time.monotonic() - logged_at > _LOG_INTERVAL_S:
                logged_at = time.monotonic()
                log.warning("stream.unreadable", extra={"stream": stream, "error": str(error)})
            await wait_or_stop(stop, _RETRY_S)


async def drain(
    connection: Connection,
    stream: str,
    filters: Collection[str],
    start: Start,
    handle: Handle,
    *,
    headers_only: bool = False,
    timeout_s: float = PATIENCE_S,
) -> None:
    """Call *handle* for every message from *start* to the present end of the stream, however long that takes.

    `BusUnavailable` if nothing arrives for *timeout_s*: what was handled until then is in order and without a gap.
    """
    reader = _Reader(connection, stream, list(filters), start, handle, headers_only=headers_only)
    moved_at, place = time.monotonic(), reader.start
    while not reader.ended:
        try:
            if not reader.bounded:
                reader.bound(await _last_seq(connection, stream))
                continue
            await reader.read(asyncio.Event())
        except BusUnavailable as error:
            if reader.start == place and time.monotonic() - moved_at > timeout_s:
                raise BusUnavailable(f"{stream}: reading back is stuck: {error}") from error
            await connection.until_up(_RETRY_S)
            await asyncio.sleep(_RETRY_S / 4)
        if reader.start != place:
            moved_at, place = time.monotonic(), reader.start
        elif time.monotonic() - moved_at > timeout_s and not reader.ended:
            raise BusUnavailable(f"{stream}: reading back is stuck, nothing came for {timeout_s:g} s")


async def _last_seq(connection: Connection, stream: str) -> int:
    answer = await jetstream_api.call(connection, f"STREAM.INFO.{stream}")
    return msgspec.json.decode(answer, type=_Stream).state.last_seq


class _Reader:
    """A place in a stream, and the consumers that read on from it, one after the other."""

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
        self.start = start
        self.ended = False
        """Whether the bound was reached."""
        self.bounded = False
        self._connection = connection
        self._stream = stream
        self._filters = filters
        self._handle = handle
        self._headers_only = headers_only
        self._last = 0
        self._place = 0
        self._moved_at = 0.0
        self._end = asyncio.Event()

    def bound(self, last_seq: int) -> None:
        """Read up to *last_seq* and no further."""
        self._last = last_seq
        self.bounded = True
        self.ended = self.start.seq > last_seq

    async def read(self, stop: asyncio.Event) -> None:
        """Read with one consumer until it breaks, the bound is reached or *stop* is set."""
        created = await create(
            self._connection, self._stream, self._filters, self.start, headers_only=self._headers_only
        )
        try:
            if self.bounded and not created.num_pending:
                self.ended = True
                return
            self._place, self._moved_at = 0, time.monotonic()
            self._end = end = asyncio.Event()
            pull = Pull(self._connection, self._stream, created.name, self._take, batch=_BATCH, durable=False)
            async with background(self._watch(stop, end)):
                await pull.run(end)
        except _Lost:
            log.warning("stream.reread", extra={"stream": self._stream, "seq": self.start.seq})
        finally:
            await delete(self._connection, self._stream, created.name)

    async def _watch(self, stop: asyncio.Event, end: asyncio.Event) -> None:
        """End the reading with one consumer after a stop, or when it stalls before the bound."""
        while not stop.is_set():
            await wait_or_stop(stop, _STALLED_S / 4)
            if self.bounded and time.monotonic() - self._moved_at > _STALLED_S:
                break
        end.set()

    async def _take(self, message: Message) -> None:
        if message.place != self._place + 1:
            raise _Lost
        self._place += 1
        seq = message.seq
        if self.bounded and seq > self._last:
            self.ended = True
            self._end.set()
            return
        waiting = self._handle(message)
        if waiting is not None:
            await waiting
        self.start = Start(seq=seq + 1)
        if self.bounded:
            self._moved_at = time.monotonic()
            if seq >= self._last or message.pending == 0:
                self.ended = True
                self._end.set()


async def create(
    connection: Connection, stream: str, filters: list[str], start: Start, *, headers_only: bool
) -> _Created:
    """Create a short-lived pull consumer; a single filter is part of the subject, so that rights can name it."""
    name = f"{connection.service}-{secrets.token_hex(6)}"
    config: dict[str, Any] = {
        "name": name,
        "ack_policy": "none",
        "replay_policy": "instant",
        "headers_only": headers_only,
        "inactive_threshold": int(_INACTIVE_S * NS_PER_S),
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
    request = {"stream_name": stream, "config": config, "action": "create"}
    answer = await jetstream_api.call(connection, subject, request)
    return msgspec.json.decode(answer, type=_Created)


async def delete(connection: Connection, stream: str, name: str) -> None:
    """Delete a consumer that `create` made; if that fails the server deletes it after a minute."""
    if not connection.up:
        return
    try:
        await jetstream_api.call(connection, f"CONSUMER.DELETE.{stream}.{name}", timeout_s=1.0)
    except BusError:
        return


async def count(connection: Connection, stream: str, filter: str, start: Start) -> int:
    """How many messages of the stream from *start* on match *filter*; none of them is read."""
    created = await create(connection, stream, [filter], start, headers_only=True)
    await delete(connection, stream, created.name)
    return created.num_pending

"""Events for trials of rules: from a file (of events or of alerts, gzipped or not), standard input, or the stream."""

import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from tocsin.bus import Message, NatsSettings, open_bus, streams
from tocsin.cli import nats_discovery, tail
from tocsin.model import subjects
from tocsin.model.errors import SettingsError
from tocsin.model.timestamps import parse_ns

MAX_LINE_BYTES = 8 << 20
"""No event and no alert is longer: the server takes no larger message."""
_GZIP = b"\x1f\x8b"
_NO_EVENT = Raw(b"")


class Given(Struct, frozen=True):
    """One event to try rules on."""

    line: bytes
    """As Tetragon wrote it."""
    id: str = ""
    """The next four of an alert; else empty."""
    time_ns: int | None = None
    cluster: str = ""
    node: str = ""


class _Alert(Struct, frozen=True):
    id: str = ""
    time: str = ""
    cluster: str = ""
    node: str = ""
    fingerprint: str = ""
    event: Raw = _NO_EVENT


_alerts = msgspec.json.Decoder(_Alert)


def given(line: bytes) -> Given | None:
    """The event in *line*, itself an event or an alert; ``None`` for an alert without one (a correlation's)."""
    try:
        alert = _alerts.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return Given(line)  # whoever judges it says what is wrong
    if not alert.fingerprint:
        return Given(line)
    if not bytes(memoryview(alert.event)):
        return None
    return Given(bytes(alert.event), alert.id, parse_ns(alert.time), alert.cluster, alert.node)


def lines(path: str) -> Iterator[Given]:
    """The events of a file, one a line; ``-`` is standard input. `SettingsError` where it cannot be read."""
    with _opened(path) as file:
        while True:
            line = file.readline(MAX_LINE_BYTES + 1)
            if not line:
                return
            cut = line
            while len(cut) > MAX_LINE_BYTES and not cut.endswith(b"\n"):
                cut = file.readline(MAX_LINE_BYTES + 1)  # the rest of a line too long; what was read of it is no JSON
            found = given(line.strip()) if line.strip() else None
            if found is not None:
                yield found


def whole(path: str) -> list[Given]:
    """The events of a file that may hold a single one over several lines."""
    with _opened(path) as file:
        content = file.read(MAX_LINE_BYTES + 1)
    if len(content) > MAX_LINE_BYTES:
        raise SettingsError(f"{path}: more than {MAX_LINE_BYTES:,} bytes")
    try:
        msgspec.json.decode(content, type=dict[str, Raw])
        found = [given(content)]
    except (msgspec.DecodeError, RecursionError, ValueError):
        found = [given(line) for line in content.splitlines() if line.strip()]
    events = [each for each in found if each is not None]
    if not events:
        raise SettingsError(f"{path}: no event in it")
    return events


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        if path == "-":
            yield sys.stdin.buffer
            return
        with Path(path).open("rb") as plain:
            if plain.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
                yield plain
                return
            with gzip.open(plain) as packed:
                yield packed  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile) as error:
        raise SettingsError(f"{path}: broken gzip: {error}") from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error


async def of_stream(since: str, state_dir: str, take: Callable[[Given], None]) -> None:
    """Hand over the event of every alert of the last *since* (``2h``), up to the present end of the stream."""
    nats: NatsSettings = nats_discovery.nats(os.environ, state_dir)
    begin = tail.start(since, time.time_ns())

    def taken(message: Message) -> None:
        found = given(message.payload)
        if found is not None:
            take(found)

    async with open_bus(nats, "admin", wait_s=10.0) as bus:
        await bus.read(streams.ALERTS, taken, filters=[subjects.ALL_ALERTS], start=begin)

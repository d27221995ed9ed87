"""Input events for rule commands: from a file of events or alerts (optionally gzipped), standard input, or NATS."""

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
"""No event and no alert is longer: the server accepts no larger message."""
_GZIP = b"\x1f\x8b"
_NO_EVENT = Raw(b"")


class InputEvent(Struct, frozen=True):
    """One event to judge."""

    line: bytes
    """As Tetragon wrote it."""
    id: str = ""
    """The next four are set if the input is an alert."""
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


def parse_line(line: bytes) -> InputEvent | None:
    """The event in *line*, which is an event or an alert; ``None`` for an alert without one (of a correlation)."""
    try:
        alert = _alerts.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return InputEvent(line)  # judging it will say what is wrong
    if not alert.fingerprint:
        return InputEvent(line)
    if not bytes(memoryview(alert.event)):
        return None
    return InputEvent(bytes(alert.event), alert.id, parse_ns(alert.time), alert.cluster, alert.node)


def read_lines(path: str) -> Iterator[InputEvent]:
    """The events of a file, one per line; ``-`` is standard input. `SettingsError` if it cannot be read."""
    with _open(path) as file:
        while True:
            line = file.readline(MAX_LINE_BYTES + 1)
            if not line:
                return
            rest = line
            while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                rest = file.readline(MAX_LINE_BYTES + 1)  # skip the rest of a line that is too long
            event = parse_line(line.strip()) if line.strip() else None
            if event is not None:
                yield event


def read_all(path: str) -> list[InputEvent]:
    """The events of a file that may hold a single event over several lines."""
    with _open(path) as file:
        content = file.read(MAX_LINE_BYTES + 1)
    if len(content) > MAX_LINE_BYTES:
        raise SettingsError(f"{path}: more than {MAX_LINE_BYTES:,} bytes")
    try:
        msgspec.json.decode(content, type=dict[str, Raw])
        parsed = [parse_line(content)]
    except (msgspec.DecodeError, RecursionError, ValueError):
        parsed = [parse_line(line) for line in content.splitlines() if line.strip()]
    events = [each for each in parsed if each is not None]
    if not events:
        raise SettingsError(f"{path}: it contains no event")
    return events


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    try:
        if path == "-":
            yield sys.stdin.buffer
            return
        with Path(path).open("rb") as file:
            if file.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
                yield file
                return
            with gzip.open(file) as unpacked:
                yield unpacked  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile) as error:
        raise SettingsError(f"{path}: broken gzip: {error}") from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise SettingsError(f"cannot read {path}: {error.strerror or error}") from error


async def read_stream(since: str, state_dir: str, take: Callable[[InputEvent], None]) -> None:
    """Call *take* with the event of every alert of the last *since* (``2h``), up to the current end of the stream."""
    nats: NatsSettings = nats_discovery.nats(os.environ, state_dir)
    begin = tail.start(since, time.time_ns())

    def take_message(message: Message) -> None:
        event = parse_line(message.payload)
        if event is not None:
            take(event)

    async with open_bus(nats, "admin", wait_s=10.0) as bus:
        await bus.read(streams.ALERTS, take_message, filters=[subjects.ALL_ALERTS], start=begin)

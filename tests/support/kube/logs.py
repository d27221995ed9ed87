"""What one container has written, and what the kubelet gives of it to each reader; the faults of a log are here."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Ending = Literal["end", "reset", "never"]
Follow = Literal["on", "lost", "ended"]


@dataclass(frozen=True)
class Entry:
    """One line of the runtime's log file, with its newline; without one it is the first part of a longer line."""

    time_ns: int
    raw: bytes


@dataclass(frozen=True)
class Stop:
    """A reader gets the entries before *index* and then *part*; how it goes on from there is *ending*."""

    index: int
    part: bytes
    ending: Ending


class ContainerLog:
    """The log of a container over all its restarts; every method acts at once on the readers of this loop."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.held = False
        self.chunk_bytes = 0
        """Where not 0, readers get pieces of at most so many bytes."""
        self._start = 0
        self._previous: range | None = None
        self._streams: set[Stream] = set()

    @property
    def streams(self) -> int:
        """How many readers are open now."""
        return len(self._streams)

    def write(self, *lines: bytes, time_ns: int | None = None) -> None:
        """Append whole *lines*; the newline is added. *time_ns* is when the runtime read it (default now)."""
        for line in lines:
            self.write_raw(line + b"\n", time_ns=time_ns)

    def write_raw(self, raw: bytes, *, time_ns: int | None = None) -> None:
        """Append *raw* as it is: half a line, two lines in one another, no newline."""
        self.entries.append(Entry(time.time_ns() if time_ns is None else time_ns, raw))
        self._wake()

    def hold(self) -> None:
        """Silence: readers stay open, new ones too, and get nothing of what is written."""
        self.held = True

    def release(self) -> None:
        """Readers get what was held back."""
        self.held = False
        self._wake()

    def end_streams(self) -> None:
        """The open readers get what they have not had yet, then the end of the stream; nothing more of it while held."""
        self._stop_all("end")

    def reset_streams(self) -> None:
        """The same, but the connection breaks."""
        self._stop_all("reset")

    def cut(self, line: bytes, *, after_bytes: int) -> None:
        """Write *line* whole, but the connection of the open readers breaks after its first *after_bytes*."""
        for stream in self._streams:
            stream.stop = Stop(len(self.entries), line[:after_bytes], "reset")
        self.write(line)

    def rotate(self, *, follow: Follow = "on") -> None:
        """The runtime begins a new file, and what was written before is out of reach of new readers.

        The open ones go on with the new file, or have lost it and stay silent for ever, or are ended.
        """
        if follow != "on":
            self._stop_all("never" if follow == "lost" else "end")
        self._start = len(self.entries)

    def restart(self) -> None:
        """The container has ended and runs again: readers end, what it wrote is the log of the previous one."""
        self.end_streams()
        self._previous = range(self._start, len(self.entries))
        self._start = len(self.entries)

    def open(
        self,
        *,
        follow: bool,
        previous: bool = False,
        since_ns: int = 0,
        tail: int | None = None,
        limit_bytes: int | None = None,
        timestamps: bool = False,
    ) -> "Stream":
        """A new reader, to be closed; ``LookupError`` where there is no previous container."""
        if previous and self._previous is None:
            raise LookupError("no previous container")
        span = self._previous if previous and self._previous is not None else range(self._start, len(self.entries))
        first = span.stop - min(tail, len(span)) if tail is not None else span.start
        stream = Stream(self, first, since_ns, limit_bytes, _stamped if timestamps else _plain, self._streams.discard)
        if previous or not follow:
            stream.stop = Stop(span.stop, b"", "end")
        self._streams.add(stream)
        return stream

    def _stop_all(self, ending: Ending) -> None:
        for stream in self._streams:
            stream.stop = Stop(stream.next if self.held else len(self.entries), b"", ending)
        self._wake()

    def _wake(self) -> None:
        for stream in self._streams:
            stream.changed.set()


class Stream:
    """One reader: its place in the log and where it has to stop."""

    def __init__(
        self,
        log: ContainerLog,
        first: int,
        since_ns: int,
        limit_bytes: int | None,
        render: Callable[[Entry], bytes],
        close: Callable[["Stream"], None],
    ) -> None:
        self.next = first
        self.stop: Stop | None = None
        self.changed = asyncio.Event()
        self._log = log
        self._since_ns = since_ns
        self._left = limit_bytes
        self._render = render
        self._close = close

    def take(self) -> bytes:
        """The next piece; empty where there is none now."""
        self.changed.clear()
        piece = self._piece()
        if self._left is not None:
            piece = piece[: self._left]
            self._left -= len(piece)
            if self._left == 0:
                self.stop = Stop(self.next, b"", "end")
        return piece

    def ending(self) -> Ending | None:
        """How it ends where all was taken; ``None`` while more may come."""
        if self.stop is None or self.stop.ending == "never" or self.stop.part or self.next < self.stop.index:
            return None
        return self.stop.ending

    def close(self) -> None:
        """The reader is gone."""
        self._close(self)

    def _piece(self) -> bytes:
        last = len(self._log.entries) if self.stop is None else self.stop.index
        while self.next < last and not self._log.held:
            entry = self._log.entries[self.next]
            self.next += 1
            if entry.time_ns >= self._since_ns:
                return self._render(entry)
        if self.stop is None or self.next < self.stop.index:
            return b""
        part, self.stop = self.stop.part, Stop(self.stop.index, b"", self.stop.ending)
        return part


def _plain(entry: Entry) -> bytes:
    return entry.raw


def _stamped(entry: Entry) -> bytes:
    seconds, rest = divmod(entry.time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z ".encode() + entry.raw

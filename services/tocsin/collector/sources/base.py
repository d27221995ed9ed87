"""The contract of a source: batches of lines, each with the place where it ends, in bounded memory."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from msgspec import Struct

from tocsin.model.checkpoint import Interval, Position

CHUNK_BYTES = 256 << 10
"""What is read at once; a batch holds the lines that end in it."""


class Line(Struct, frozen=True, gc=False):
    """One line as it was read."""

    raw: bytes
    """Without its line end; of a line over the limit only the beginning."""
    position: Position
    """Where the line ends. Empty for a source that cannot be read again."""
    place: str
    """What tells equal bytes at two places apart: the source, the file and the offset where the line ends."""
    size: int
    """Bytes of the whole line, line end included."""
    received_ns: int
    """When it was read, nanoseconds since 1970."""
    digest: str = ""
    """BLAKE2b-128 of the whole line, in hex, where it is over the limit; else empty."""


class Batch(Struct, frozen=True):
    """What was read at once, in order; either part may be empty."""

    lines: Sequence[Line] = ()
    vanished_files: int = 0
    """Files found gone (or unreadable from some place on) after these lines."""
    vanished_bytes: int = 0
    """What was not read of them, where that is known."""
    unread: Sequence[Interval] = ()
    """Found before these lines: what was written and cannot be read any more."""


class Source(Protocol):
    """Where lines come from."""

    @property
    def name(self) -> str:
        """For people, and what the checkpoint's key is made of: ``file /var/log/tetragon/tetragon.log``."""

    @property
    def replays(self) -> bool:
        """Whether lines after a position can be read again. If not, no promise holds across a kill."""

    @property
    def problem(self) -> str:
        """Why nothing can be read now, in words; empty where all is well."""

    @property
    def lag_bytes(self) -> int:
        """What is known to be there and not read yet."""

    @property
    def caught_up(self) -> bool:
        """Whether everything that was there at the last look has been handed over."""

    @property
    def read_errors(self) -> int:
        """How often reading failed."""

    def resume(self, position: Position | None) -> bool | None:
        """Begin after *position* (``None``: at the beginning). Whether the place was found; if not, all is read.

        ``None`` where there is nothing yet to look for it in: ask again.
        """

    def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """Lines as they come, until *stop* is set or the source has ended."""

    def look(self) -> None:
        """Hold on to what may vanish. Called four times a second, also while nobody reads."""

    def facts(self) -> dict[str, str | int | float]:
        """What people want to know of it."""

    def close(self) -> None:
        """Let go of everything."""

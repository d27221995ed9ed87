"""The contract of a source: batches of lines with positions, in bounded memory."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from msgspec import Struct

from tocsin.model.checkpoint import Interval, Position

CHUNK_BYTES = 256 << 10
"""Bytes read at once; a batch contains the lines that end in them."""


class Line(Struct, frozen=True, gc=False):
    """One line as it was read."""

    raw: bytes
    """Without its line end; only the beginning if the line is over the limit."""
    position: Position
    """The position after the line. Empty for a source that cannot be read again."""
    place: str
    """Distinguishes equal lines: the file, or the log, and the offset after the line."""
    size: int
    """Bytes of the whole line, line end included."""
    received_ns: int
    """When it was read, in nanoseconds since 1970."""
    digest: str = ""
    """BLAKE2b-128 of the whole line in hex if it is over the limit; else empty."""


class Batch(Struct, frozen=True):
    """What was read at once, in order; each part may be empty."""

    lines: Sequence[Line] = ()
    vanished_files: int = 0
    """Files that vanished, or became unreadable, after these lines."""
    vanished_bytes: int = 0
    """Their unread bytes, as far as known."""
    unread: Sequence[Interval] = ()
    """Gaps before these lines: lines that were written and cannot be read any more."""


class Source(Protocol):
    """A source of lines."""

    @property
    def name(self) -> str:
        """Its name, from which the checkpoint's key is built: ``file /var/log/tetragon/tetragon.log``."""

    @property
    def replays(self) -> bool:
        """Whether lines after a position can be read again. If not, lines in flight are lost at a kill."""

    @property
    def problem(self) -> str:
        """Why nothing can be read now, in words; else empty."""

    @property
    def lag_bytes(self) -> int:
        """Bytes written and not read yet, as far as known."""

    @property
    def caught_up(self) -> bool:
        """Whether all lines that were there at the last check were delivered."""

    @property
    def read_errors(self) -> int:
        """Number of failed reads."""

    def resume(self, position: Position | None) -> bool | None:
        """Begin after *position* (``None``: at the beginning). Whether the position was found; if not, all is read.

        ``None`` if there is nothing to read yet: call it again later.
        """

    def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """Lines as they come, until *stop* is set or the source ends."""

    def refresh(self) -> None:
        """Open what may vanish before it is read. Called four times a second, also while reading is paused."""

    def facts(self) -> dict[str, str | int | float]:
        """What the service report says about it."""

    def close(self) -> None:
        """Release all resources."""

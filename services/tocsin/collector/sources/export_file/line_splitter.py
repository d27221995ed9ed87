"""Cuts a stream of bytes into lines, keeping at most one line limit in memory."""

import hashlib

from msgspec import Struct

HEAD_BYTES = 64 << 10
"""Bytes kept of a line over the limit."""
DIGEST_BYTES = 16


class RawLine(Struct, frozen=True, gc=False):
    """One line and where it ends."""

    raw: bytes
    end: int
    """Offset after its line end."""
    size: int
    """Its bytes, line end included."""
    digest: str = ""
    """BLAKE2b-128 of the whole line, if only its beginning is in `raw`."""


class LineSplitter:
    """Takes chunks and returns lines; bytes after the last line end wait for the next chunk."""

    def __init__(self, limit: int, offset: int = 0) -> None:
        """Lines of more than *limit* bytes are hashed and cut; the first chunk begins at *offset*."""
        self.offset = offset
        """After the last byte taken."""
        self._limit = limit
        self._parts: list[bytes] = []
        self._length = 0
        self._hasher: hashlib.blake2b | None = None

    @property
    def unfinished_bytes(self) -> int:
        """Bytes taken since the last line end."""
        return self._length

    def feed(self, chunk: bytes) -> list[RawLine]:
        """The lines that end in *chunk*."""
        pieces = chunk.split(b"\n")
        rest = pieces.pop()
        lines = []
        end = self.offset
        for piece in pieces:
            end += len(piece) + 1
            if self._length or len(piece) > self._limit:
                self._append(piece)
                lines.append(self._take(end, 1))
            else:
                lines.append(RawLine(piece, end, len(piece) + 1))
        self.offset += len(chunk)
        if rest:
            self._append(rest)
        return lines

    def finish(self) -> RawLine | None:
        """The bytes after the last line end, as a line of their own; the file grows no more."""
        return self._take(self.offset, 0) if self._length else None

    def _append(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._hasher is not None:
            self._hasher.update(piece)
            return
        self._parts.append(piece)
        if self._length > self._limit:
            whole = b"".join(self._parts)
            self._hasher = hashlib.blake2b(whole, digest_size=DIGEST_BYTES)
            self._parts = [whole[:HEAD_BYTES]]

    def _take(self, end: int, line_end: int) -> RawLine:
        digest = "" if self._hasher is None else self._hasher.hexdigest()
        line = RawLine(b"".join(self._parts), end, self._length + line_end, digest)
        self._parts, self._length, self._hasher = [], 0, None
        return line

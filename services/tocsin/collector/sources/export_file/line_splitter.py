"""Cutting a stream of bytes into lines without ever holding more than the limit of one."""

import hashlib

from msgspec import Struct

HEAD_BYTES = 64 << 10
"""What is kept of a line over the limit."""
DIGEST_BYTES = 16


class RawLine(Struct, frozen=True, gc=False):
    """One line, and where it ends."""

    raw: bytes
    end: int
    """Offset after its line end."""
    size: int
    """Its bytes, line end included."""
    digest: str = ""
    """BLAKE2b-128 of the whole, where only its beginning is in `raw`."""


class LineSplitter:
    """Takes chunks, gives lines; what has no line end yet waits inside."""

    def __init__(self, limit: int, offset: int = 0) -> None:
        """Lines of more than *limit* bytes are hashed and cut; the first chunk begins at *offset*."""
        self.offset = offset
        """After the last byte taken."""
        self._limit = limit
        self._parts: list[bytes] = []
        self._length = 0
        self._hasher: hashlib.blake2b | None = None

    @property
    def held(self) -> int:
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
                self._hold(piece)
                lines.append(self._take(end, 1))
            else:
                lines.append(RawLine(piece, end, len(piece) + 1))
        self.offset += len(chunk)
        if rest:
            self._hold(rest)
        return lines

    def finish(self) -> RawLine | None:
        """What came after the last line end, as a line of its own; the file grows no more."""
        return self._take(self.offset, 0) if self._length else None

    def _hold(self, piece: bytes) -> None:
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

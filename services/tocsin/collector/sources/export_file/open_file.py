"""One file held open by its inode, plain or compressed, read from an offset in uncompressed bytes."""

import errno
import os
import stat
import zlib
from typing import Protocol

from tocsin.collector.sources.base import CHUNK_BYTES
from tocsin.collector.sources.export_file import file_identity

_HEAD_BYTES = 4 << 10
"""What is compared at each read: a file rewritten in place begins with another event, whose exec_id stands up front."""
_GZIP = 31
"""zlib's ``wbits`` for a gzip header and the largest window."""


class FileReplaced(Exception):
    """The file was truncated or rewritten in place: begin again at its start."""


class OpenFile(Protocol):
    """A file that stays readable after its name is gone."""

    path: str
    identity: tuple[int, int]
    """Device and inode."""
    offset: int
    """The next byte to read."""
    broken: str
    """Why no more of it can be read, where it ends too early."""

    def read(self) -> bytes:
        """The next bytes, at most 256 KiB; none at its end. `Replaced` where they are no continuation."""

    def seek(self, offset: int) -> None:
        """Read from *offset* on."""

    def fingerprint(self, *, final: bool) -> str:
        """See `places.fingerprint`."""

    def size(self) -> int | None:
        """Uncompressed bytes, where that is known."""

    def begins_line(self, offset: int) -> bool:
        """Whether a line may begin at *offset*, as far as can be told."""

    def linked(self) -> bool:
        """Whether it still has a name."""

    def close(self) -> None:
        """Let go of it."""


def open_file(path: str) -> "OpenFile":
    """Hold *path* open; ``OSError`` where that cannot be, or where it is no file."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # opening a pipe would wait for a writer
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", path)
        return _GzipFile(path, fd) if path.endswith(".gz") else _PlainFile(path, fd)
    except BaseException:
        os.close(fd)
        raise


class _OpenFd:
    def __init__(self, path: str, fd: int) -> None:
        status = os.fstat(fd)
        self.path = path
        self.identity = (status.st_dev, status.st_ino)
        self.offset = 0
        self.broken = ""
        self._fd = fd

    def linked(self) -> bool:
        return os.fstat(self._fd).st_nlink > 0

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class _PlainFile(_OpenFd):
    def __init__(self, path: str, fd: int) -> None:
        super().__init__(path, fd)
        self._head = b""

    def read(self) -> bytes:
        chunk = os.pread(self._fd, CHUNK_BYTES, self.offset)
        if not chunk:
            if os.fstat(self._fd).st_size < self.offset:
                raise FileReplaced(self.path)
            return b""
        if self._head and os.pread(self._fd, len(self._head), 0) != self._head:
            raise FileReplaced(self.path)
        if self.offset == len(self._head) < _HEAD_BYTES:
            self._head += chunk[: _HEAD_BYTES - len(self._head)]
        self.offset += len(chunk)
        return chunk

    def seek(self, offset: int) -> None:
        self.offset = offset
        self._head = os.pread(self._fd, min(offset, _HEAD_BYTES), 0)

    def fingerprint(self, *, final: bool) -> str:
        return file_identity.fingerprint(os.pread(self._fd, file_identity.IDENTITY_BYTES, 0), final=final)

    def size(self) -> int | None:
        return os.fstat(self._fd).st_size

    def begins_line(self, offset: int) -> bool:
        if offset in (0, os.fstat(self._fd).st_size):
            return True
        return os.pread(self._fd, 1, offset - 1) == b"\n"

    def last_line_start(self) -> int:
        """Where a line begins that has no end yet: the offset after the last line end."""
        end = os.fstat(self._fd).st_size
        while end > 0:
            start = max(0, end - CHUNK_BYTES)
            found = os.pread(self._fd, end - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0


class _Inflater:
    """The uncompressed bytes of a gzip file, a chunk at a time."""

    def __init__(self, fd: int) -> None:
        self.broken = ""
        self.offset = 0
        """After the last byte given out."""
        self._fd = fd
        self._taken = 0
        self._inflate = zlib.decompressobj(_GZIP)
        self._input = b""

    def next(self) -> bytes:
        while not self.broken:
            if self._inflate.eof:  # a gzip file may be several, one after the other, padded with zeros
                self._input = self._inflate.unused_data.lstrip(b"\0") or self._more().lstrip(b"\0")
                if not self._input:
                    return b""
                self._inflate = zlib.decompressobj(_GZIP)
            data = self._input or self._more()
            try:
                chunk = self._inflate.decompress(data, CHUNK_BYTES)
            except zlib.error as error:
                self.broken = f"damaged after {self.offset:,} uncompressed bytes ({error})"
                return b""
            self._input = self._inflate.unconsumed_tail
            self.offset += len(chunk)
            if chunk:
                return chunk
            if not data and not self._inflate.eof:
                self.broken = f"it ends too early, after {self.offset:,} uncompressed bytes"
        return b""

    def _more(self) -> bytes:
        data = os.pread(self._fd, CHUNK_BYTES, self._taken)
        self._taken += len(data)
        return data


class _GzipFile(_OpenFd):
    """A gzip file, never written any more; it may end too early or be damaged."""

    def __init__(self, path: str, fd: int) -> None:
        super().__init__(path, fd)
        self._inflater = _Inflater(fd)

    def read(self) -> bytes:
        """See `Opened.read`; what lies before the offset that was sought is inflated and passed over."""
        while chunk := self._inflater.next():
            fresh = self._inflater.offset - self.offset
            if fresh > 0:
                self.offset = self._inflater.offset
                return chunk[-fresh:]
        self.broken = self._inflater.broken
        if not self.broken and self._inflater.offset < self.offset:
            self.broken = f"it ends after {self._inflater.offset:,} bytes, before the place where reading stood"
        return b""

    def seek(self, offset: int) -> None:
        self._inflater = _Inflater(self._fd)
        self.offset = offset

    def fingerprint(self, *, final: bool) -> str:
        inflater, beginning = _Inflater(self._fd), b""
        while len(beginning) < file_identity.IDENTITY_BYTES and (chunk := inflater.next()):
            beginning += chunk
        return file_identity.fingerprint(beginning, final=final)

    def size(self) -> int | None:
        return None

    def begins_line(self, offset: int) -> bool:
        return offset >= 0  # only reading it all would tell more


def line_start(opened: OpenFile) -> int:
    """Where what is written from now on begins, not cutting a line in two."""
    return opened.last_line_start() if isinstance(opened, _PlainFile) else 0

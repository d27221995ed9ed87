"""One open file, plain or compressed, read from an offset in uncompressed bytes."""

import errno
import os
import stat
import zlib
from typing import Protocol

from tocsin.collector.sources.base import CHUNK_BYTES
from tocsin.collector.sources.export_file import file_identity

_HEAD_BYTES = 4 << 10
"""Bytes compared at each read: a file rewritten in place begins with another event, whose exec_id comes early."""
_GZIP = 31
"""zlib's ``wbits`` for a gzip header and the largest window."""


class FileReplaced(Exception):
    """The file was truncated or rewritten in place; read it again from its start."""


class OpenFile(Protocol):
    """A file that stays readable after it was renamed or deleted."""

    path: str
    identity: tuple[int, int]
    """Device and inode."""
    offset: int
    """The next byte to read."""
    damage: str
    """Why the rest of the file cannot be read; empty if it is intact."""

    def read(self) -> bytes:
        """The next bytes, at most 256 KiB; empty at the end. `FileReplaced` if they do not continue the file."""

    def seek(self, offset: int) -> None:
        """Continue at *offset*."""

    def fingerprint(self, *, final: bool) -> str:
        """See `file_identity.fingerprint`."""

    def size(self) -> int | None:
        """Uncompressed bytes, if known."""

    def begins_line(self, offset: int) -> bool:
        """Whether a line may begin at *offset*, as far as is known."""

    def linked(self) -> bool:
        """Whether it still has a path."""

    def close(self) -> None:
        """Close it."""


def open_file(path: str) -> "OpenFile":
    """Open *path*; ``OSError`` if that fails, or if it is not a regular file."""
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
        self.damage = ""
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
        """The offset after the last line end, at which an unfinished line begins."""
        end = os.fstat(self._fd).st_size
        while end > 0:
            start = max(0, end - CHUNK_BYTES)
            index = os.pread(self._fd, end - start, start).rfind(b"\n")
            if index >= 0:
                return start + index + 1
            end = start
        return 0


class _Inflater:
    """The uncompressed bytes of a gzip file, a chunk at a time."""

    def __init__(self, fd: int) -> None:
        self.damage = ""
        self.offset = 0
        """After the last byte returned."""
        self._fd = fd
        self._taken = 0
        self._inflate = zlib.decompressobj(_GZIP)
        self._input = b""

    def next(self) -> bytes:
        while not self.damage:
            if self._inflate.eof:  # a gzip file may have several members, padded with zeros
                self._input = self._inflate.unused_data.lstrip(b"\0") or self._more().lstrip(b"\0")
                if not self._input:
                    return b""
                self._inflate = zlib.decompressobj(_GZIP)
            data = self._input or self._more()
            try:
                chunk = self._inflate.decompress(data, CHUNK_BYTES)
            except zlib.error as error:
                self.damage = f"damaged after {self.offset:,} uncompressed bytes ({error})"
                return b""
            self._input = self._inflate.unconsumed_tail
            self.offset += len(chunk)
            if chunk:
                return chunk
            if not data and not self._inflate.eof:
                self.damage = f"it ends too early, after {self.offset:,} uncompressed bytes"
        return b""

    def _more(self) -> bytes:
        data = os.pread(self._fd, CHUNK_BYTES, self._taken)
        self._taken += len(data)
        return data


class _GzipFile(_OpenFd):
    """A gzip file; it is complete, but it may be truncated or damaged."""

    def __init__(self, path: str, fd: int) -> None:
        super().__init__(path, fd)
        self._inflater = _Inflater(fd)

    def read(self) -> bytes:
        """See `OpenFile.read`; bytes before the offset are inflated and skipped."""
        while chunk := self._inflater.next():
            fresh = self._inflater.offset - self.offset
            if fresh > 0:
                self.offset = self._inflater.offset
                return chunk[-fresh:]
        self.damage = self._inflater.damage
        if not self.damage and self._inflater.offset < self.offset:
            self.damage = f"it ends after {self._inflater.offset:,} bytes, before the saved offset"
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
        return offset >= 0  # to know more, the whole file must be read


def line_start(opened: OpenFile) -> int:
    """The offset from which new lines are read, without cutting a line in two."""
    return opened.last_line_start() if isinstance(opened, _PlainFile) else 0

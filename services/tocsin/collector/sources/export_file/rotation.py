"""The queue of files to read, oldest first; a rotated file is opened as soon as it is seen and then cannot vanish."""

import logging
import os
from collections import deque
from pathlib import PurePath

from tocsin.collector.sources.export_file import rotated_names
from tocsin.collector.sources.export_file.open_file import OpenFile, open_file

log = logging.getLogger(__name__)

OPEN_FILES = 64
"""Rotated files that are open at the same time; further ones are opened as these are read."""
_ATTEMPTS = 8
_REMEMBERED = 4096

_Listed = tuple[rotated_names.RotatedFile, int, tuple[int, int]]
"""A rotated file, its size, and its device and inode."""


class QueuedFile:
    """One file of the queue."""

    __slots__ = ("final", "opened", "paths", "size", "vanished")

    def __init__(self, paths: list[str], *, opened: OpenFile | None = None, final: bool, size: int = 0) -> None:
        self.paths = paths
        """Its possible paths."""
        self.opened = opened
        self.final = final
        """Whether it is complete: nothing is written to it any more."""
        self.size = size
        """Bytes, if known; of a file that is not open yet, as listed."""
        self.vanished = False
        """Whether it vanished before it was opened."""

    @property
    def path(self) -> str:
        """Its path, or the first possible one."""
        return self.opened.path if self.opened is not None else self.paths[0]


class Rotation:
    """The queue of one export file and its rotated predecessors."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.files: deque[QueuedFile] = deque()
        self.problem = ""
        """Why the file or its folder cannot be read."""
        self.missed = 0
        """The least number of files that were rotated and deleted between two scans."""
        self._folder = str(PurePath(path).parent)
        self._pattern = rotated_names.pattern(path)
        self._seen: dict[str, None] = {}
        self._tail: QueuedFile | None = None
        """The file that was at `path` in the last scan."""

    def scan(self) -> None:
        """Queue and open the files that were rotated since the last scan."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - a Path object for each scan would cost more than the scan
            here: tuple[int, int] | None = (status.st_dev, status.st_ino)
        except OSError:
            here = None
        tail = self._tail
        try:
            if here is None or tail is None or tail.opened is None or tail.opened.identity != here:
                self._discover()
                self.problem = ""
            self.open_next()
        except OSError as error:
            self.problem = f"{error.filename or self.path}: {error.strerror}"

    def open_next(self) -> None:
        """Open the next files of the queue, up to the limit."""
        count = 0
        for queued in self.files:
            if queued.opened is None and not queued.vanished and count < OPEN_FILES:
                queued.opened = self._open_any(queued)
            count += queued.opened is not None
            if count >= OPEN_FILES:
                return

    def peek(self, queued: QueuedFile) -> OpenFile | None:
        """Open a file that is not open; the caller closes it."""
        try:
            return self._open_any(queued)
        except OSError:
            return None

    def pop(self) -> None:
        """Remove the first file of the queue and close it."""
        queued = self.files.popleft()
        if queued is self._tail:
            self._tail = None
        if queued.opened is not None:
            queued.opened.close()

    def unread_bytes(self) -> int:
        """Bytes written and not read, as far as known."""
        total = 0
        for queued in self.files:
            if queued.opened is None:
                total += queued.size
            else:
                queued.size = queued.opened.size() or 0
                total += max(0, queued.size - queued.opened.offset)
        return total

    def close(self) -> None:
        """Close all files."""
        while self.files:
            self.pop()

    def _open_any(self, queued: QueuedFile) -> OpenFile | None:
        for path in queued.paths:
            try:
                return open_file(path)
            except FileNotFoundError:
                continue
        queued.vanished = True
        log.error("file.vanished", extra={"path": queued.path, "bytes": queued.size})
        return None

    def _discover(self) -> None:
        """Queue the files that appeared since the last scan."""
        current, listing = self._list()
        tail = self._tail
        renamed, here = None, False
        if tail is not None and tail.opened is not None:
            if current is not None and current.identity == tail.opened.identity:
                current.close()
                current, here = None, True
            renamed = next((file for file, _, identity in listing if identity == tail.opened.identity), None)
        if tail is not None and (renamed is not None or current is not None):
            tail.final = True
        if renamed is not None:
            self._remember(renamed.stamp)
        fresh = [entry for entry in listing if entry[0].stamp not in self._seen]
        if tail is not None and not tail.final:
            if here:
                self._ignore(fresh)
            return
        if tail is not None and renamed is None:
            fresh = self._without_copy(tail, fresh)
        for file, size, _ in fresh:
            self._remember(file.stamp)
            self.files.append(QueuedFile(self._paths(file), final=True, size=size))
        self._tail = None
        if current is not None:
            log.info("file.opened", extra={"path": self.path, "inode": current.identity[1], "waiting": len(self.files)})
            self._tail = QueuedFile([self.path], opened=current, final=False)
            self.files.append(self._tail)

    def _list(self) -> tuple[OpenFile | None, list[_Listed]]:
        """The file at the path and the rotated files with size and identity, as they were between two rotations."""
        current: OpenFile | None = None
        listing: list[_Listed] = []
        for _ in range(_ATTEMPTS):
            try:
                current = open_file(self.path)
            except FileNotFoundError:
                current = None
            try:
                names = os.listdir(self._folder)  # noqa: PTH208
            except FileNotFoundError:
                names = []
            except OSError:
                if current is not None:
                    current.close()
                raise
            listing = [(file, *self._status(file)) for file in rotated_names.rotated_files(names, self._pattern)]
            if current is None or all(identity != current.identity for _, _, identity in listing):
                break
            current.close()  # it was rotated after it was opened: list again
            current = None
        return current, listing

    def _status(self, file: rotated_names.RotatedFile) -> tuple[int, tuple[int, int]]:
        try:
            status = os.stat(f"{self._folder}/{file.names[0]}")  # noqa: PTH116
        except OSError:
            return 0, (0, 0)
        return (status.st_size if file.plain else 0), (status.st_dev, status.st_ino)

    def _paths(self, file: rotated_names.RotatedFile) -> list[str]:
        """Its path now, and its path after compression."""
        names = [file.plain, file.packed or f"{file.plain}.gz"] if file.plain else [file.packed]
        return [f"{self._folder}/{name}" for name in names]

    def _remember(self, stamp: str) -> None:
        self._seen[stamp] = None
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def _ignore(self, fresh: list[_Listed]) -> None:
        for file, size, _ in fresh:
            self._remember(file.stamp)
            log.warning("file.ignored", extra={"path": self._paths(file)[0], "bytes": size})

    def _without_copy(self, tail: QueuedFile, fresh: list[_Listed]) -> list[_Listed]:
        """*fresh* without the compressed copy of the *tail*; if there is none, files may have been missed."""
        if not fresh or tail.opened is None:
            return fresh
        first = fresh[0][0]
        if not first.plain and self._is_copy(self._paths(first)[-1], tail.opened):
            self._remember(first.stamp)
            return fresh[1:]
        if not tail.opened.linked():
            self.missed += 1
            log.error("file.vanished", extra={"path": "rotated and deleted between two scans", "after": tail.path})
        return fresh

    def _is_copy(self, path: str, of: OpenFile) -> bool:
        try:
            copy = open_file(path)
        except OSError:
            return False
        try:
            return copy.fingerprint(final=True) == of.fingerprint(final=True)
        finally:
            copy.close()

"""The files still to be read, oldest first: rotated ones are opened once they are seen, and then cannot vanish."""

import logging
import os
from collections import deque
from pathlib import PurePath

from tocsin.collector.sources.export_file import rotated_names
from tocsin.collector.sources.export_file.open_file import OpenFile, open_file

log = logging.getLogger(__name__)

HELD_FILES = 64
"""Rotated files held open at once; further ones are opened as these are read."""
_ATTEMPTS = 8
_SEEN = 4096

_Listed = tuple[rotated_names.RotatedFile, int, tuple[int, int]]
"""A rotated file, its size, and its device and inode."""


class QueuedFile:
    """One file of the chain."""

    __slots__ = ("final", "gone", "opened", "paths", "size")

    def __init__(self, paths: list[str], *, opened: OpenFile | None = None, final: bool, size: int = 0) -> None:
        self.paths = paths
        """Where it may be."""
        self.opened = opened
        self.final = final
        """It is not written any more."""
        self.size = size
        """Bytes, where known; of a file not opened yet, as listed."""
        self.gone = False
        """It vanished before it was opened."""

    @property
    def path(self) -> str:
        """Where it is, or was expected."""
        return self.opened.path if self.opened is not None else self.paths[0]


class Rotation:
    """What is to be read of one export file and its rotated predecessors."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.links: deque[QueuedFile] = deque()
        self.problem = ""
        """Why the file or its folder cannot be read."""
        self.missed = 0
        """Files that came and went between two looks, at least."""
        self._folder = str(PurePath(path).parent)
        self._shape = rotated_names.pattern(path)
        self._seen: dict[str, None] = {}
        self._tail: QueuedFile | None = None
        """The file that was at `path` at the last look."""

    def look(self) -> None:
        """See what was rotated since the last look, and hold it."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - a Path object for each look would cost more than the look
            here: tuple[int, int] | None = (status.st_dev, status.st_ino)
        except OSError:
            here = None
        tail = self._tail
        try:
            if here is None or tail is None or tail.opened is None or tail.opened.identity != here:
                self._discover()
                self.problem = ""
            self.hold()
        except OSError as error:
            self.problem = f"{error.filename or self.path}: {error.strerror}"

    def hold(self) -> None:
        """Open what is next in the chain, as far as the bound allows."""
        held = 0
        for link in self.links:
            if link.opened is None and not link.gone and held < HELD_FILES:
                link.opened = self._open_any(link)
            held += link.opened is not None
            if held >= HELD_FILES:
                return

    def peek(self, link: QueuedFile) -> OpenFile | None:
        """A file that is not held, opened for a moment; whoever asks closes it."""
        try:
            return self._open_any(link)
        except OSError:
            return None

    def pop(self) -> None:
        """The first file is read."""
        link = self.links.popleft()
        if link is self._tail:
            self._tail = None
        if link.opened is not None:
            link.opened.close()

    def behind(self) -> int:
        """Bytes that are there and not read, as far as known."""
        total = 0
        for link in self.links:
            if link.opened is None:
                total += link.size
            else:
                link.size = link.opened.size() or 0
                total += max(0, link.size - link.opened.offset)
        return total

    def close(self) -> None:
        """Let go of all files."""
        while self.links:
            self.pop()

    def _open_any(self, link: QueuedFile) -> OpenFile | None:
        for path in link.paths:
            try:
                return open_file(path)
            except FileNotFoundError:
                continue
        link.gone = True
        log.error("file.vanished", extra={"path": link.path, "bytes": link.size})
        return None

    def _discover(self) -> None:
        current, listing = self._glance()
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
            self.links.append(QueuedFile(self._paths(file), final=True, size=size))
        self._tail = None
        if current is not None:
            log.info("file.opened", extra={"path": self.path, "inode": current.identity[1], "waiting": len(self.links)})
            self._tail = QueuedFile([self.path], opened=current, final=False)
            self.links.append(self._tail)

    def _glance(self) -> tuple[OpenFile | None, list[_Listed]]:
        """The file at the path and the rotated ones (each with size and identity), at one moment between rotations."""
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
            listing = [(file, *self._status(file)) for file in rotated_names.rotated_files(names, self._shape)]
            if current is None or all(identity != current.identity for _, _, identity in listing):
                break
            current.close()  # it was rotated between the two: look again
            current = None
        return current, listing

    def _status(self, file: rotated_names.RotatedFile) -> tuple[int, tuple[int, int]]:
        try:
            status = os.stat(f"{self._folder}/{file.names[0]}")  # noqa: PTH116
        except OSError:
            return 0, (0, 0)
        return (status.st_size if file.plain else 0), (status.st_dev, status.st_ino)

    def _paths(self, file: rotated_names.RotatedFile) -> list[str]:
        """Where it is now, and where it will be once it is compressed."""
        names = [file.plain, file.packed or f"{file.plain}.gz"] if file.plain else [file.packed]
        return [f"{self._folder}/{name}" for name in names]

    def _remember(self, stamp: str) -> None:
        self._seen[stamp] = None
        while len(self._seen) > _SEEN:
            del self._seen[next(iter(self._seen))]

    def _ignore(self, fresh: list[_Listed]) -> None:
        for file, size, _ in fresh:
            self._remember(file.stamp)
            log.warning("file.ignored", extra={"path": self._paths(file)[0], "bytes": size})

    def _without_copy(self, tail: QueuedFile, fresh: list[_Listed]) -> list[_Listed]:
        """*fresh* less the compressed copy of the file we hold; without that, files may have come and gone unseen."""
        if not fresh or tail.opened is None:
            return fresh
        first = fresh[0][0]
        if not first.plain and self._is_copy(self._paths(first)[-1], tail.opened):
            self._remember(first.stamp)
            return fresh[1:]
        if not tail.opened.linked():
            self.missed += 1
            log.error("file.vanished", extra={"path": "rotated and deleted between two looks", "after": tail.path})
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

"""Follows Tetragon's export file through rotation, truncation and compression, and finds its position again."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from typing import Literal

from tocsin.collector.sources.base import Batch
from tocsin.collector.sources.export_file import file_identity
from tocsin.collector.sources.export_file.file_lines import FileLines
from tocsin.collector.sources.export_file.open_file import FileReplaced, OpenFile, line_start
from tocsin.collector.sources.export_file.rotation import QueuedFile, Rotation
from tocsin.model.checkpoint import Position

log = logging.getLogger(__name__)

_ACTIVE_S = 1.0
"""For this long after the last data the file is polled at the short interval."""
_ACTIVE_POLL_S = 0.002
_IDLE_POLL_S = 0.05
_RETRY_S = 0.5


class FileSource:
    """Lines of one export file and of its rotated files."""

    replays = True

    def __init__(self, path: str, *, max_line_bytes: int, start: Literal["oldest", "newest"] = "oldest") -> None:
        """Nothing is opened before `resume`."""
        self.name = f"file {path}"
        self.lag_bytes = 0
        self.caught_up = False
        self.read_errors = 0
        self._path = path
        self._limit = max_line_bytes
        self._start = start
        self._rotation = Rotation(path)
        self._lines: FileLines | None = None
        """Of the file that is read now."""
        self._vanished = 0
        """Files of the checkpoint that vanished and are not reported yet."""
        self._failure = ""

    @property
    def problem(self) -> str:
        """Why nothing can be read now."""
        if self._rotation.problem or self._failure:
            return f"cannot read {self._rotation.problem or self._failure}"
        return "" if self._rotation.files else f"waits for {self._path}: no such file"

    def resume(self, position: Position | None) -> bool | None:
        """Begin after *position*; whether its file was found, ``None`` if there is no file at all."""
        self._rotation.scan()
        if position is None or not position.fingerprint:
            if self._start == "newest":
                self._skip_to_end()
            return True
        if not self._rotation.files:
            return None
        index = file_identity.find(position, self._candidates(position.offset))
        if index is None:
            self._vanished = 1
            log.error("file.vanished", extra={"path": position.path, "offset": position.offset, "bytes": "unknown"})
            return False
        for _ in range(index):
            self._rotation.pop()
        queued = self._rotation.files[0]
        self._rotation.open_next()
        if queued.opened is None:
            self._vanished = 1
            return False
        queued.opened.seek(position.offset)
        self._begin(queued, queued.opened, position.offset)
        files = len(self._rotation.files)
        log.info("file.resumed", extra={"path": queued.path, "offset": position.offset, "files": files})
        return True

    def _candidates(self, offset: int) -> list[file_identity.Candidate]:
        """What identifies each queued file, oldest first."""
        candidates = []
        for queued in self._rotation.files:
            opened = queued.opened or self._rotation.peek(queued)
            if opened is None:
                candidates.append(file_identity.Candidate("", 0, None))
                continue
            fingerprint = opened.fingerprint(final=queued.final) if opened.begins_line(offset) else ""
            candidates.append(file_identity.Candidate(fingerprint, opened.identity[1], opened.size()))
            if queued.opened is None:
                opened.close()
        return candidates

    def _skip_to_end(self) -> None:
        files = self._rotation.files
        while files and files[0].final:
            log.info("file.skipped", extra={"path": files[0].path, "why": "start = newest"})
            self._rotation.pop()
        if files and files[0].opened is not None:
            opened = files[0].opened
            offset = line_start(opened)
            opened.seek(offset)
            self._begin(files[0], opened, offset)
            log.info("file.skipped", extra={"path": files[0].path, "bytes": offset, "why": "start = newest"})

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """Lines as they are written, until *stop* is set."""
        active = time.monotonic()
        while not stop.is_set():
            batch = self._next()
            if batch is not None:
                active = time.monotonic()
                yield batch
                await asyncio.sleep(0)  # so that PubAcks are processed during a long backlog
            elif self._failure:
                await asyncio.sleep(_RETRY_S)
            else:
                recent = time.monotonic() - active < _ACTIVE_S
                await asyncio.sleep(_ACTIVE_POLL_S if recent else _IDLE_POLL_S)

    def refresh(self) -> None:
        """Open files that were rotated since the last call, and measure the unread bytes."""
        self._rotation.scan()
        self.lag_bytes = self._rotation.unread_bytes()

    def facts(self) -> dict[str, str | int | float]:
        """The file that is read, and the position in it."""
        files = self._rotation.files
        queued = files[0] if files else None
        opened = None if queued is None else queued.opened
        return {
            "path": self._path,
            "reading": self._path if queued is None else queued.path,
            "offset": 0 if opened is None else opened.offset,
            "files_waiting": max(0, len(files) - 1),
        }

    def close(self) -> None:
        """Close all files."""
        self._rotation.close()

    def _next(self) -> Batch | None:
        """What can be read at once; ``None`` if there is nothing now."""
        if self._vanished or self._rotation.missed:
            vanished = self._vanished + self._rotation.missed
            self._vanished = self._rotation.missed = 0
            return Batch(vanished_files=vanished)
        files = self._rotation.files
        if not files or (files[0].opened is None and not files[0].vanished):
            self.refresh()
            self.caught_up = not files
            return None
        queued = files[0]
        if queued.vanished or queued.opened is None:
            self._rotation.pop()
            return Batch(vanished_files=1, vanished_bytes=queued.size)
        try:
            return self._read(queued, queued.opened)
        except OSError as error:
            self.read_errors += 1
            self._failure = f"{queued.path}: {error.strerror}"
            return None

    def _read(self, queued: QueuedFile, opened: OpenFile) -> Batch | None:
        lines = self._lines
        if lines is None or lines.queued is not queued:
            lines = self._begin(queued, opened, 0)
        final = queued.final  # read first: bytes written before a rotation are read before the next file
        try:
            chunk = opened.read()
        except FileReplaced:
            return self._begin_again(queued, opened, lines)
        self._failure = ""
        if chunk:
            self.caught_up = False
            return Batch(lines.feed(chunk))
        if final:
            return self._finish(queued, opened, lines)
        self.caught_up = True
        self.refresh()
        return None

    def _begin(self, queued: QueuedFile, opened: OpenFile, offset: int) -> FileLines:
        self._lines = FileLines(queued, opened, limit=self._limit, offset=offset)
        return self._lines

    def _begin_again(self, queued: QueuedFile, opened: OpenFile, lines: FileLines) -> Batch:
        """The file was truncated or rewritten in place: end the unfinished line and read the file from its start."""
        lost = max(0, queued.size - opened.offset)
        extra = {"path": queued.path, "offset": opened.offset, "unread_bytes": lost}
        log.warning("file.truncated", extra=extra)
        rest = lines.finish_replaced()
        opened.seek(0)
        self._begin(queued, opened, 0)
        return Batch(rest, vanished_files=int(lost > 0), vanished_bytes=lost)

    def _finish(self, queued: QueuedFile, opened: OpenFile, lines: FileLines) -> Batch:
        rest = lines.finish()
        damage = opened.damage
        if damage:
            log.error("file.vanished", extra={"path": queued.path, "why": damage, "bytes": "unknown"})
        log.info("file.finished", extra={"path": queued.path, "bytes": opened.offset})
        self._rotation.pop()
        return Batch(rest, vanished_files=int(bool(damage)))

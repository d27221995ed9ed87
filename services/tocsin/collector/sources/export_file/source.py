"""Following Tetragon's export file through rotation, truncation and compression, from a place that is found again."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from tocsin.collector.sources.base import Batch, Line
from tocsin.collector.sources.export_file import file_identity
from tocsin.collector.sources.export_file.line_splitter import LineSplitter, RawLine
from tocsin.collector.sources.export_file.open_file import FileReplaced, line_start
from tocsin.collector.sources.export_file.rotation import QueuedFile, Rotation
from tocsin.model.checkpoint import Position

log = logging.getLogger(__name__)

_ACTIVE_S = 1.0
"""For this long after the last data the file is looked at as often as latency asks for."""
_ACTIVE_POLL_S = 0.002
_IDLE_POLL_S = 0.05
_RETRY_S = 0.5


class FileSource:
    """Lines of one export file and of what it was rotated into."""

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
        self._chain = Rotation(path)
        self._link: QueuedFile | None = None
        """The file that `_scanner` and `_fingerprint` belong to."""
        self._scanner = LineSplitter(max_line_bytes)
        self._fingerprint = ""
        self._lost = 0
        """Files of the checkpoint's that vanished and are to be told of."""
        self._failure = ""

    @property
    def problem(self) -> str:
        """Why nothing can be read now."""
        if self._chain.problem or self._failure:
            return f"cannot read {self._chain.problem or self._failure}"
        return "" if self._chain.links else f"waits for {self._path}: no such file"

    def resume(self, position: Position | None) -> bool | None:
        """Begin after *position*; whether the file it lies in was found, ``None`` where no file is there at all."""
        self._chain.look()
        if position is None or not position.fingerprint:
            if self._start == "newest":
                self._skip_to_end()
            return True
        if not self._chain.links:
            return None
        index = file_identity.find(position, self._candidates(position.offset))
        if index is None:
            self._lost = 1
            log.error("file.vanished", extra={"path": position.path, "offset": position.offset, "bytes": "unknown"})
            return False
        for _ in range(index):
            self._chain.pop()
        link = self._chain.links[0]
        self._chain.hold()
        if link.opened is None:
            self._lost = 1
            return False
        link.opened.seek(position.offset)
        self._begin(link, position.offset)
        log.info("file.resumed", extra={"path": link.path, "offset": position.offset, "files": len(self._chain.links)})
        return True

    def _candidates(self, offset: int) -> list[file_identity.Candidate]:
        found = []
        for link in self._chain.links:
            opened = link.opened or self._chain.peek(link)
            if opened is None:
                found.append(file_identity.Candidate("", 0, None))
                continue
            mark = opened.fingerprint(final=link.final) if opened.begins_line(offset) else ""
            found.append(file_identity.Candidate(mark, opened.identity[1], opened.size()))
            if link.opened is None:
                opened.close()
        return found

    def _skip_to_end(self) -> None:
        links = self._chain.links
        while links and links[0].final:
            log.info("file.skipped", extra={"path": links[0].path, "why": "start = newest"})
            self._chain.pop()
        if links and links[0].opened is not None:
            offset = line_start(links[0].opened)
            links[0].opened.seek(offset)
            self._begin(links[0], offset)
            log.info("file.skipped", extra={"path": links[0].path, "bytes": offset, "why": "start = newest"})

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """Lines as they are written, until *stop* is set."""
        active = time.monotonic()
        while not stop.is_set():
            batch = self._next()
            if batch is not None:
                active = time.monotonic()
                yield batch
                await asyncio.sleep(0)  # so that a long backlog leaves time for PubAcks
            elif self._failure:
                await asyncio.sleep(_RETRY_S)
            else:
                recent = time.monotonic() - active < _ACTIVE_S
                await asyncio.sleep(_ACTIVE_POLL_S if recent else _IDLE_POLL_S)

    def look(self) -> None:
        """Hold on to files that were rotated since, and measure how far behind we are."""
        self._chain.look()
        self.lag_bytes = self._chain.behind()

    def facts(self) -> dict[str, str | int | float]:
        """Which file is read, and how far."""
        link = self._chain.links[0] if self._chain.links else None
        opened = None if link is None else link.opened
        return {
            "path": self._path,
            "reading": self._path if link is None else link.path,
            "offset": 0 if opened is None else opened.offset,
            "files_waiting": max(0, len(self._chain.links) - 1),
        }

    def close(self) -> None:
        """Let go of all files."""
        self._chain.close()

    def _next(self) -> Batch | None:
        """What can be read at once; ``None`` where there is nothing now."""
        if self._lost or self._chain.missed:
            lost = self._lost + self._chain.missed
            self._lost = self._chain.missed = 0
            return Batch(vanished_files=lost)
        links = self._chain.links
        if not links or (links[0].opened is None and not links[0].gone):
            self.look()
            self.caught_up = not links
            return None
        link = links[0]
        if link.gone:
            self._chain.pop()
            return Batch(vanished_files=1, vanished_bytes=link.size)
        try:
            return self._read(link)
        except OSError as error:
            self.read_errors += 1
            self._failure = f"{link.path}: {error.strerror}"
            return None

    def _read(self, link: QueuedFile) -> Batch | None:
        assert link.opened is not None
        if link is not self._link:
            self._begin(link, 0)
        final = link.final  # asked first: what is written before a rotation is read before we go on
        try:
            chunk = link.opened.read()
        except FileReplaced:
            return self._begin_again(link)
        self._failure = ""
        if chunk:
            self.caught_up = False
            return self._batch(link, self._scanner.feed(chunk))
        if final:
            return self._finish(link)
        self.caught_up = True
        self.look()
        return None

    def _begin(self, link: QueuedFile, offset: int) -> None:
        self._link = link
        self._scanner = LineSplitter(self._limit, offset)
        self._fingerprint = ""

    def _begin_again(self, link: QueuedFile) -> Batch:
        """The file was cut or rewritten in place: what was held of a line is let go as it is, and it starts anew."""
        assert link.opened is not None
        lost = max(0, link.size - link.opened.offset)
        log.warning("file.truncated", extra={"path": link.path, "offset": link.opened.offset, "unread_bytes": lost})
        rest = self._scanner.finish()
        if rest is not None and not self._fingerprint:
            self._fingerprint = file_identity.fingerprint(rest.raw, final=True)
        batch = self._batch(link, [rest] if rest is not None else [])
        link.opened.seek(0)
        self._begin(link, 0)
        return Batch(batch.lines, vanished_files=int(lost > 0), vanished_bytes=lost)

    def _finish(self, link: QueuedFile) -> Batch:
        assert link.opened is not None
        rest = self._scanner.finish()
        batch = self._batch(link, [rest] if rest is not None else [])
        broken = link.opened.broken
        if broken:
            log.error("file.vanished", extra={"path": link.path, "why": broken, "bytes": "unknown"})
        log.info("file.finished", extra={"path": link.path, "bytes": link.opened.offset})
        self._chain.pop()
        return Batch(batch.lines, vanished_files=int(bool(broken)))

    def _batch(self, link: QueuedFile, scanned: Sequence[RawLine]) -> Batch:
        assert link.opened is not None
        if scanned and not self._fingerprint:
            self._fingerprint = link.opened.fingerprint(final=link.final)
        now = time.time_ns()
        mark, inode, path = self._fingerprint, link.opened.identity[1], link.path
        return Batch(
            [
                Line(
                    line.raw,
                    Position(fingerprint=mark, inode=inode, offset=line.end, path=path),
                    f"{mark}:{line.end}",
                    line.size,
                    now,
                    line.digest,
                )
                for line in scanned
            ]
        )

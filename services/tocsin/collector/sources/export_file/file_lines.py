"""The lines of one export file, each with its position."""

import time
from collections.abc import Sequence

from tocsin.collector.sources.base import Line
from tocsin.collector.sources.export_file import file_identity
from tocsin.collector.sources.export_file.line_splitter import LineSplitter, RawLine
from tocsin.collector.sources.export_file.open_file import OpenFile
from tocsin.collector.sources.export_file.rotation import QueuedFile
from tocsin.model.checkpoint import Position


class FileLines:
    """Makes lines of the chunks of one file."""

    def __init__(self, queued: QueuedFile, opened: OpenFile, *, limit: int, offset: int = 0) -> None:
        """The first chunk begins at *offset*; lines of more than *limit* bytes are cut."""
        self.queued = queued
        self._opened = opened
        self._splitter = LineSplitter(limit, offset)
        self._fingerprint = ""

    def feed(self, chunk: bytes) -> list[Line]:
        """The lines that end in *chunk*."""
        return self._lines(self._splitter.feed(chunk))

    def finish(self) -> list[Line]:
        """The bytes after the last line end as a line, or nothing; the file grows no more."""
        rest = self._splitter.finish()
        return self._lines([rest] if rest is not None else [])

    def finish_replaced(self) -> list[Line]:
        """As `finish`, for a file that was truncated or rewritten: its first line is not in the file any more."""
        rest = self._splitter.finish()
        if rest is not None and not self._fingerprint:
            self._fingerprint = file_identity.fingerprint(rest.raw, final=True)
        return self._lines([rest] if rest is not None else [])

    def _lines(self, lines: Sequence[RawLine]) -> list[Line]:
        if lines and not self._fingerprint:
            self._fingerprint = self._opened.fingerprint(final=self.queued.final)
        now_ns = time.time_ns()
        fingerprint, inode, path = self._fingerprint, self._opened.identity[1], self.queued.path
        return [
            Line(
                line.raw,
                Position(fingerprint=fingerprint, inode=inode, offset=line.end, path=path),
                f"{fingerprint}:{line.end}",
                line.size,
                now_ns,
                line.digest,
            )
            for line in lines
        ]

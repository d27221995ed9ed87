"""Lines from standard input; they cannot be read again, so unsaved lines are lost at a kill."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator

from tocsin.collector.sources.base import CHUNK_BYTES, Batch, Line
from tocsin.collector.sources.export_file.line_splitter import LineSplitter, RawLine
from tocsin.model.checkpoint import Position
from tocsin.runtime.stopping import first_of

_NOWHERE = Position()


class StdinSource:
    """Standard input (or another open descriptor) until its end."""

    name = "stdin"
    replays = False
    problem = ""
    lag_bytes = 0
    read_errors = 0

    def __init__(self, *, max_line_bytes: int, descriptor: int | None = None) -> None:
        """*descriptor* is standard input by default."""
        self.caught_up = False
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._splitter = LineSplitter(max_line_bytes)
        self._run = f"stdin:{time.time_ns()}"

    def resume(self, position: Position | None) -> bool:
        """A saved position is never found: standard input cannot be read again."""
        return position is None or not position.fingerprint

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """Lines as they come, until the end of input or until *stop* is set."""
        while await self._ready(stop):
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            if not chunk:
                break
            yield self._batch(self._splitter.feed(chunk))
            await asyncio.sleep(0)
        if stop.is_set():
            return
        rest = self._splitter.finish()
        if rest is not None:
            yield self._batch([rest])
        self.caught_up = True

    async def _ready(self, stop: asyncio.Event) -> bool:
        """Wait for data or the end of input; false if *stop* is set."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        try:
            # added for each read: a permanent reader would be called in a loop while reading is paused
            loop.add_reader(self._descriptor, readable.set)
        except (OSError, ValueError):
            return not stop.is_set()  # a regular file is always ready and cannot be waited for
        try:
            await first_of(readable, stop)
        finally:
            loop.remove_reader(self._descriptor)
        return not stop.is_set()

    def refresh(self) -> None:
        """Nothing to do."""

    def facts(self) -> dict[str, str | int | float]:
        """The number of bytes read."""
        return {"path": "stdin", "offset": self._splitter.offset}

    def close(self) -> None:
        """Nothing to do: standard input stays open."""

    def _batch(self, lines: list[RawLine]) -> Batch:
        now_ns = time.time_ns()
        return Batch(
            [Line(line.raw, _NOWHERE, f"{self._run}:{line.end}", line.size, now_ns, line.digest) for line in lines]
        )

"""Scans over every row of the window: in a thread, one at a time, with a bounded queue."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, TypeVar

from tocsin.gateway.errors import HttpError
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Block, Window, newest
from tocsin.model.filter import Filter

T = TypeVar("T")
Scan = Callable[[Sequence[Block]], T]
"""Reads all rows, in another thread."""
Caller = Literal["socket", "request"]

SLOTS: Mapping[Caller, int] = {"socket": 64, "request": 24}
"""How many scans of each kind may run or wait; a WebSocket session asks for one at a time."""
_RETRY_S = 1


class SearchPool:
    """The queue of scans: first come, first served."""

    def __init__(self, window: Window) -> None:
        """All scans read *window*."""
        self.refused = 0
        """Scans that were refused because the queue was full."""
        self._window = window
        self._lock = asyncio.Lock()
        self._taken: Counter[Caller] = Counter()

    async def newest(self, filter_: Filter, limit: int, *, since_ms: int, up_to: int, caller: Caller) -> list[Row]:
        """See `Window.newest`; `HttpError` (503) if the queue is full."""
        match = matcher(filter_)
        return await self.run(
            lambda blocks: newest(blocks, limit, match, since_ms=since_ms, up_to=up_to), caller=caller
        )

    async def run(self, scan: Scan[T], *, caller: Caller = "request") -> T:
        """The result of *scan* over the window; `HttpError` (503) if the queue is full."""
        with self.slot(caller):
            return await self.scan(scan)

    async def scan(self, scan: Scan[T]) -> T:
        """The same without a slot, for a caller that holds one already or is bounded in another way."""
        async with self._lock:
            return await asyncio.to_thread(scan, self._window.blocks())

    @contextmanager
    def slot(self, caller: Caller) -> Iterator[None]:
        """Hold one place in the queue for the body; `HttpError` (503) if there is none."""
        if self._taken[caller] >= SLOTS[caller]:
            self.refused += 1
            raise HttpError(503, "too many searches wait already", retry_after_s=_RETRY_S)
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._taken[caller] -= 1

"""Searches that take a look at every row: in a thread, one at a time, and never more in the queue than it can serve."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, TypeVar

from tocsin.gateway.errors import HttpError
from tocsin.gateway.window.row_filter import Filter
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Block, Window, newest

T = TypeVar("T")
Look = Callable[[Sequence[Block]], T]
Asker = Literal["socket", "request"]

ROOM: Mapping[Asker, int] = {"socket": 64, "request": 24}
"""How many of each kind may wait or be searched for; a session of the WebSocket asks for one at a time."""
_RETRY_S = 1


class SearchPool:
    """The queue; whoever asks first is served first."""

    def __init__(self) -> None:
        self.refused = 0
        """Searches for which there was no room."""
        self._lock = asyncio.Lock()
        self._here: Counter[Asker] = Counter()

    async def newest(
        self, window: Window, wanted: Filter, limit: int, *, since_ms: int, up_to: int, asker: Asker
    ) -> list[Row]:
        """See `Window.newest`; `RefusedError` (503) where too many wait already."""
        match = wanted.match()
        with self.room(asker):
            return await self.look(window, lambda blocks: newest(blocks, limit, match, since_ms=since_ms, up_to=up_to))

    async def ask(self, window: Window, look: Look[T], *, asker: Asker = "request") -> T:
        """What *look* finds in the rows of the window; `RefusedError` (503) where too many wait already."""
        with self.room(asker):
            return await self.look(window, look)

    async def look(self, window: Window, look: Look[T]) -> T:
        """The same for who has a place in the queue already."""
        async with self._lock:
            return await asyncio.to_thread(look, window.blocks())

    @contextmanager
    def room(self, asker: Asker) -> Iterator[None]:
        """One place in the queue for the body; `RefusedError` where there is none."""
        if self._here[asker] >= ROOM[asker]:
            self.refused += 1
            raise HttpError(503, "too many searches wait already", retry_after_s=_RETRY_S)
        self._here[asker] += 1
        try:
            yield
        finally:
            self._here[asker] -= 1

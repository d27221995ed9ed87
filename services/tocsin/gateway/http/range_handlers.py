"""Answers about a stretch of time, from what is counted where that says it all, else from a look at every row."""

import functools
import time
from collections.abc import AsyncIterator

from tocsin.gateway.queries import export, range_queries
from tocsin.gateway.state import GatewayState
from tocsin.model.timestamps import NS_PER_MS

_PART_ROWS = 1_000


async def alerts(state: GatewayState, query_string: str) -> bytes:
    """Rows, newest first."""
    asked = range_queries.alerts(query_string, _now_ms())
    found = await state.store.search.run(asked.look(state.store))
    return asked.answer(state.store, found)


async def timeline(state: GatewayState, query_string: str) -> bytes:
    """Counts over time."""
    asked = range_queries.timeline(query_string, _now_ms())
    series = asked.counted(state.store)
    if series is None:
        series = await state.store.search.run(asked.look)
    return asked.answer(state.store, series)


async def facets(state: GatewayState, query_string: str) -> bytes:
    """What is most frequent."""
    now_ms = _now_ms()
    asked = range_queries.facets(query_string, now_ms)
    found = asked.counted(state.store, now_ms // 1_000)
    if found is None:
        found = await state.store.search.run(asked.look)
    return asked.answer(state.store, found)


class Download:
    """A file that is made while it is sent, newest first: never more than a part of it is in memory."""

    def __init__(self, state: GatewayState, query_string: str) -> None:
        """`QueryError` where the query string asks for none."""
        self._state = state
        self._asked = range_queries.export(query_string, _now_ms())
        self.headers = {
            "Content-Type": export.MEDIA[self._asked.format],
            "Content-Disposition": f'attachment; filename="{export.filename(self._asked.format, self._asked.span)}"',
            "Tocsin-Exact": "true" if self._asked.exact(state.store) else "false",
        }

    async def parts(self) -> AsyncIterator[bytes]:
        """The file. What leaves the window before its turn comes is not in it."""
        if start := export.head(self._asked.format):
            yield start
        search = self._state.store.search
        below: tuple[int, int] | None = (self._asked.span.to_ms, -1)
        while below is not None:
            look = functools.partial(self._asked.part, below=below, limit=_PART_ROWS)
            part, below = await search.scan(look)
            if part:
                yield part


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS

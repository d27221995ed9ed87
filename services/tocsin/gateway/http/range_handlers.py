"""Handlers for queries about a time range: from counts if these are enough, else from a scan of the rows."""

import functools
import time
from collections.abc import AsyncIterator

from tocsin.gateway.queries import export, range_queries
from tocsin.gateway.state import GatewayState
from tocsin.model.timestamps import NS_PER_MS

_PART_ROWS = 1_000


async def alerts(state: GatewayState, query_string: str) -> bytes:
    """Rows, newest first."""
    query = range_queries.alerts(query_string, _now_ms())
    page = await state.store.search.run(query.scan(state.store))
    return query.answer(state.store, page)


async def timeline(state: GatewayState, query_string: str) -> bytes:
    """Counts over time."""
    query = range_queries.timeline(query_string, _now_ms())
    series = query.known(state.store)
    if series is None:
        series = await state.store.search.run(query.scan)
    return query.answer(state.store, series)


async def facets(state: GatewayState, query_string: str) -> bytes:
    """The most frequent values."""
    now_ms = _now_ms()
    query = range_queries.facets(query_string, now_ms)
    lists = query.known(state.store, now_ms // 1_000)
    if lists is None:
        lists = await state.store.search.run(query.scan)
    return query.answer(state.store, lists)


class Download:
    """A file that is generated while it is sent, newest row first; only one part of it is in memory."""

    def __init__(self, state: GatewayState, query_string: str) -> None:
        """`QueryError` if the query string is wrong."""
        self._state = state
        self._query = query = range_queries.export(query_string, _now_ms())
        self.headers = {
            "Content-Type": export.MEDIA[query.format],
            "Content-Disposition": f'attachment; filename="{export.filename(query.format, query.span)}"',
            "Tocsin-Exact": "true" if query.exact(state.store) else "false",
        }

    async def parts(self) -> AsyncIterator[bytes]:
        """The file, part by part. A row that leaves the window before its part is generated is not in it."""
        if head := export.head(self._query.format):
            yield head
        below: tuple[int, int] | None = (self._query.span.to_ms, -1)
        while below is not None:
            scan = functools.partial(self._query.part, below=below, limit=_PART_ROWS)
            part, below = await self._state.store.search.scan(scan)
            if part:
                yield part


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS

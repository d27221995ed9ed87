"""Queries about a time range: what a client asks for, the scan that this needs, and the answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.gateway.queries import aggregate, filter_url, params, time_range
from tocsin.gateway.queries import export as exports
from tocsin.gateway.queries.aggregate import Facets, Narrow
from tocsin.gateway.queries.export import Format
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.queries.range_schemas import FacetsAnswer, TimelineAnswer
from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import rows
from tocsin.gateway.window.counts import Series
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.severities import SEVERITIES, by_severity
from tocsin.gateway.window.store import AlertStore
from tocsin.gateway.window.window import Block, newest
from tocsin.model.alert_row import FACETS
from tocsin.model.filter import MAX_CHARACTERS, OLD_NAMES, Filter

MAX_ROWS = 1_000
MAX_VALUES = 100
_ROWS, _VALUES = 200, 10
_ALL = 1 << 62
_OLD_FACETS = {**OLD_NAMES, "technique": "techniques"}

_encode = msgspec.json.Encoder().encode


class Page(Struct, frozen=True):
    """One page of rows, and the number of all rows."""

    rows: list[Row]
    counts: list[int]


class AlertsQuery(Struct, frozen=True):
    """A query for ``/api/v1/alerts``."""

    filter: Filter
    span: TimeRange
    limit: int
    below: tuple[int, int] | None
    """Only rows before this time and sequence."""

    def scan(self, store: AlertStore) -> Callable[[Sequence[Block]], Page]:
        """The scan of the rows."""
        below = min(self.below or (_ALL, 0), (self.span.to_ms, -1))
        known_counts = _known_counts(store, self.filter, self.span)

        def scan(blocks: Sequence[Block]) -> Page:
            match = matcher(self.filter)
            page = newest(blocks, self.limit, match, since_ms=self.span.from_ms, up_to=_ALL, below=below)
            counts = aggregate.counts(blocks, self.span, match) if known_counts is None else known_counts
            return Page(page, counts)

        return scan

    def answer(self, store: AlertStore, page: Page) -> bytes:
        """The JSON of a `RangeAnswer`."""
        last = page.rows[-1] if len(page.rows) == self.limit else None
        head = _encode(
            {
                "before": None if last is None else f"{last.t}-{last.seq}",
                "complete_since": dict(zip(SEVERITIES, store.rows_since, strict=True)),
                "counts": by_severity(page.counts),
                "exact": _exact(store, self.filter, self.span),
                "from": self.span.from_ms,
                "to": self.span.to_ms,
            }
        )
        return b"".join((b'{"rows":[', b",".join(map(rows.encode, page.rows)), b"],", head[1:]))


class ExportQuery(Struct, frozen=True):
    """A query for ``/api/v1/export``."""

    filter: Filter
    span: TimeRange
    format: Format

    def part(self, blocks: Sequence[Block], below: tuple[int, int], limit: int) -> tuple[bytes, tuple[int, int] | None]:
        """The newest rows before *below* as a part of the file, and the *below* of the next part, if there is one."""
        page = newest(blocks, limit, matcher(self.filter), since_ms=self.span.from_ms, up_to=_ALL, below=below)
        more = (page[-1].t, page[-1].seq) if len(page) == limit else None
        return exports.body(self.format, page), more

    def exact(self, store: AlertStore) -> bool:
        """Whether the window has every alert of the time range."""
        return store.rows_complete(self.span.from_ms, self.filter.possible)


class TimelineQuery(Struct, frozen=True):
    """A query for ``/api/v1/timeline``."""

    filter: Filter
    span: TimeRange
    step_s: int

    def known(self, store: AlertStore) -> Series | None:
        """The series, if it needs no scan."""
        passing = self.filter.severities
        if passing is None or not _in_counts(store, self.span):
            return None
        series = store.counts.series(self.span.from_s, self.step_s, self.span.bins(self.step_s), end=self.span.to_s)
        return [counts if passes else [0] * len(counts) for counts, passes in zip(series, passing, strict=True)]

    def scan(self, blocks: Sequence[Block]) -> Series:
        """The series from the rows."""
        return aggregate.timeline(blocks, self.span, self.step_s, matcher(self.filter))

    def answer(self, store: AlertStore, series: Series) -> bytes:
        """The JSON of a `TimelineAnswer`."""
        exact = _exact(store, self.filter, self.span)
        counts = dict(zip(SEVERITIES, series, strict=True))
        return _encode(TimelineAnswer(t0=self.span.from_s, step_s=self.step_s, exact=exact, **counts))


class FacetsQuery(Struct, frozen=True):
    """A query for ``/api/v1/facets``."""

    filter: Filter
    span: TimeRange
    limit: int
    narrow: Narrow

    def known(self, store: AlertStore, now_s: int) -> Facets | None:
        """The counted lists, if they reach further back than the rows."""
        everything = not self.filter.fields and not self.filter.words and not self.narrow.field
        if not everything or self._exact(store):
            return None
        return Facets(*store.top.between(self.span.from_s, self.span.to_s, now_s, self.limit))

    def scan(self, blocks: Sequence[Block]) -> Facets:
        """The lists from the rows."""
        return aggregate.facets(blocks, self.span, self.filter, self.limit, self.narrow)

    def answer(self, store: AlertStore, facets: Facets) -> bytes:
        """The JSON of a `FacetsAnswer`."""
        return _encode(FacetsAnswer(top=facets.top, distinct=facets.distinct, exact=self._exact(store)))

    def _exact(self, store: AlertStore) -> bool:
        return store.rows_complete(self.span.from_ms, self.filter.possible)


def alerts(query_string: str, now_ms: int) -> AlertsQuery:
    """The query of a query string; `QueryError` if that is wrong."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "before", "limit")
    limit = params.integer(single, "limit", default=_ROWS, most=MAX_ROWS)
    return AlertsQuery(filter_url.parse(parameters), time_range.parse(single, now_ms), limit, _token(single))


def export(query_string: str, now_ms: int) -> ExportQuery:
    """The query of a query string; `QueryError` if that is wrong."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "format")
    format = single.get("format")
    if format not in ("csv", "ndjson"):
        raise QueryError("format must be csv or ndjson")
    return ExportQuery(
        filter_url.parse(parameters), time_range.parse(single, now_ms), "csv" if format == "csv" else "ndjson"
    )


def timeline(query_string: str, now_ms: int) -> TimelineQuery:
    """The query of a query string; `QueryError` if that is wrong."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "step")
    span = time_range.parse(single, now_ms)
    return TimelineQuery(filter_url.parse(parameters), span, time_range.step(single, span))


def facets(query_string: str, now_ms: int) -> FacetsQuery:
    """The query of a query string; `QueryError` if that is wrong."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "limit", "narrow")
    limit = params.integer(single, "limit", default=_VALUES, most=MAX_VALUES)
    return FacetsQuery(filter_url.parse(parameters), time_range.parse(single, now_ms), limit, _narrow(single))


def _token(single: Mapping[str, Any]) -> tuple[int, int] | None:
    text = str(single.get("before", ""))
    if not text:
        return None
    parts = text.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise QueryError("before must be what an answer gave as before")
    return int(parts[0]), int(parts[1])


def _narrow(single: Mapping[str, str]) -> Narrow:
    text = single.get("narrow", "")
    if not text:
        return Narrow()
    name, colon, part = text.partition(":")
    field = _OLD_FACETS.get(name, name)
    if not colon or field not in FACETS or len(part) > MAX_CHARACTERS:
        raise QueryError(f"narrow must be a text after one of {', '.join(FACETS)} and a colon")
    return Narrow(field, part.lower())


def _in_counts(store: AlertStore, span: TimeRange) -> bool:
    """Whether the counts reach back to the start of the time range."""
    return store.counts.begin <= span.from_s


def _known_counts(store: AlertStore, filter_: Filter, span: TimeRange) -> list[int] | None:
    """The counts by severity, if they need no scan."""
    passing = filter_.severities
    if passing is None or not _in_counts(store, span):
        return None
    return [store.counts.count(n, span.from_s, span.to_s) if passes else 0 for n, passes in enumerate(passing)]


def _exact(store: AlertStore, filter_: Filter, span: TimeRange) -> bool:
    """Whether the counts of this filter are exact."""
    if filter_.severities is not None and store.counts_complete(span.from_s, filter_.possible):
        return True
    return store.rows_complete(span.from_ms, filter_.possible)

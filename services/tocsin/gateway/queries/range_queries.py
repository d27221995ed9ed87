"""Questions about a stretch of time: what is asked for, the look at the rows that it takes, and the answer."""

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
    """Rows, and how many there are in all."""

    rows: list[Row]
    counts: list[int]


class Alerts(Struct, frozen=True):
    """What ``/api/v1/alerts`` is asked for."""

    filter: Filter
    span: TimeRange
    limit: int
    below: tuple[int, int] | None
    """Only what lies before this time and sequence."""

    def look(self, store: AlertStore) -> Callable[[Sequence[Block]], Page]:
        """The look at the rows."""
        below = min(self.below or (_ALL, 0), (self.span.to_ms, -1))
        counted = _counted(store, self.filter, self.span)

        def at(blocks: Sequence[Block]) -> Page:
            match = matcher(self.filter)
            found = newest(blocks, self.limit, match, since_ms=self.span.from_ms, up_to=_ALL, below=below)
            return Page(found, aggregate.counts(blocks, self.span, match) if counted is None else counted)

        return at

    def answer(self, store: AlertStore, found: Page) -> bytes:
        """The JSON of a `RangeAnswer`."""
        last = found.rows[-1] if len(found.rows) == self.limit else None
        head = _encode(
            {
                "before": None if last is None else f"{last.t}-{last.seq}",
                "complete_since": dict(zip(SEVERITIES, store.rows_since, strict=True)),
                "counts": by_severity(found.counts),
                "exact": _exact(store, self.filter, self.span),
                "from": self.span.from_ms,
                "to": self.span.to_ms,
            }
        )
        return b"".join((b'{"rows":[', b",".join(map(rows.encode, found.rows)), b"],", head[1:]))


class Export(Struct, frozen=True):
    """What ``/api/v1/export`` is asked for."""

    filter: Filter
    span: TimeRange
    format: Format

    def part(self, blocks: Sequence[Block], below: tuple[int, int], limit: int) -> tuple[bytes, tuple[int, int] | None]:
        """The newest rows before *below* as a part of the file, and before what the next part lies, if there is one."""
        found = newest(blocks, limit, matcher(self.filter), since_ms=self.span.from_ms, up_to=_ALL, below=below)
        more = (found[-1].t, found[-1].seq) if len(found) == limit else None
        return exports.body(self.format, found), more

    def exact(self, store: AlertStore) -> bool:
        """Whether every alert of the span is in memory."""
        return store.rows_complete(self.span.from_ms, self.filter.possible)


class Timeline(Struct, frozen=True):
    """What ``/api/v1/timeline`` is asked for."""

    filter: Filter
    span: TimeRange
    step_s: int

    def counted(self, store: AlertStore) -> Series | None:
        """The series where no look at the rows is needed."""
        asked = self.filter.severities
        if asked is None or not _in_bins(store, self.span):
            return None
        series = store.counts.series(self.span.from_s, self.step_s, self.span.bins(self.step_s), end=self.span.to_s)
        return [own if wanted else [0] * len(own) for own, wanted in zip(series, asked, strict=True)]

    def look(self, blocks: Sequence[Block]) -> Series:
        """The series from the rows."""
        return aggregate.timeline(blocks, self.span, self.step_s, matcher(self.filter))

    def answer(self, store: AlertStore, series: Series) -> bytes:
        """The JSON of a `TimelineAnswer`."""
        exact = _exact(store, self.filter, self.span)
        own = dict(zip(SEVERITIES, series, strict=True))
        return _encode(TimelineAnswer(t0=self.span.from_s, step_s=self.step_s, exact=exact, **own))


class Frequent(Struct, frozen=True):
    """What ``/api/v1/facets`` is asked for."""

    filter: Filter
    span: TimeRange
    limit: int
    narrow: Narrow

    def counted(self, store: AlertStore, now_s: int) -> Facets | None:
        """The lists where a look at the rows would show less."""
        everything = not self.filter.fields and not self.filter.words and not self.narrow.field
        if not everything or self._held(store):
            return None
        return Facets(*store.top.between(self.span.from_s, self.span.to_s, now_s, self.limit))

    def look(self, blocks: Sequence[Block]) -> Facets:
        """The lists from the rows."""
        return aggregate.facets(blocks, self.span, self.filter, self.limit, self.narrow)

    def answer(self, store: AlertStore, found: Facets) -> bytes:
        """The JSON of a `FacetsAnswer`."""
        return _encode(FacetsAnswer(top=found.top, distinct=found.distinct, exact=self._held(store)))

    def _held(self, store: AlertStore) -> bool:
        return store.rows_complete(self.span.from_ms, self.filter.possible)


def alerts(query_string: str, now_ms: int) -> Alerts:
    """The question of a query string; `QueryError` where it is none."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "before", "limit")
    limit = params.integer(single, "limit", default=_ROWS, most=MAX_ROWS)
    return Alerts(filter_url.parse(parameters), time_range.parse(single, now_ms), limit, _token(single))


def export(query_string: str, now_ms: int) -> Export:
    """The question of a query string; `QueryError` where it is none."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "format")
    format = single.get("format")
    if format not in ("csv", "ndjson"):
        raise QueryError("format must be csv or ndjson")
    return Export(
        filter_url.parse(parameters), time_range.parse(single, now_ms), "csv" if format == "csv" else "ndjson"
    )


def timeline(query_string: str, now_ms: int) -> Timeline:
    """The question of a query string; `QueryError` where it is none."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "step")
    span = time_range.parse(single, now_ms)
    return Timeline(filter_url.parse(parameters), span, time_range.step(single, span))


def facets(query_string: str, now_ms: int) -> Frequent:
    """The question of a query string; `QueryError` where it is none."""
    parameters = filter_url.read(query_string)
    single = filter_url.once(parameters, "from", "to", "limit", "narrow")
    limit = params.integer(single, "limit", default=_VALUES, most=MAX_VALUES)
    return Frequent(filter_url.parse(parameters), time_range.parse(single, now_ms), limit, _narrow(single))


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


def _in_bins(store: AlertStore, span: TimeRange) -> bool:
    """Whether the counted seconds reach back to the span's beginning."""
    return store.counts.begin <= span.from_s


def _counted(store: AlertStore, wanted: Filter, span: TimeRange) -> list[int] | None:
    """The counts where no look at the rows is needed."""
    asked = wanted.severities
    if asked is None or not _in_bins(store, span):
        return None
    return [store.counts.count(n, span.from_s, span.to_s) if own else 0 for n, own in enumerate(asked)]


def _exact(store: AlertStore, wanted: Filter, span: TimeRange) -> bool:
    """Whether counts of this filter are all that there were."""
    if wanted.severities is not None and store.counts_complete(span.from_s, wanted.possible):
        return True
    return store.rows_complete(span.from_ms, wanted.possible)

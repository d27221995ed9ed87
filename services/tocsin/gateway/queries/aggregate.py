"""Counts of the rows that pass a filter: by severity, over time, and of each value, all from one scan."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct

from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import top_values
from tocsin.gateway.window.counts import Series
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.top_values import Entry
from tocsin.gateway.window.window import Block, Match
from tocsin.model.alert_row import FACETS
from tocsin.model.filter import Filter, Values
from tocsin.model.timestamps import MS_PER_S

_Counted = dict[SharedFields, int]


class Facets(Struct, frozen=True):
    """The most frequent values of each facet, and the number of different values."""

    top: dict[str, list[Entry]]
    distinct: dict[str, int]


class Narrow(Struct, frozen=True):
    """Limits one list to the values that contain a text (lower case)."""

    field: str = ""
    text: str = ""


def inside(blocks: Iterable[Block], span: TimeRange) -> Iterator[Row]:
    """The rows of the time range, in no order."""
    from_ms, to_ms = span.from_ms, span.to_ms
    for block in blocks:
        if block.max_t < from_ms or block.min_t >= to_ms:
            continue
        rows = block.rows[block.start :]
        if from_ms <= block.min_t and block.max_t < to_ms:
            yield from rows
        else:
            yield from (row for row in rows if from_ms <= row.t < to_ms)


def counts(blocks: Iterable[Block], span: TimeRange, match: Match | None) -> list[int]:
    """The number of matching rows, by severity."""
    totals = [0] * len(SEVERITIES)
    for row in inside(blocks, span):
        if match is None or match(row):
            totals[row.shape.index] += 1
    return totals


def timeline(blocks: Iterable[Block], span: TimeRange, step_s: int, match: Match | None) -> Series:
    """The number of matching rows, by severity and bin."""
    series = [[0] * span.bins(step_s) for _ in SEVERITIES]
    from_ms, width = span.from_ms, step_s * MS_PER_S
    for row in inside(blocks, span):
        if match is None or match(row):
            series[row.shape.index][(row.t - from_ms) // width] += 1
    return series


def facets(blocks: Iterable[Block], span: TimeRange, filter_: Filter, limit: int, narrow: Narrow) -> Facets:
    """The *limit* most frequent values of each facet. The filter's own values of a facet do not limit its list."""
    filters = [_FieldFilter(values) for values in filter_.fields if values.field in FACETS]
    shapes = _shapes(inside(blocks, span), matcher(filter_.without(*FACETS)))
    passing, almost = _sorted_out(shapes, filters) if filters else (shapes, {})
    lists: dict[str, list[Entry]] = {}
    distinct: dict[str, int] = {}
    for name, values in FACETS.items():
        chosen = _narrowed(values, narrow.text) if name == narrow.field else values
        counted = chain(passing.items(), almost.get(name, {}).items())
        lists[name], distinct[name] = top_values.ranked(counted, chosen, limit)
    return Facets(lists, distinct)


class _FieldFilter:
    """One field of the filter, for shared fields."""

    def __init__(self, values: Values) -> None:
        self.field = values.field
        self._match = matcher(Filter((values,)))

    def allows(self, shape: SharedFields) -> bool:
        return self._match is None or self._match.shape(shape)


def _shapes(rows: Iterable[Row], match: Match | None) -> _Counted:
    shapes: _Counted = {}
    for row in rows:
        if match is None or match(row):
            shapes[row.shape] = shapes.get(row.shape, 0) + 1
    return shapes


def _sorted_out(shapes: _Counted, filters: Sequence[_FieldFilter]) -> tuple[_Counted, dict[str, _Counted]]:
    """The shapes that pass all filters, and by field those that only this field's filter rejects."""
    passing: _Counted = {}
    almost: dict[str, _Counted] = {each.field: {} for each in filters}
    for shape, n in shapes.items():
        failed = [each.field for each in filters if not each.allows(shape)]
        if not failed:
            passing[shape] = n
        elif len(failed) == 1:
            almost[failed[0]][shape] = n
    return passing, almost


def _narrowed(values: Callable[[SharedFields], Iterable[str]], text: str) -> Callable[[SharedFields], Iterable[str]]:
    return lambda shape: (value for value in values(shape) if text in value.lower())

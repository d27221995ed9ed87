"""The endpoints of ``/api/runtime/``: the newest alerts, and counts of the live window."""

from collections import Counter
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tocsin.gateway.queries import params
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.queries.schemas import LaneAnswer, Lanes, StatsAnswer
from tocsin.gateway.window import rows, top_values
from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES, BySeverity
from tocsin.gateway.window.store import AlertStore
from tocsin.model.filter import Filter, FilterError, grammar
from tocsin.model.timestamps import NS_PER_MS, format_ns

MAX_ALERTS = 1_000
MAX_FULL = 200


class Query(Struct, frozen=True):
    """A query for ``/api/runtime/alerts``."""

    filter: Filter
    limit: int
    full: bool
    """Whether the client wants whole alerts."""


def parse(parameters: Mapping[str, str]) -> Query:
    """The query of these parameters; `QueryError` if they are wrong."""
    params.check(parameters, "severity", "q", "limit", "full")
    full = parameters.get("full", "0")
    if full not in ("0", "1"):
        raise QueryError("full must be 0 or 1")
    wire: dict[str, object] = {"q": parameters.get("q", "")}
    if parameters.get("severity"):
        wire["severity"] = parameters["severity"].split(",")
    try:
        filter_ = grammar.parse(wire)
    except FilterError as error:
        raise QueryError(str(error)) from error
    most = MAX_FULL if full == "1" else MAX_ALERTS
    return Query(filter_, params.integer(parameters, "limit", default=most, most=most), full == "1")


def lanes(store: AlertStore, stored: BySeverity) -> Lanes:
    """How far back the window reaches; *stored* is what the stream has, by severity."""
    answers = {}
    for name, lane in zip(SEVERITIES, store.window.lanes, strict=True):
        oldest = lane.oldest
        answers[name] = LaneAnswer(
            since=None if oldest is None else format_ns(oldest.t * NS_PER_MS),
            rows=len(lane),
            complete=len(lane) >= getattr(stored, name),
        )
    return Lanes(**answers)


def listing(
    alerts: list[bytes], stored: BySeverity, timestamp: str, store: AlertStore, *, cut: bool | None = None
) -> bytes:
    """The answer with these encoded alerts; *cut*, of whole alerts, is whether the size limit cut the list."""
    fields = {"total": total(stored), "timestamp": timestamp, "window": lanes(store, stored)}
    tail = msgspec.json.encode(fields if cut is None else {**fields, "cut": cut})
    return b"".join((b'{"alerts":[', b",".join(alerts), b"],", tail[1:]))


def rendered(page: list[Row]) -> list[bytes]:
    """Each row as JSON."""
    return [rows.encode(row) for row in page]


def stats(store: AlertStore, stored: BySeverity, timestamp: str) -> StatsAnswer:
    """Counts of the stream and of the window."""
    shapes: Counter[SharedFields] = Counter()
    for lane in store.window.lanes:
        shapes.update(lane.shapes)
    types = top_values.rank(shapes.items(), lambda shape: (shape.event_type,))
    processes = top_values.rank(shapes.items(), lambda shape: (shape.process,))
    return StatsAnswer(
        total=total(stored),
        by_severity=stored,
        by_type={value: n for value, n, _ in types},
        by_process={value: n for value, n, _ in processes},
        timestamp=timestamp,
        window=lanes(store, stored),
    )


def total(counts: BySeverity) -> int:
    """The sum over all severities."""
    return counts.critical + counts.high + counts.medium + counts.low

"""The parameters of a request, and the answers that the live window gives."""

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from tocsin.gateway.queries.schemas import LaneAnswer, Lanes, StatsAnswer
from tocsin.gateway.window import rows, top_values
from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.gateway.window.severities import SEVERITIES, BySeverity
from tocsin.gateway.window.store import AlertStore
from tocsin.model.filter import Filter, FilterError, grammar
from tocsin.model.timestamps import NS_PER_MS, format_ns

MAX_ALERTS = 1_000
MAX_FULL = 200


class QueryError(ValueError):
    """The text names the parameter and what is allowed."""


class Query(Struct, frozen=True):
    """What ``/api/runtime/alerts`` is asked for."""

    filter: Filter
    limit: int
    full: bool


def parse(parameters: Mapping[str, str]) -> Query:
    """The query, or `QueryError`."""
    check(parameters, "severity", "q", "limit", "full")
    full = parameters.get("full", "0")
    if full not in ("0", "1"):
        raise QueryError("full must be 0 or 1")
    wire: dict[str, object] = {"q": parameters.get("q", "")}
    if parameters.get("severity"):
        wire["severity"] = parameters["severity"].split(",")
    try:
        wanted = grammar.parse(wire)
    except FilterError as error:
        raise QueryError(str(error)) from error
    most = MAX_FULL if full == "1" else MAX_ALERTS
    return Query(wanted, integer(parameters, "limit", default=most, most=most), full == "1")


def check(
    parameters: Mapping[str, str], *known: str, repeatable: Collection[str] = (), deprecated: Collection[str] = ()
) -> None:
    """`QueryError` for a name that is neither *known* nor *deprecated*, or is given twice and not *repeatable*."""
    seen = set()
    names = [name for name, _ in parameters.items()]  # each as often as it was given
    for name in names:
        if name not in known and name not in deprecated:
            here = f"known: {', '.join(known)}" if known else "there are none here"
            raise QueryError(f"{name[:64]}: no such parameter; {here}")
        if name in seen and name not in repeatable:
            raise QueryError(f"{name} must be given once")
        seen.add(name)


def integer(parameters: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """The whole number from 1 to *most* under *name*."""
    text = parameters.get(name)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 1 <= value <= most:
        raise QueryError(f"{name} must be a whole number from 1 to {most:,}")
    return value


def lanes(store: AlertStore, held: BySeverity) -> Lanes:
    """How far back the window goes, held against what the stream holds."""
    found = {}
    for name, lane in zip(SEVERITIES, store.window.lanes, strict=True):
        oldest = lane.oldest
        found[name] = LaneAnswer(
            since=None if oldest is None else format_ns(oldest.t * NS_PER_MS),
            rows=len(lane),
            complete=len(lane) >= getattr(held, name),
        )
    return Lanes(**found)


def listing(
    alerts: list[bytes], held: BySeverity, timestamp: str, store: AlertStore, *, cut: bool | None = None
) -> bytes:
    """The answer with these alerts, already encoded; *cut* says of whole ones whether there was no room for all."""
    fields = {"total": total(held), "timestamp": timestamp, "window": lanes(store, held)}
    tail = msgspec.json.encode(fields if cut is None else {**fields, "cut": cut})
    return b"".join((b'{"alerts":[', b",".join(alerts), b"],", tail[1:]))


def rendered(found: list[Row]) -> list[bytes]:
    """The rows as JSON, one by one."""
    return [rows.encode(row) for row in found]


def stats(store: AlertStore, held: BySeverity, timestamp: str) -> StatsAnswer:
    """Counts of the stream and of the window."""
    shapes: Counter[SharedFields] = Counter()
    for lane in store.window.lanes:
        shapes.update(lane.shapes)
    types = top_values.rank(shapes.items(), lambda shape: (shape.event_type,))
    processes = top_values.rank(shapes.items(), lambda shape: (shape.process,))
    return StatsAnswer(
        total=total(held),
        by_severity=held,
        by_type={value: n for value, n, _ in types},
        by_process={value: n for value, n, _ in processes},
        timestamp=timestamp,
        window=lanes(store, held),
    )


def total(held: BySeverity) -> int:
    """All severities together."""
    return held.critical + held.high + held.medium + held.low

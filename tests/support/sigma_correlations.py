"""Made-up correlations over made-up events, and what pySigma's SQLite correlations say of them."""

import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import yaml
from msgspec import Struct
from sigma.backends.sqlite import sqliteBackend
from sigma.backends.sqlite.runtime import execute_plan
from sigma.collection import SigmaCollection

BASES = ("a", "b", "c", "d")
"""Names of the base rules; each matches an event whose ``message`` has its name in angle brackets."""
IDS = {name: str(uuid.UUID(int=number + 1, version=4)) for number, name in enumerate(BASES)}
GRID_MS = 125
"""Times are multiples of it: an eighth of a second is exact as a number of SQLite."""
START_MS = 1_795_000_000_000
COUNTED = "policy_name"
"""The field that value_count counts."""
_CLUSTER = "cluster"
"""Always part of our key, and so of what pySigma groups by here."""
_GROUPS = ("pod.namespace", "pod.name")
FIELDS = (_CLUSTER, *_GROUPS, COUNTED)
_ALIAS = "who"

End = tuple[tuple[tuple[str, str], ...], int]
"""A key, sorted, and a time in ms at which a window ends that fulfils the correlation."""


class Moment(Struct, frozen=True):
    """One event."""

    ms: int
    bases: tuple[str, ...]
    values: dict[str, str]
    """Of the fields that are grouped by or counted; a missing one is not in it."""

    @property
    def message(self) -> str:
        """What the base rules look at."""
        return "".join(f"<{name}>" for name in self.bases) or "-"


def base_rules(ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rules that correlations are about, by their names."""
    return [
        {
            "title": f"Base {name}",
            "id": ids[name],
            "name": name,
            "logsource": {"product": "tetragon"},
            "detection": {"sel": {"message|contains": f"<{name}>"}, "condition": "sel"},
            "level": "low",
        }
        for name in ids
    ]


def correlation(rng: Random, kind: str, *, groups: Sequence[str] | None = None) -> dict[str, Any]:
    """A correlation of this type over some of the base rules."""
    temporal = kind.startswith("temporal")
    rules = rng.sample(BASES, rng.choice((2, 3, 3, 4)) if temporal else rng.choice((1, 1, 2)))
    body: dict[str, Any] = {"type": kind, "rules": rules, "timespan": f"{rng.choice((1, 2, 5, 30))}s", "generate": True}
    chosen = list(groups) if groups is not None else rng.sample(_GROUPS, rng.choice((0, 1, 1, 2)))
    if groups is None and rng.random() < 0.25:
        chosen.append(_ALIAS)
        body["aliases"] = {_ALIAS: {rule: rng.choice(_GROUPS) for rule in rules}}
    if chosen:
        body["group-by"] = chosen
    if not temporal:
        body["condition"] = rng.choice(({"gte": rng.choice((1, 2, 3, 5))}, {"gt": rng.choice((1, 2, 4))}))
    if kind == "value_count":
        body["condition"]["field"] = COUNTED
    return document(rng, body)


def document(rng: Random, body: dict[str, Any], name: str = "") -> dict[str, Any]:
    """*body* as a correlation rule."""
    identity = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return {
        "title": "Made up",
        "id": identity,
        **({"name": name} if name else {}),
        "correlation": body,
        "level": "high",
    }


def moments(rng: Random, count: int, *, crowded: float) -> list[Moment]:
    """*count* events in the order of their times, of which several may share one; *crowded*: events a second."""
    found, at = [], START_MS
    for _ in range(count):
        at += GRID_MS * int(rng.expovariate(crowded * GRID_MS / 1000))
        bases = tuple(sorted(rng.sample(BASES, rng.choice((0, 1, 1, 1, 1, 2)))))
        values = {field: rng.choice("xyz") for field in _GROUPS if rng.random() < 0.95}
        if rng.random() < 0.95:
            values[COUNTED] = f"v{rng.randrange(6)}"
        found.append(Moment(at, bases, {**values, _CLUSTER: rng.choice(("c1", "c1", "c2"))}))
    return found


def episodes(rng: Random, count: int) -> list[Moment]:
    """*count* times a few events with a key of their own, in the order of their times."""
    found = []
    for number in range(count):
        start = START_MS + 2_000 * number
        for _ in range(rng.choice((1, 2, 3, 4, 5, 7))):
            at = start + GRID_MS * rng.randrange(60)
            bases = tuple(sorted(rng.sample(BASES, rng.choice((1, 1, 1, 2)))))
            values = {_GROUPS[0]: f"e{number}", COUNTED: f"v{rng.randrange(20)}", _CLUSTER: "c1"}
            found.append(Moment(at, bases, values))
    return sorted(found, key=lambda moment: moment.ms)


def text(correlations: Sequence[dict[str, Any]], ids: Mapping[str, str] = IDS) -> str:
    """The base rules and *correlations* as YAML."""
    return yaml.safe_dump_all([*base_rules(ids), *correlations], sort_keys=False)


def ends(
    correlations: Sequence[dict[str, Any]],
    events: Sequence[Moment],
    ids: Mapping[str, str] = IDS,
    fields: Sequence[str] = FIELDS,
) -> set[End]:
    """All windows in which SQLite finds the last of *correlations* fulfilled, the others being what it refers to."""
    grouped = [_with_cluster(one) for one in correlations]
    collection = SigmaCollection.from_yaml(text(grouped, ids))
    backend = sqliteBackend(timestamp_field="at", timestamp_format="unix_ms", collate_nocase=True)
    converted = {rule["id"]: rule for rule in json.loads(backend.convert(collection, "zircolite"))}
    plan = converted[grouped[-1]["id"]]["correlation_plan"]
    connection = sqlite3.connect(":memory:")
    try:
        columns = ", ".join(f"`{field}` TEXT COLLATE NOCASE" for field in (*fields, "message"))
        connection.execute(f"CREATE TABLE logs (at INTEGER, {columns})")
        rows = [(event.ms, *map(event.values.get, fields), event.message) for event in events]
        connection.executemany(f"INSERT INTO logs VALUES ({', '.join('?' * (len(fields) + 2))})", rows)
        found, _ = execute_plan(connection, plan, include_events=False)
    finally:
        connection.close()
    return {(tuple(sorted(row["group_keys"].items())), round(row["window_end"] * 1000)) for row in found}


def _with_cluster(one: dict[str, Any]) -> dict[str, Any]:
    body = one["correlation"]
    return {**one, "correlation": {**body, "group-by": [*body.get("group-by", []), _CLUSTER]}}


def completing(one: dict[str, Any], found: set[End], events: Sequence[Moment]) -> set[End]:
    """Those of SQLite's *found* ends at which one of *events* completes the window.

    temporal_ordered fires at the event that completes the order; SQLite names every event of the rules as the end of a
    window that holds the whole. An event without the value that a value_count counts is left out; SQLite takes it for
    the end of a window.
    """
    body = one["correlation"]
    ordered = body["type"] == "temporal_ordered"
    counted = body["condition"]["field"] if body["type"] == "value_count" else ""
    if not ordered and not counted:
        return found
    at = {
        (_key(body, moment, rule), moment.ms)
        for moment in events
        if not counted or counted in moment.values
        for rule in (body["rules"][-1:] if ordered else body["rules"])
        if rule in moment.bases
    }
    return found & at


def _key(body: dict[str, Any], moment: Moment, rule: str) -> tuple[tuple[str, str], ...]:
    """As SQLite writes it: in lower case, since it takes what differs in that for the same."""
    names = {group: body.get("aliases", {}).get(group, {}).get(rule, group) for group in body.get("group-by", [])}
    values = {group: moment.values.get(name, "").lower() for group, name in names.items()}
    return tuple(sorted({**values, _CLUSTER: moment.values[_CLUSTER]}.items()))

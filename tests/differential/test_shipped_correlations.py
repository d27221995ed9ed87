"""The correlations that we ship, over an hour of the simulator's attacks in a minute's time, held against SQLite."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from tocsin.model.event import read
from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet
from tocsin.simulator import Generator

from support.pysigma_diff import TIME_NS
from support.sigma_correlations import GRID_MS, End, Moment, completing, ends

PACK = Path(__file__).resolve().parents[2] / "policies" / "rules"
EXACT = 256
"""Up to this count single times are kept; above, the window may reach back by a sixteenth of the timespan more."""
EVENTS, SPAN_NS = 12_000, 180 * 10**9


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return RuleSet.load({str(path): path.read_bytes() for path in sorted(PACK.rglob("*.yml"))})


@pytest.fixture(scope="module")
def stream(ruleset) -> list[tuple[Moment, Signal]]:
    """What of the simulator's events correlations count, on a grid that SQLite's numbers hold exactly."""
    names = {rule.id: rule.name for rule in ruleset.rules}
    found = []
    lines = Generator(3, TIME_NS, attacks_per_minute=120).take(EVENTS, TIME_NS, TIME_NS + SPAN_NS)
    for number, line in enumerate(lines):
        one = EventRecord.of(read(line), line, cluster="c1")
        ids = tuple(hit.rule.id for hit in ruleset.match(one, TIME_NS).hits if hit.rule.id in ruleset.counted)
        if ids:
            ms = (parse_ns(one.event.time) or 0) // 1_000_000 // GRID_MS * GRID_MS
            values = ruleset.signal_values(ids, one)
            moment = Moment(ms, tuple(names[id] for id in ids), {**values, "cluster": "c1"})
            time = format_ns(ms * 1_000_000)
            found.append(
                (moment, Signal(id=f"{number:032x}", time=time, rules=ids, values=values, cluster="c1", node=one.node))
            )
    return sorted(found, key=lambda pair: pair[0].ms)


def documents(ruleset: RuleSet) -> list[dict[str, Any]]:
    """The correlations over rules, as written; what rests on other correlations is left out."""
    rules = {rule.name for rule in ruleset.rules}
    found = [one for path in sorted(PACK.rglob("*.yml")) for one in yaml.safe_load_all(path.read_text()) if one]
    return [one for one in found if "correlation" in one and set(one["correlation"]["rules"]) <= rules]


def fired(ruleset: RuleSet, stream: Sequence[tuple[Moment, Signal]]) -> dict[str, set[End]]:
    """Correlation to keys and ends."""
    tracks = CorrelationEngine([replace(one, repeat_s=0.0) for one in ruleset.correlations])
    found: dict[str, set[End]] = {one.id: set() for one in ruleset.correlations}
    for seq, (_, signal) in enumerate(stream, 1):
        for firing in tracks.feed(signal, seq):
            key = {name: value.lower() for name, value in firing.key.items()}  # SQLite's keys are
            found[firing.correlation.id].add((tuple(sorted(key.items())), firing.to_ns // 1_000_000))
    assert not tracks.late
    return found


def test_shipped_correlations_fire_where_sqlite_says(ruleset, stream):
    ours = fired(ruleset, stream)
    moments = [moment for moment, _ in stream]
    fulfilled = 0
    for one in documents(ruleset):
        body = one["correlation"]
        ids = {rule.name: rule.id for rule in ruleset.rules if rule.name in body["rules"]}
        fields = sorted(
            {
                "cluster",
                *body.get("group-by", []),
                *([body["condition"]["field"]] if "field" in body.get("condition", {}) else []),
            }
        )
        kept = [replace(moment, bases=tuple(name for name in moment.bases if name in ids)) for moment in moments]
        plain = {key: value for key, value in one.items() if key in ("title", "id", "correlation", "level")}
        theirs = completing(one, ends([plain], kept, ids, fields), kept)
        if body.get("condition", {}).get("gte", 0) > EXACT:
            assert theirs <= ours[one["id"]], one["title"]
        else:
            assert theirs == ours[one["id"]], one["title"]
        fulfilled += bool(theirs)
    assert fulfilled >= 4

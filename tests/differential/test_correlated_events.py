"""The whole way of a correlation: Tetragon's events, the rules they match, signals, windows; held against SQLite."""

import json
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tocsin.model.event import read
from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet

from support.pysigma_diff import TIME_NS
from support.sigma_correlations import COUNTED, End, Moment, completing, correlation, ends, moments, text

KINDS = ("event_count", "value_count", "temporal", "temporal_ordered")


def event(moment: Moment) -> bytes:
    """An event whose fields have the moment's values."""
    pod = {name.removeprefix("pod."): value for name, value in moment.values.items() if name.startswith("pod.")}
    body: dict[str, Any] = {"process": {"binary": "/bin/sh", "pod": pod}, "message": moment.message}
    if COUNTED in moment.values:
        body["policy_name"] = moment.values[COUNTED]
    return json.dumps({"process_kprobe": body, "time": format_ns(moment.ms * 1_000_000)}).encode()


def signals(ruleset: RuleSet, events: Sequence[Moment]) -> Iterable[Signal]:
    """As the classifier makes them."""
    for number, moment in enumerate(events):
        line = event(moment)
        one = EventRecord.of(read(line), line, cluster=moment.values["cluster"], node="n1")
        ids = tuple(hit.rule.id for hit in ruleset.match(one, TIME_NS).hits if hit.rule.id in ruleset.counted)
        if ids:
            values = ruleset.signal_values(ids, one)
            time = format_ns(moment.ms * 1_000_000)
            yield Signal(id=f"{number:032x}", time=time, rules=ids, values=values, cluster=one.cluster, node="n1")


def fired(ruleset: RuleSet, found: Iterable[Signal]) -> set[End]:
    tracks = CorrelationEngine([replace(one, repeat_s=0.0) for one in ruleset.correlations])
    return {
        (tuple(sorted(firing.key.items())), firing.to_ns // 1_000_000)
        for seq, signal in enumerate(found, 1)
        for firing in tracks.feed(signal, seq)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_from_events_to_windows_all_is_as_sqlite_says(kind):
    rng = Random(f"events {kind}")
    found = 0
    for _ in range(8):
        one, happened = correlation(rng, kind), moments(rng, 300, crowded=2.0)
        ruleset = RuleSet.load({"a.yml": text([one]).encode()})
        assert all(problem.warning for problem in ruleset.problems)
        theirs = completing(one, ends([one], happened), happened)
        assert fired(ruleset, signals(ruleset, happened)) == theirs, one
        found += len(theirs)
    assert found > 50

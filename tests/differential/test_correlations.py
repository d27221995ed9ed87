"""Correlations over made-up events, in order and late, held against pySigma's correlations in SQLite.

Where the two differ by choice:

- temporal_ordered fires at the event that completes the order; SQLite names every event of the rules as the end of a
  window that holds the whole, completing or not;
- an event without the value that a value_count counts is left out; SQLite takes it for the end of a window.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.ruleset import RuleSet

from support.sigma_correlations import (
    COUNTED,
    IDS,
    START_MS,
    End,
    Moment,
    completing,
    correlation,
    document,
    ends,
    episodes,
    moments,
    text,
)  # fmt: skip

KINDS = ("event_count", "value_count", "temporal", "temporal_ordered")
LATEST_MS = 25_000
"""No signal comes later: the agent itself may be 30 seconds late."""


def windows(documents: Sequence[dict[str, Any]], repeat_s: float) -> CorrelationEngine:
    """Of *documents*, which after firing keep silent for so long."""
    ruleset = RuleSet.load({"a.yml": text(documents).encode()})
    assert all(problem.warning for problem in ruleset.problems), ruleset.problems
    return CorrelationEngine([replace(one, repeat_s=repeat_s) for one in ruleset.correlations])


def signal(number: int, moment: Moment, documents: Sequence[dict[str, Any]]) -> Signal:
    values = {field: value for field, value in moment.values.items() if field != "cluster"}
    for one in documents:
        for alias, fields in one["correlation"].get("aliases", {}).items():
            for rule, field in fields.items():
                if rule in moment.bases and field in values:
                    values[f"{alias}@{IDS[rule]}"] = values[field]
    return Signal(
        id=f"{number:032x}",
        time=format_ns(moment.ms * 1_000_000),
        rules=tuple(IDS[name] for name in moment.bases),
        values=values,
        cluster=moment.values["cluster"],
        node="n1",
    )


def fired(
    documents: Sequence[dict[str, Any]], arriving: Iterable[tuple[int, Moment]], repeat_s: float = 0.0
) -> set[End]:
    """Keys and ends of what the last of *documents* fires."""
    tracks = windows(documents, repeat_s)
    found = set()
    for seq, (number, moment) in enumerate(arriving, 1):
        if not moment.bases:
            continue
        for firing in tracks.feed(signal(number, moment, documents), seq):
            if firing.correlation.id == documents[-1]["id"]:
                found.add((tuple(sorted(firing.key.items())), firing.to_ns // 1_000_000))
    assert not tracks.late
    return found


def late(rng: Random, events: Sequence[Moment]) -> list[tuple[int, Moment]]:
    """The events by number, each up to `LATEST_MS` late, some of them twice."""
    arriving = []
    for number, moment in enumerate(events):
        at = moment.ms + rng.choice((0, rng.randrange(2_000), rng.randrange(LATEST_MS)))
        arriving.append((at, number, moment))
        if rng.random() < 0.05:
            arriving.append((at + rng.randrange(LATEST_MS), number, moment))
    return [(number, moment) for _, number, moment in sorted(arriving, key=lambda one: one[:2])]


@pytest.mark.parametrize("crowded", [0.5, 3.0, 40.0])
@pytest.mark.parametrize("kind", KINDS)
def test_in_order_every_window_ends_where_sqlite_says(kind, crowded):
    rng = Random(f"{kind}{crowded}")
    found = 0
    for _ in range(20):
        one, events = correlation(rng, kind), moments(rng, 400, crowded=crowded)
        theirs = completing(one, ends([one], events), events)
        assert fired([one], enumerate(events)) == theirs, one
        found += len(theirs)
    assert found > 50


@pytest.mark.parametrize("kind", KINDS)
def test_after_firing_it_keeps_silent_for_as_long_as_it_should(kind):
    rng = Random(f"repeat {kind}")
    for _ in range(8):
        one, events, repeat_s = correlation(rng, kind), moments(rng, 400, crowded=3.0), rng.choice((1.0, 7.5, 30.0))
        last: dict[tuple[tuple[str, str], ...], int] = {}
        expected = set()
        for key, ms in sorted(completing(one, ends([one], events), events), key=lambda end: end[1]):
            if ms >= last.get(key, 0) + 1_000 * repeat_s:
                last[key] = ms
                expected.add((key, ms))
        assert fired([one], enumerate(events), repeat_s) == expected, one


@pytest.mark.parametrize("kind", KINDS)
def test_late_signals_complete_only_windows_that_sqlite_knows(kind):
    rng = Random(kind)
    for _ in range(12):
        one, events = correlation(rng, kind), moments(rng, 400, crowded=3.0)
        assert fired([one], late(rng, events)) <= completing(one, ends([one], events), events), one


@pytest.mark.parametrize("kind", KINDS)
def test_late_signals_of_an_episode_complete_it_where_sqlite_says(kind):
    rng = Random(f"late {kind}")
    found = 0
    for _ in range(12):
        one, events = correlation(rng, kind, groups=["pod.namespace"]), episodes(rng, 150)
        theirs, ours = completing(one, ends([one], events), events), fired([one], late(rng, events))
        assert ours <= theirs, one
        if kind == "value_count":  # of a value that was seen again only the last time is known
            once = seen_once(events)
            theirs, ours = ({end for end in side if dict(end[0])["pod.namespace"] in once} for side in (theirs, ours))
        if kind.startswith("temporal"):  # a late one is looked at with the nearest of the others, not with the last
            assert {key for key, _ in ours} == {key for key, _ in theirs}, one
        else:
            assert last_of(ours) == last_of(theirs), one
        found += len(last_of(theirs))
    assert found > 100


def seen_once(events: Sequence[Moment]) -> set[str]:
    """Episodes of which no value comes twice."""
    values = defaultdict(list)
    for moment in events:
        values[moment.values["pod.namespace"]].append(moment.values[COUNTED])
    return {name for name, seen in values.items() if len(seen) == len(set(seen))}


def last_of(found: set[End]) -> dict[tuple[tuple[str, str], ...], int]:
    """Of every key the last window."""
    last: dict[tuple[tuple[str, str], ...], int] = {}
    for key, ms in found:
        last[key] = max(ms, last.get(key, 0))
    return last


@pytest.mark.parametrize("parent", ["event_count", "temporal", "temporal_ordered"])
def test_correlations_of_correlations_end_where_sqlite_says(parent):
    rng = Random(parent)
    found = 0
    for _ in range(10):
        children = []
        for name, rule in (("one", "a"), ("two", "b")):
            body = {"type": "event_count", "rules": [rule], "timespan": "8s", "generate": True, "condition": {"gte": 2}}
            children.append(document(rng, {**body, "group-by": ["pod.namespace"]}, name))
        body = {
            "type": parent,
            "rules": ["one", "two"],
            "timespan": "20s",
            "generate": True,
            "group-by": ["pod.namespace"],
        }
        if parent == "event_count":
            body["condition"] = {"gte": 2}
        documents = [*children, document(rng, body)]
        events = [moment for moment in apart(moments(rng, 400, crowded=6.0)) if len(moment.bases) < 2]
        theirs = ends(documents, events)
        if parent == "temporal_ordered":
            theirs &= ends([children[1]], events)
        assert fired(documents, enumerate(events)) == theirs
        found += len(theirs)
    assert found > 50


@pytest.mark.parametrize("repeats", [1, 7, 8, 9, 40])
def test_a_chain_is_not_hidden_by_repeats_of_its_first_step(repeats):
    rng = Random(repeats)
    body = {"type": "temporal_ordered", "rules": ["a", "b", "c"], "timespan": "1m", "generate": True}
    one = document(rng, body)
    names = ["a", "b", *["a"] * repeats, "c"]
    events = [Moment(START_MS + 1_000 * number, (name,), {"cluster": "c1"}) for number, name in enumerate(names)]
    theirs = completing(one, ends([one], events), events)
    assert len(theirs) == 1
    assert fired([one], enumerate(events)) == theirs


def apart(events: Sequence[Moment]) -> list[Moment]:
    """No two at one time: there two alerts of a correlation would be one of SQLite's."""
    return list({moment.ms: moment for moment in events}.values())


def test_a_large_count_is_reached_where_sqlite_says_or_a_sixteenth_of_the_timespan_earlier():
    rng = Random(5)
    body = {"type": "event_count", "rules": ["a"], "timespan": "16s", "generate": True, "condition": {"gte": 300}}
    wider = {**body, "timespan": "17s"}
    one, other = document(rng, body), document(rng, wider)
    events = [
        replace(moment, values={"cluster": "c1"})
        for crowded in (20.0, 60.0, 48.0, 30.0)
        for moment in moments(rng, 2_500, crowded=crowded)
    ]
    events = [replace(moment, ms=moment.ms + 60_000 * (number // 2_500)) for number, moment in enumerate(events)]
    events.sort(key=lambda moment: moment.ms)
    exactly, at_most = ends([one], events), ends([other], events)
    assert exactly
    assert exactly <= fired([one], enumerate(events)) <= at_most

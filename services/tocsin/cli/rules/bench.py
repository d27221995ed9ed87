"""``tocsin rules bench``: what rules cost on events of one's own, in all and each by itself."""

import argparse
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from tocsin.cli.rules import events as rules_events
from tocsin.cli.rules import files, render
from tocsin.model import event as events
from tocsin.model.errors import BadEvent, SettingsError
from tocsin.sigma.authoring.replay import CLUSTER
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.candidates import Selection
from tocsin.sigma.matching.compiled_rule import Compiled, compiled
from tocsin.sigma.ruleset import RuleSet

MAX_EVENTS = 50_000
"""Enough for figures that stay the same; further ones are not read."""
MAX_BYTES = 256 << 20
_ROUNDS = 3
"""The fastest counts: everything else is other work of the machine."""
_SHOWN = 20


class Cost(Struct, frozen=True, kw_only=True):
    """What one rule costs."""

    id: str
    title: str
    candidate_rate: float
    """Share of the events for which its condition is looked at."""
    look_us: float
    """One look at its condition."""
    event_us: float
    """Both together: its part of every event."""


class Measured(Struct, frozen=True, kw_only=True):
    """All figures; microseconds per event."""

    events: int
    undecodable: int
    rules: int
    decode_us: float
    match_us: float
    candidates: float
    """Rules looked at for one event, on average."""
    hits: float
    costs: tuple[Cost, ...]
    """The most costly first."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "bench",
        help="what rules cost on events of your own",
        description=f"Measure microseconds per event, and rule by rule, over up to {MAX_EVENTS:,} events.",
        epilog="example:\n  tocsin rules bench my-rules/ --events /var/log/tetragon/tetragon.log",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument(
        "--events",
        required=True,
        metavar="FILE",
        help="events or alerts, one JSON object a line, gzipped or not; - is standard input",
    )
    sub.add_argument("--json", action="store_true", help="as JSON, with every rule")
    sub.set_defaults(run=render.guarded(_run))


def _run(chosen: argparse.Namespace) -> int:
    ruleset = RuleSet.load(files.read(chosen.paths).files)  # these alone, so that the figures are theirs
    given, undecodable = _given(chosen.events)
    if not given:
        raise SettingsError(f"{chosen.events}: no event in it that can be decoded")
    measured = measure(ruleset, given, undecodable)
    if chosen.json:
        render.as_json(measured)
    else:
        _show(measured)
    return 0


def _given(path: str) -> tuple[list[rules_events.Given], int]:
    found: list[rules_events.Given] = []
    undecodable = size = 0
    for each in rules_events.lines(path):
        try:
            events.read(each.line)
        except BadEvent:
            undecodable += 1
            continue
        found.append(each)
        size += len(each.line)
        if len(found) >= MAX_EVENTS or size >= MAX_BYTES:
            break
    return found, undecodable


def _record(given: rules_events.Given) -> EventRecord:
    event = events.read(given.line)
    return EventRecord.of(event, given.line, cluster=given.cluster or event.cluster or CLUSTER, node=given.node)


def measure(ruleset: RuleSet, given: Sequence[rules_events.Given], undecodable: int = 0) -> Measured:
    """Judge *given* several times, and look at the conditions of candidates one by one."""

    def judge(each: rules_events.Given) -> None:
        ruleset.match(_record(each), 0)

    decode_us = _fastest(_record, given)
    costs, candidates, hits = _costs(ruleset, given)
    return Measured(
        events=len(given),
        undecodable=undecodable,
        rules=len(ruleset.rules),
        decode_us=round(decode_us, 2),
        match_us=round(max(_fastest(judge, given) - decode_us, 0.01), 2),
        candidates=round(candidates / len(given), 2),
        hits=round(hits / len(given), 3),
        costs=costs,
    )


def _fastest(work: Callable[[rules_events.Given], object], given: Sequence[rules_events.Given]) -> float:
    """Microseconds for each of *given*."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for each in given:
            work(each)
        best = min(best, time.perf_counter() - began)
    return best * 1e6 / len(given)


def _costs(ruleset: RuleSet, given: Sequence[rules_events.Given]) -> tuple[tuple[Cost, ...], int, int]:
    rules = [compiled(rule, ruleset.filters_of(rule), {}) for rule in ruleset.rules]
    selection = Selection(rules)
    looks = dict.fromkeys((rule.rule.id for rule in rules), 0)
    spent_ns = dict.fromkeys(looks, 0)
    hits = 0
    for each in given:
        record = _record(each)
        hits += len(ruleset.match(record, 0).hits)  # and the values of all fields are at hand now
        for candidate in selection.candidates(record):
            looks[candidate.rule.id] += 1
            spent_ns[candidate.rule.id] += _look_ns(candidate, record)
    costs = [
        Cost(
            id=rule.rule.id,
            title=rule.rule.title,
            candidate_rate=round(looks[rule.rule.id] / len(given), 4),
            look_us=round(spent_ns[rule.rule.id] / max(looks[rule.rule.id], 1) / 1000, 3),
            event_us=round(spent_ns[rule.rule.id] / len(given) / 1000, 4),
        )
        for rule in rules
    ]
    return tuple(sorted(costs, key=lambda cost: (-cost.event_us, cost.title))), sum(looks.values()), hits


def _look_ns(candidate: Compiled, record: EventRecord) -> int:
    began = time.perf_counter_ns()
    try:
        candidate.holds(record)
    except Exception:  # it is skipped for this event by the classifier, too
        return time.perf_counter_ns() - began
    return time.perf_counter_ns() - began


def _show(measured: Measured) -> None:
    whole_us = measured.decode_us + measured.match_us
    render.line(
        f"{measured.events:,} events, {measured.rules:,} rules: {whole_us:.1f} µs an event "
        f"({1e6 / whole_us:,.0f} a second), of which {measured.match_us:.1f} µs are the rules'"
    )
    render.line(f"{measured.candidates:.1f} rules looked at and {measured.hits:.2f} matched, for one event")
    render.line()
    rows = [
        [f"{cost.event_us:.3f}", f"{100 * cost.candidate_rate:.1f} %", f"{cost.look_us:.2f}", cost.title]
        for cost in measured.costs[:_SHOWN]
    ]
    render.table(["µs an event", "looked at", "µs a look", "rule"], rows, right=(0, 1, 2))

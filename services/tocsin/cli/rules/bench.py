"""``tocsin rules bench``: measures the cost of rules on given events, in total and for each rule."""

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
from tocsin.sigma.matching.candidates import CandidateFinder
from tocsin.sigma.matching.compiled_rule import CompiledRule, compile_rule
from tocsin.sigma.ruleset import RuleSet

MAX_EVENTS = 50_000
"""Enough for stable figures; further events are not read."""
MAX_BYTES = 256 << 20
_ROUNDS = 3
"""The fastest round counts: a slower one includes other work of the machine."""
_SHOWN = 20


class Cost(Struct, frozen=True, kw_only=True):
    """The cost of one rule."""

    id: str
    title: str
    candidate_rate: float
    """Share of the events for which its condition is evaluated."""
    look_us: float
    """Microseconds for one evaluation of its condition."""
    event_us: float
    """Microseconds per event: the product of the two."""


class Measurement(Struct, frozen=True, kw_only=True):
    """All figures, in microseconds per event."""

    events: int
    undecodable: int
    rules: int
    decode_us: float
    match_us: float
    candidates: float
    """Average number of rules evaluated per event."""
    hits: float
    costs: tuple[Cost, ...]
    """The most expensive first."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "bench",
        help="measure the cost of rules on your own events",
        description=f"Measure microseconds per event, in total and for each rule, over up to {MAX_EVENTS:,} events.",
        epilog="example:\n  tocsin rules bench my-rules/ --events /var/log/tetragon/tetragon.log",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument(
        "--events",
        required=True,
        metavar="FILE",
        help="events or alerts, one JSON object per line, optionally gzipped; - is standard input",
    )
    sub.add_argument("--json", action="store_true", help="print JSON, with every rule")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    ruleset = RuleSet.load(files.read(args.paths).files)  # without the rest of the pack, so that the figures are theirs
    inputs, undecodable = _read_events(args.events)
    if not inputs:
        raise SettingsError(f"{args.events}: no decodable event")
    measurement = measure(ruleset, inputs, undecodable)
    if args.json:
        render.as_json(measurement)
    else:
        _show(measurement)
    return 0


def _read_events(path: str) -> tuple[list[rules_events.InputEvent], int]:
    inputs: list[rules_events.InputEvent] = []
    undecodable = size = 0
    for each in rules_events.read_lines(path):
        try:
            events.read(each.line)
        except BadEvent:
            undecodable += 1
            continue
        inputs.append(each)
        size += len(each.line)
        if len(inputs) >= MAX_EVENTS or size >= MAX_BYTES:
            break
    return inputs, undecodable


def _record(input_: rules_events.InputEvent) -> EventRecord:
    event = events.read(input_.line)
    return EventRecord.of(event, input_.line, cluster=input_.cluster or event.cluster or CLUSTER, node=input_.node)


def measure(ruleset: RuleSet, inputs: Sequence[rules_events.InputEvent], undecodable: int = 0) -> Measurement:
    """Judge *inputs* several times, and evaluate the conditions of candidates one by one."""

    def judge(each: rules_events.InputEvent) -> None:
        ruleset.match(_record(each), 0)

    decode_us = _fastest(_record, inputs)
    costs, candidates, hits = _costs(ruleset, inputs)
    return Measurement(
        events=len(inputs),
        undecodable=undecodable,
        rules=len(ruleset.rules),
        decode_us=round(decode_us, 2),
        match_us=round(max(_fastest(judge, inputs) - decode_us, 0.01), 2),
        candidates=round(candidates / len(inputs), 2),
        hits=round(hits / len(inputs), 3),
        costs=costs,
    )


def _fastest(work: Callable[[rules_events.InputEvent], object], inputs: Sequence[rules_events.InputEvent]) -> float:
    """Microseconds per event of *inputs*."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for each in inputs:
            work(each)
        best = min(best, time.perf_counter() - began)
    return best * 1e6 / len(inputs)


def _costs(ruleset: RuleSet, inputs: Sequence[rules_events.InputEvent]) -> tuple[tuple[Cost, ...], int, int]:
    rules = [compile_rule(rule, ruleset.filters_of(rule), {}) for rule in ruleset.rules]
    selection = CandidateFinder(rules)
    evaluations = dict.fromkeys((rule.rule.id for rule in rules), 0)
    spent_ns = dict.fromkeys(evaluations, 0)
    hits = 0
    for each in inputs:
        record = _record(each)
        hits += len(ruleset.match(record, 0).hits)  # which also fills the record's field values
        for candidate in selection.candidates(record):
            evaluations[candidate.rule.id] += 1
            spent_ns[candidate.rule.id] += _look_ns(candidate, record)
    costs = [
        Cost(
            id=rule.rule.id,
            title=rule.rule.title,
            candidate_rate=round(evaluations[rule.rule.id] / len(inputs), 4),
            look_us=round(spent_ns[rule.rule.id] / max(evaluations[rule.rule.id], 1) / 1000, 3),
            event_us=round(spent_ns[rule.rule.id] / len(inputs) / 1000, 4),
        )
        for rule in rules
    ]
    return tuple(sorted(costs, key=lambda cost: (-cost.event_us, cost.title))), sum(evaluations.values()), hits


def _look_ns(candidate: CompiledRule, record: EventRecord) -> int:
    began = time.perf_counter_ns()
    try:
        candidate.holds(record)
    except Exception:  # the classifier skips it for this event, too
        return time.perf_counter_ns() - began
    return time.perf_counter_ns() - began


def _show(measurement: Measurement) -> None:
    whole_us = measurement.decode_us + measurement.match_us
    render.line(
        f"{measurement.events:,} events, {measurement.rules:,} rules: {whole_us:.1f} µs an event "
        f"({1e6 / whole_us:,.0f} a second), of which {measurement.match_us:.1f} µs for the rules"
    )
    render.line(f"{measurement.candidates:.1f} rules evaluated and {measurement.hits:.2f} matched per event")
    render.line()
    rows = [
        [f"{cost.event_us:.3f}", f"{100 * cost.candidate_rate:.1f} %", f"{cost.look_us:.2f}", cost.title]
        for cost in measurement.costs[:_SHOWN]
    ]
    render.table(["µs/event", "evaluated", "µs/evaluation", "rule"], rows, right=(0, 1, 2))

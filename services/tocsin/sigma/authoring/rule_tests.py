"""Runs the tests inside rules (``x-tests``): their events are judged by the whole set."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from tocsin.model.errors import BadEvent
from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.sigma.authoring import explain
from tocsin.sigma.authoring.replay import Replay
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Rule

MAX_EVENTS = 200_000
"""Of one test, including repeats."""
_BEGIN_NS = 1_767_225_600 * NS_PER_S
"""2026-01-01: the start time of test events without a time."""
_NODE = "node-1"
_DURATION = re.compile(r"(\d{1,9})(ms|s|m|h|d)", re.ASCII)
_UNIT_NS = {"ms": 1_000_000, "s": NS_PER_S, "m": 60 * NS_PER_S, "h": 3600 * NS_PER_S, "d": 86_400 * NS_PER_S}
_NUMBER = b"{n}"


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one test."""

    rule: str
    """Id of the rule or correlation with the test."""
    title: str
    file: str
    line: int = 0
    test: str
    """Its name, else its number."""
    passed: bool
    why: str = ""
    """What happened instead; empty if it passed."""


class _RuleTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event, and whether the rule must match it."""

    name: str = ""
    match: bool
    event: dict[str, Any]


class _EventStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event, or a series of equal ones."""

    after: str | int = "0s"
    """Since the event before."""
    repeat: Annotated[int, Meta(ge=1, le=MAX_EVENTS)] = 1
    every: str | int = "0s"
    event: dict[str, Any]


class _CorrelationTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events over time, and how often the correlation must fire."""

    name: str = ""
    alerts: Annotated[int, Meta(ge=0)]
    events: Annotated[tuple[_EventStep, ...], Meta(min_length=1)]


_Kind = TypeVar("_Kind", _RuleTest, _CorrelationTest)


class _TestError(Exception):
    """The test itself is invalid."""


def run(ruleset: RuleSet) -> tuple[Result, ...]:
    """Run the tests of every rule and correlation of *ruleset*, in its order."""
    tested: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
    return tuple(result for each in tested for result in run_one(ruleset, each))


def run_one(ruleset: RuleSet, tested: Rule | Correlation) -> Iterator[Result]:
    """The tests of one rule or correlation, judged by the whole of *ruleset*, its filters included."""
    for number, test in enumerate(tested.tests, 1):
        name = test.get("name", "") if isinstance(test, dict) else ""
        try:
            why = _single(ruleset, tested, test) if isinstance(tested, Rule) else _correlation(ruleset, tested, test)
        except (_TestError, BadEvent) as error:
            why = str(error)
        yield Result(
            rule=tested.id,
            title=tested.title,
            file=tested.file,
            line=tested.line,
            test=name if isinstance(name, str) and name else f"test {number}",
            passed=not why,
            why=why,
        )


def _read(kind: type[_Kind], test: object) -> _Kind:
    try:
        return msgspec.convert(test, kind)
    except msgspec.ValidationError as error:
        raise _TestError(f"x-tests: {error}") from error


def _single(ruleset: RuleSet, rule: Rule, test: object) -> str:
    """Why the test fails; empty if it passes."""
    test_ = _read(_RuleTest, test)
    step = Replay(ruleset, ()).feed(_line(test_.event, _BEGIN_NS))
    failed = dict(step.hits.failed)
    if rule.id in failed:
        return f"the rule failed: {failed[rule.id]}"
    matches = any(hit.rule.id == rule.id for hit in step.hits.hits)
    if matches == test_.match:
        return ""
    if matches:
        pairs = ", ".join(f"{match.field} = {match.value!r}" for match in ruleset.matched(rule, step.record))
        return f"should not match, but does: {pairs or 'no part of its condition fails'}"
    return f"should match, but does not: {explain.why_not(rule, step.record, ruleset.filters_of(rule))}"


def _correlation(ruleset: RuleSet, correlation: Correlation, test: object) -> str:
    test_ = _read(_CorrelationTest, test)
    if sum(part.repeat for part in test_.events) > MAX_EVENTS:
        raise _TestError(f"x-tests: more than {MAX_EVENTS:,} events")
    replay = Replay(ruleset, below(ruleset, correlation))
    fired = counted = events = 0
    for number, line in enumerate(_lines(test_)):
        step = replay.feed(line, id=f"event-{number}")
        events += 1
        counted += any(hit.rule.id in ruleset.counted for hit in step.hits.hits)
        fired += sum(firing.correlation.id == correlation.id for firing in step.firings)
    if fired == test_.alerts:
        return ""
    return f"should fire {test_.alerts} times and does {fired} times; rules matched {counted} of {events} events"


def below(ruleset: RuleSet, correlation: Correlation) -> tuple[Correlation, ...]:
    """*correlation* and the correlations that it depends on, in the order of the set."""
    by_id = {each.id: each for each in ruleset.correlations}
    ids, waiting = set[str](), [correlation.id]
    while waiting:
        each = waiting.pop()
        if each in by_id and each not in ids:
            ids.add(each)
            waiting += by_id[each].rules
    return tuple(each for each in ruleset.correlations if each.id in ids)


def _lines(course: _CorrelationTest) -> Iterator[bytes]:
    """Each event, with the time of the test's clock unless it has one."""
    clock = _BEGIN_NS
    for part in course.events:
        clock += _duration(part.after)
        every = _duration(part.every)
        for number in range(part.repeat):
            clock += every if number else 0
            yield _line(part.event, clock).replace(_NUMBER, b"%d" % number)


def _line(event: dict[str, Any], time_ns: int) -> bytes:
    """The event as JSON, with a time and a node if it has none."""
    try:
        return msgspec.json.encode({"time": format_ns(time_ns), "node_name": _NODE, **event})
    except (TypeError, ValueError, RecursionError) as error:
        raise _TestError(f"x-tests: the event is not valid JSON: {error}") from error


def _duration(text: str | int) -> int:
    """Nanoseconds of ``10ms``, ``5s``, ``2m``, ``1h``, ``1d``."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if text == 0 or text == "0":
        return 0
    if match is None:
        raise _TestError(f"x-tests: {text!r} is not a duration; examples are 10ms, 5s, 2m")
    return int(match[1]) * _UNIT_NS[match[2]]

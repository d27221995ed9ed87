"""The tests that rules carry (``x-tests``): their events judged by the whole set, and what came of it."""

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
"""Of one test, all repeats counted."""
_BEGIN_NS = 1_767_225_600 * NS_PER_S
"""2026-01-01: when a test's events begin that have no time of their own."""
_NODE = "node-1"
_DURATION = re.compile(r"(\d{1,9})(ms|s|m|h|d)", re.ASCII)
_UNIT_NS = {"ms": 1_000_000, "s": NS_PER_S, "m": 60 * NS_PER_S, "h": 3600 * NS_PER_S, "d": 86_400 * NS_PER_S}
_NUMBER = b"{n}"


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test, run."""

    rule: str
    """Id of the rule or correlation that carries it."""
    title: str
    file: str
    line: int = 0
    test: str
    """Its name, else its number."""
    passed: bool
    why: str = ""
    """What happened instead, for a person."""


class _Single(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event, and whether the rule matches it."""

    name: str = ""
    match: bool
    event: dict[str, Any]


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event or many alike."""

    after: str | int = "0s"
    """Since the event before."""
    repeat: Annotated[int, Meta(ge=1, le=MAX_EVENTS)] = 1
    every: str | int = "0s"
    event: dict[str, Any]


class _Course(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events over time, and how often the correlation fires."""

    name: str = ""
    alerts: Annotated[int, Meta(ge=0)]
    events: Annotated[tuple[_Part, ...], Meta(min_length=1)]


_Kind = TypeVar("_Kind", _Single, _Course)


class _Wrong(Exception):
    """The test itself makes no sense."""


def run(ruleset: RuleSet) -> tuple[Result, ...]:
    """Run the tests of every rule and correlation of *ruleset*, in its order."""
    tested: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
    return tuple(result for each in tested for result in run_one(ruleset, each))


def run_one(ruleset: RuleSet, tested: Rule | Correlation) -> Iterator[Result]:
    """The tests of one rule or correlation, judged by the whole of *ruleset*, its filters included."""
    for number, test in enumerate(tested.tests, 1):
        name = test.get("name", "") if isinstance(test, dict) else ""
        try:
            why = _single(ruleset, tested, test) if isinstance(tested, Rule) else _course(ruleset, tested, test)
        except (_Wrong, BadEvent) as error:
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
        raise _Wrong(f"x-tests: {error}") from error


def _single(ruleset: RuleSet, rule: Rule, test: object) -> str:
    """Empty where the test passes, else why it does not."""
    wanted = _read(_Single, test)
    step = Replay(ruleset, ()).feed(_line(wanted.event, _BEGIN_NS))
    failed = dict(step.hits.failed)
    if rule.id in failed:
        return f"the rule failed: {failed[rule.id]}"
    found = any(hit.rule.id == rule.id for hit in step.hits.hits)
    if found == wanted.match:
        return ""
    if found:
        pairs = ", ".join(f"{match.field} = {match.value!r}" for match in ruleset.matched(rule, step.record))
        return f"should not match and does: {pairs or 'nothing in its condition is against it'}"
    return f"should match and does not: {explain.why_not(rule, step.record, ruleset.filters_of(rule))}"


def _course(ruleset: RuleSet, correlation: Correlation, test: object) -> str:
    wanted = _read(_Course, test)
    if sum(part.repeat for part in wanted.events) > MAX_EVENTS:
        raise _Wrong(f"x-tests: more than {MAX_EVENTS:,} events")
    replay = Replay(ruleset, below(ruleset, correlation))
    fired = counted = seen = 0
    for number, line in enumerate(_lines(wanted)):
        step = replay.feed(line, id=f"event-{number}")
        seen += 1
        counted += any(hit.rule.id in ruleset.counted for hit in step.hits.hits)
        fired += sum(firing.correlation.id == correlation.id for firing in step.firings)
    if fired == wanted.alerts:
        return ""
    return f"should fire {wanted.alerts} times and does {fired} times; rules matched {counted} of {seen} events"


def below(ruleset: RuleSet, correlation: Correlation) -> tuple[Correlation, ...]:
    """*correlation* and the correlations that it rests on, in the order of the set."""
    by_id = {each.id: each for each in ruleset.correlations}
    found, waiting = set[str](), [correlation.id]
    while waiting:
        each = waiting.pop()
        if each in by_id and each not in found:
            found.add(each)
            waiting += by_id[each].rules
    return tuple(each for each in ruleset.correlations if each.id in found)


def _lines(course: _Course) -> Iterator[bytes]:
    """Each event with the time of the test's own clock, unless it brings one."""
    clock = _BEGIN_NS
    for part in course.events:
        clock += _duration(part.after)
        every = _duration(part.every)
        for number in range(part.repeat):
            clock += every if number else 0
            yield _line(part.event, clock).replace(_NUMBER, b"%d" % number)


def _line(event: dict[str, Any], time_ns: int) -> bytes:
    """The event as Tetragon would write it, with a time and a node where it has none."""
    try:
        return msgspec.json.encode({"time": format_ns(time_ns), "node_name": _NODE, **event})
    except (TypeError, ValueError, RecursionError) as error:
        raise _Wrong(f"x-tests: the event is no JSON: {error}") from error


def _duration(text: str | int) -> int:
    """Nanoseconds of ``10ms``, ``5s``, ``2m``, ``1h``, ``1d``."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if text == 0 or text == "0":
        return 0
    if match is None:
        raise _Wrong(f"x-tests: {text!r} is no duration; examples are 10ms, 5s, 2m")
    return int(match[1]) * _UNIT_NS[match[2]]

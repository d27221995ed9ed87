"""Tests inside rules: they pass, fail with a reason, and are refused where they make no sense."""

import pytest

from tocsin.sigma.authoring import rule_tests
from tocsin.sigma.ruleset import RuleSet

from support import rule_texts

_SHELL = "{process_exec: {process: {binary: /bin/sh, arguments: '-c {n}', pod: {namespace: a, name: b}}}}"


def run(*texts: str) -> tuple[rule_tests.Result, ...]:
    ruleset = RuleSet.load({f"{number}.yml": text.encode() for number, text in enumerate(texts)})
    assert not [str(problem) for problem in ruleset.problems if not problem.warning]
    return rule_tests.run(ruleset)


def carrying(*tests: str) -> str:
    return rule_texts.rule(more="x-tests:\n" + "\n".join(f"  - {test}" for test in tests))


def test_tests_that_hold_pass() -> None:
    results = run(rule_texts.rule())
    assert [(result.test, result.passed, result.why) for result in results] == [
        ("a shell", True, ""),
        ("no shell", True, ""),
    ]
    assert results[0].file == "0.yml"
    assert results[0].rule == rule_texts.SHELL_ID


def test_a_missing_match_says_which_comparison_fails_and_what_the_event_has() -> None:
    (result,) = run(carrying("{match: true, event: {process_exec: {process: {binary: /bin/true}}}}"))
    assert not result.passed
    assert "Image endswith '/sh': it is '/bin/true'" in result.why
    assert result.test == "test 1"


def test_a_match_too_many_says_what_matched() -> None:
    (result,) = run(carrying("{match: false, event: {process_exec: {process: {binary: /bin/sh}}}}"))
    assert "should not match, but does: Image = '/bin/sh'" in result.why


def test_a_rule_that_a_filter_takes_out_does_not_match() -> None:
    (result,) = run(
        carrying("{match: true, event: {process_exec: {process: {binary: /bin/sh, arguments: probe}}}}"),
        rule_texts.filter(),
    )
    assert "the filter 'Probes' (1.yml) excludes it" in result.why


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("{event: {process_exec: {process: {binary: /bin/sh}}}}", "missing required field `match`"),
        ("{match: true, event: {}}", "no event"),
        ("{match: true, events: []}", "unknown field `events`"),
        ("{match: true, evnt: {}, event: {}}", "unknown field `evnt`"),
        ("{match: 'yes', event: {process_exec: {}}}", "Expected `bool`"),
        ("{match: true, event: {process_exec: {process: {binary: 5}}}}", "binary"),
        ("{alerts: 1, events: []}", "unknown field `alerts`"),
    ],
)
def test_a_test_that_makes_no_sense_fails_with_the_reason(test: str, why: str) -> None:
    (result,) = run(carrying(test))
    assert not result.passed
    assert why in result.why


def course(alerts: int, *events: str) -> str:
    listed = "\n".join(f"      - {event}" for event in events)
    return rule_texts.correlation(more=f"x-tests:\n  - name: storm\n    alerts: {alerts}\n    events:\n{listed}")


@pytest.mark.parametrize(
    ("alerts", "events"),
    [
        (1, ["{repeat: 3, every: 10s, event: " + _SHELL + "}"]),
        (0, ["{repeat: 3, every: 31s, event: " + _SHELL + "}"]),
        (0, ["{repeat: 2, event: " + _SHELL + "}"]),
        (1, ["{event: " + _SHELL + "}", "{after: 5s, repeat: 2, every: 0s, event: " + _SHELL + "}"]),
        (2, ["{repeat: 3, every: 1s, event: " + _SHELL + "}", "{after: 1h, repeat: 3, event: " + _SHELL + "}"]),
    ],
)
def test_a_correlation_fires_as_often_as_its_test_says(alerts: int, events: list[str]) -> None:
    results = run(rule_texts.rule(more=""), course(alerts, *events))
    assert [(result.passed, result.why) for result in results] == [(True, "")]


def test_a_correlation_that_fires_too_often_says_how_many_events_counted() -> None:
    (result,) = run(
        rule_texts.rule(more=""),
        course(0, "{repeat: 3, event: " + _SHELL + "}", "{event: {process_exec: {process: {binary: /bin/true}}}}"),
    )
    assert result.why == "should fire 0 times and does 1 times; rules matched 3 of 4 events"


def test_a_course_that_is_too_long_or_has_no_durations_is_refused() -> None:
    many = "{repeat: 150000, event: " + _SHELL + "}"
    (result,) = run(rule_texts.rule(more=""), course(1, many, many))
    assert "more than 200,000 events" in result.why
    (result,) = run(rule_texts.rule(more=""), course(1, "{after: soon, event: " + _SHELL + "}"))
    assert "'soon' is not a duration" in result.why

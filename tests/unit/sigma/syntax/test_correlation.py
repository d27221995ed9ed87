"""Correlations read from files: what they count, and which are refused because their window would have to close."""

import pytest

from tocsin.sigma.syntax.documents import Correlation
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

ID = "5d4c1f3e-0000-4000-8000-000000000001"
BASE = {"type": "event_count", "rules": "a", "timespan": "10s", "condition": "{gte: 5}", "generate": "true"}


def text(more: str = "", **changes: str | None) -> str:
    entries = {key.replace("_", "-") if key == "group_by" else key: value for key, value in (BASE | changes).items()}
    inner = "".join(f"  {key}: {value}\n" for key, value in entries.items() if value is not None)
    return f"title: T\nid: {ID}\nname: storm\nlevel: high\ncorrelation:\n{inner}{more}"


def only(written: str) -> Correlation:
    found = parse("c.yml", written.encode())
    assert not found.failed
    (document,) = found.documents
    assert isinstance(document, Correlation)
    return document


def refused(written: str) -> Problem:
    found = parse("c.yml", written.encode())
    assert not found.documents
    return found.failed[0].problem


def test_a_whole_correlation_is_read() -> None:
    found = only(
        text(
            "tags: [attack.t1499.001]\nx-repeat: 5m\nx-runbook: Look.\nx-tests:\n  - {alerts: 1, events: []}\n",
            type="value_count",
            rules="[a, b]",
            group_by="[scope, who]",
            timespan="2h",
            condition="{gt: 4, field: DestinationPort}",
            aliases="{who: {a: User, b: euid}}",
            generate="false",
        )
    )
    assert (found.type, found.rules, found.group_by) == ("value_count", ("a", "b"), ("scope", "who"))
    assert (found.timespan_s, found.repeat_s) == (7_200, 300)
    assert (found.threshold, found.field) == (5, "DestinationPort")
    assert found.aliases == {"who": {"a": "User", "b": "euid"}}
    assert not found.generate
    assert (found.level, found.techniques, found.runbook) == ("high", ("T1499.001",), "Look.")
    assert found.tests == ({"alerts": 1, "events": []},)


def test_after_firing_it_is_silent_for_its_timespan_unless_it_says_otherwise() -> None:
    assert only(text()).repeat_s == 10


@pytest.mark.parametrize(
    ("written", "seconds"), [("10s", 10), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("1w", 604_800)]
)
def test_timespans_have_units(written: str, seconds: float) -> None:
    assert only(text(timespan=written)).timespan_s == seconds


@pytest.mark.parametrize("condition", [None, "all", "a and b", "b and a", "{gte: 2}", "{gt: 1}"])
@pytest.mark.parametrize("kind", ["temporal", "temporal_ordered"])
def test_a_temporal_one_fires_when_all_its_rules_have_matched(kind: str, condition: str | None) -> None:
    found = only(text(type=kind, rules="[a, b]", condition=condition))
    assert (found.type, found.threshold) == (kind, 2)


def test_a_window_longer_than_signals_are_kept_is_warned_of() -> None:
    found = parse("c.yml", text(timespan="2d").encode())
    assert [(warning.code, warning.line) for warning in found.warnings] == [("timespan", 8)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": None}, "type is missing"),
        ({"type": "event_cuont"}, "did you mean 'event_count'?"),
        ({"type": "value_sum"}, "value_sum is not supported"),
        ({"type": "value_percentile"}, "value_percentile is not supported"),
        ({"rules": None}, "rules is missing"),
        ({"rules": "[]"}, "is empty"),
        ({"rules": "[a, a]"}, "a rule appears twice"),
        ({"rules": "[[a]]"}, "must be a text, not a list"),
        ({"type": "temporal", "condition": None}, "needs two rules or more"),
        ({"timespan": None}, "timespan is missing"),
        ({"timespan": "10"}, "is not a duration; write a number and s, m, h or d"),
        ({"timespan": "0s"}, "more than zero"),
        ({"timespan": "1M"}, "months and years differ"),
        ({"generate": None}, "generate is required"),
        ({"generate": "maybe"}, "must be true or false"),
        ({"condition": None}, "condition is missing"),
        ({"condition": "{lt: 5}"}, "lt can be decided only at the end of the window"),
        ({"condition": "{lte: 5}"}, "lte can be decided only"),
        ({"condition": "{eq: 5}"}, "eq can be decided only"),
        ({"condition": "{neq: 5}"}, "neq can be decided only"),
        ({"condition": "{gte: 5, gt: 4}"}, "needs one of gte and gt"),
        ({"condition": "{field: Image}"}, "needs one of gte and gt"),
        ({"condition": "{gte: 0}"}, "must lie between 1 and"),
        ({"condition": "{gte: 2.5}"}, "must be a whole number"),
        ({"condition": "{gte: '5'}"}, "must be a whole number, without quotes"),
        ({"condition": "{gte: 5, field: Image}"}, "event_count counts no field"),
        ({"condition": "{gtee: 5}"}, "did you mean 'gte'?"),
        ({"condition": "a and b"}, "needs a mapping such as {gte: 10}"),
        ({"type": "value_count"}, "value_count needs `field`"),
        ({"type": "value_count", "condition": "{gte: 5, field: Imag}"}, "did you mean `Image`?"),
        ({"type": "temporal", "rules": "[a, b]", "condition": "a and not b"}, "`not` can be decided only at the end"),
        ({"type": "temporal", "rules": "[a, b]", "condition": "a or b"}, "only `all` is supported here"),
        ({"type": "temporal", "rules": "[a, b]", "condition": "{gte: 1}"}, "fires when all 2 rules have matched"),
        ({"group_by": "[scop]"}, "did you mean `scope`?"),
        ({"aliases": "{who: {b: User}}"}, "'b' is not among the correlation's rules"),
        ({"rules": "[a, b]", "aliases": "{who: {a: User}}"}, "has no field for 'b'"),
        ({"aliases": "{who: {a: Usr}}"}, "unknown field"),
        ({"group-bye": "scope"}, "did you mean 'group-by'?"),
    ],
)
def test_a_wrong_correlation_is_refused_with_what_to_do(changes: dict[str, str | None], said: str) -> None:
    problem = refused(text(**changes))
    assert said in problem.text
    assert problem.line >= 5
    assert problem.column > 0


def test_generate_beside_the_correlation_is_pointed_at() -> None:
    problem = refused(text("generate: true\n", generate=None))
    assert "inside `correlation`" in problem.text
    assert problem.line == 10


@pytest.mark.parametrize("key", ["x-silence: {}", "x-existing: true", "x-requires: {}"])
def test_keys_of_other_documents_are_refused(key: str) -> None:
    assert "does not belong to a correlation" in refused(text(f"{key}\n")).text


def test_one_that_proves_says_so_and_no_other_word_is_known() -> None:
    assert only(text("x-outcome: confirmed\n")).confirms
    assert not only(text("x-outcome: observed\n")).confirms
    assert not only(text()).confirms
    assert "observed, confirmed" in refused(text("x-outcome: certain\n")).text

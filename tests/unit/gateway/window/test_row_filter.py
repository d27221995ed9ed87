"""Filters against rows: the cases that the browser's tests share, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.gateway.window import row_filter as filters
from tocsin.gateway.window.row_filter import EVERYTHING, FilterError
from tocsin.gateway.window.rows import Row

from support.rows import row

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else {"rows": {}, "match": []}


def shared_row(fields: dict[str, Any]) -> Row:
    return row(
        fields["seq"],
        fields["sev"],
        rules=tuple(fields.get("rules") or ([fields["rule"]] if fields.get("rule") else [])),
        title=fields["title"],
        process=fields.get("bin", ""),
        arguments=fields.get("args", ""),
        kind=fields.get("event", "").removeprefix("process_"),
        event_type=fields.get("fn", ""),
        namespace=fields.get("ns", ""),
        workload=fields.get("wl", ""),
        pod=fields.get("pod", ""),
        container=fields.get("container", ""),
        node=fields.get("node", ""),
        target=fields.get("target", ""),
        techniques=tuple(fields.get("att", ())),
    )


@pytest.mark.parametrize("case", shared["match"], ids=lambda case: json.dumps(case["filter"], ensure_ascii=True))
def test_a_filter_lets_through_what_the_shared_cases_say(case: dict[str, Any]) -> None:
    match = filters.parse(case["filter"]).match()
    rows = {name: shared_row(fields) for name, fields in shared["rows"].items()}
    assert {name: match is None or match(own) for name, own in rows.items()} == case["rows"]


def test_what_a_filter_found_of_a_shape_holds_for_rows_with_other_arguments() -> None:
    match = filters.parse({"ns": ["payments"], "q": "nc 10.0.0.1"}).match()
    assert match is not None
    assert match(row(1, namespace="payments", fingerprint="f", arguments="nc 10.0.0.1"))
    assert not match(row(2, namespace="payments", fingerprint="f", arguments="nc 10.0.0.2"))
    assert not match(row(3, namespace="other", fingerprint="f", arguments="nc 10.0.0.1"))


def test_sixteen_words_are_looked_for_and_none_is_dropped() -> None:
    match = filters.parse({"q": " ".join(f"w{n}" for n in range(16))}).match()
    assert match is not None
    assert match(row(1, arguments=" ".join(f"w{n}" for n in range(16))))
    assert not match(row(2, arguments=" ".join(f"w{n}" for n in range(15))))


def test_filters_that_mean_the_same_are_equal() -> None:
    one = filters.parse({"ns": ["a", "b", "-c"], "q": "x  y"})
    other = filters.parse({"q": "y X", "ns": ["-c", "b", "a", "a"], "unknown": [1]})
    assert one == other
    assert hash(one) == hash(other)


def test_a_filter_that_says_nothing_lets_everything_through() -> None:
    assert filters.parse({}) == filters.parse({"q": ' "" ', "ns": []}) == EVERYTHING
    assert EVERYTHING.match() is None


@pytest.mark.parametrize(
    ("wire", "named"),
    [
        ({"sev": ["urgent"]}, "sev"),
        ({"ns": "payments"}, "ns"),
        ({"pod": [1]}, "pod"),
        ({"node": ["x" * 513]}, "node"),
        ({"att": ["T1"] * 65}, "att"),
        ({"q": ["curl"]}, "q"),
        ({"q": "x" * 513}, "q"),
        ({"q": " ".join(map(str, range(17)))}, "q"),
    ],
)
def test_a_filter_of_another_form_is_refused_and_its_field_named(wire: dict[str, Any], named: str) -> None:
    with pytest.raises(FilterError, match=f"^{named}"):
        filters.parse(wire)

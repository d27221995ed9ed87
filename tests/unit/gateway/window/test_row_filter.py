"""Filters against rows: the cases that the browser's tests share, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row
from tocsin.model.filter import EVERYTHING, grammar

from support.rows import row

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else {"rows": {}, "match": []}


def shared_row(fields: dict[str, Any]) -> Row:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return row(values.pop("seq"), values.pop("severity"), **values)


@pytest.mark.parametrize("case", shared["match"], ids=lambda case: json.dumps(case["filter"], ensure_ascii=True))
def test_a_filter_lets_through_what_the_shared_cases_say(case: dict[str, Any]) -> None:
    match = matcher(grammar.parse(case["filter"]))
    rows = {name: shared_row(fields) for name, fields in shared["rows"].items()}
    assert {name: match is None or match(own) for name, own in rows.items()} == case["rows"]


def test_what_a_filter_found_of_a_shape_holds_for_rows_with_other_arguments() -> None:
    match = matcher(grammar.parse({"namespace": ["payments"], "q": "nc 10.0.0.1"}))
    assert match is not None
    assert match(row(1, namespace="payments", fingerprint="f", arguments="nc 10.0.0.1"))
    assert not match(row(2, namespace="payments", fingerprint="f", arguments="nc 10.0.0.2"))
    assert not match(row(3, namespace="other", fingerprint="f", arguments="nc 10.0.0.1"))


def test_sixteen_words_are_looked_for_and_none_is_dropped() -> None:
    match = matcher(grammar.parse({"q": " ".join(f"w{n}" for n in range(16))}))
    assert match is not None
    assert match(row(1, arguments=" ".join(f"w{n}" for n in range(16))))
    assert not match(row(2, arguments=" ".join(f"w{n}" for n in range(15))))


def test_a_filter_that_says_nothing_lets_everything_through() -> None:
    assert grammar.parse({}) == grammar.parse({"q": ' "" ', "namespace": []}) == EVERYTHING
    assert matcher(EVERYTHING) is None

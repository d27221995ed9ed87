"""Filters in JSON: what is read, what is written reads back, and former names of fields."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.filter import EVERYTHING, FIELDS, OLD_NAMES, FilterError, grammar

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8"))

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
nasty = st.text(st.sampled_from("-\\,&=%+#\"' \n\0ü\u202e"), min_size=1, max_size=12)
words = st.lists(st.text(st.sampled_from("aB-.\\, ü"), min_size=1, max_size=8), max_size=4)


@pytest.mark.parametrize("case", shared["old"], ids=lambda case: json.dumps(case["filter"]))
def test_a_former_name_of_a_field_means_the_field(case: dict[str, Any]) -> None:
    assert grammar.parse(case["filter"]) == grammar.parse(case["means"])
    assert grammar.old_names(case["filter"]) == [name for name in OLD_NAMES if name in case["filter"]]
    assert grammar.old_names(case["means"]) == []


def test_every_former_name_has_a_case() -> None:
    assert {name for case in shared["old"] for name in case["filter"]} >= set(OLD_NAMES)
    assert set(OLD_NAMES.values()) <= set(FIELDS)


@given(
    st.dictionaries(st.sampled_from(FIELDS[1:]), st.lists(st.tuples(texts | nasty, st.booleans()), min_size=1)), words
)
def test_a_written_filter_reads_back(fields: dict[str, list[tuple[str, bool]]], words: list[str]) -> None:
    wire: dict[str, Any] = {
        name: [grammar.signed(text, excludes=excludes) for text, excludes in values] for name, values in fields.items()
    }
    wire["q"] = " ".join(f'"{word}"' for word in words)
    filter_ = grammar.parse(wire)
    assert grammar.parse(grammar.write(filter_)) == filter_


@given(texts | nasty, st.booleans())
def test_a_value_that_is_wanted_or_excluded_is_that_value_and_no_other(text: str, excludes: bool) -> None:
    (values,) = grammar.parse({"target": [grammar.signed(text, excludes=excludes)]}).fields
    assert values.unwanted == ({text} if excludes else set())
    assert values.wanted == (set() if excludes else {text})
    assert values.allow([text]) is not excludes


def test_filters_that_mean_the_same_are_equal() -> None:
    one = grammar.parse({"namespace": ["a", "b", "-c"], "q": "x  y"})
    other = grammar.parse({"q": "y X", "namespace": ["-c", "b", "a", "a"], "unknown": [1]})
    assert one == other
    assert hash(one) == hash(other)
    assert grammar.parse({}) == grammar.parse({"q": ' "" ', "namespace": []}) == EVERYTHING


@pytest.mark.parametrize(
    ("wire", "named"),
    [
        ({"severity": ["urgent"]}, "severity"),
        ({"sev": ["urgent"]}, "severity"),
        ({"namespace": "payments"}, "namespace"),
        ({"ns": "payments"}, "namespace"),
        ({"pod": [1]}, "pod"),
        ({"node": ["x" * 513]}, "node"),
        ({"techniques": ["T1"] * 65}, "techniques"),
        ({"q": ["curl"]}, "q"),
        ({"q": "x" * 513}, "q"),
        ({"q": " ".join(map(str, range(17)))}, "q"),
    ],
)
def test_a_filter_of_another_form_is_refused_and_its_field_named(wire: dict[str, Any], named: str) -> None:
    with pytest.raises(FilterError, match=f"^{named}"):
        grammar.parse(wire)

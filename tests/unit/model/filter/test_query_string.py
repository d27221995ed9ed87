"""Filters in addresses: the cases that the browser's tests share, and that what is written reads back."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.filter import FIELDS, FilterError, grammar, query_string

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))["addresses"]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
nasty = st.text(st.sampled_from("-\\,&=%+#\"' \n\0ü\u202e"), min_size=1, max_size=12)


def read(address: str) -> dict[str, list[str] | str]:
    return query_string.read(parse_qs(address, keep_blank_values=True))


@pytest.mark.parametrize("case", shared, ids=lambda case: json.dumps(case["address"]))
def test_an_address_stands_for_the_filter_that_the_shared_cases_say(case: dict[str, Any]) -> None:
    if case["problems"]:
        with pytest.raises(FilterError):
            grammar.parse(read(case["address"]))
        return
    assert read(case["address"]) == case["filter"]
    assert query_string.write(case["filter"]) == case["printed"]
    assert read(case["printed"]) == case["filter"]
    assert grammar.write(grammar.parse(read(case["printed"]))).keys() == case["filter"].keys()


@given(st.dictionaries(st.sampled_from(FIELDS[1:]), st.lists(st.tuples(texts | nasty, st.booleans()), min_size=1)))
def test_every_value_reads_back_from_its_address(fields: dict[str, list[tuple[str, bool]]]) -> None:
    wire: dict[str, list[str] | str] = {
        name: list(dict.fromkeys(grammar.signed(text, excludes=excludes) for text, excludes in values))
        for name, values in fields.items()
    }
    assert read(query_string.write(wire)) == wire

"""Filters in addresses: the cases that the browser's tests share, and that what is printed reads back."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.queries import filter_url
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.window import row_filter as filters
from tocsin.gateway.window.row_filter import FIELDS

from support.addresses import printed
from support.rows import row

CASES = Path(__file__).parents[4] / "ui" / "src" / "domain" / "filter-cases.json"
shared: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))["addresses"]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
nasty = st.text(st.sampled_from("-\\,&=%+#\"' \n\0ü\u202e"), min_size=1, max_size=12)


@pytest.mark.parametrize("case", shared, ids=lambda case: json.dumps(case["address"]))
def test_an_address_stands_for_the_filter_that_the_shared_cases_say(case: dict[str, Any]) -> None:
    parameters = filter_url.read(case["address"])
    if case["problems"]:
        with pytest.raises(QueryError):
            filter_url.wanted(parameters)
        return
    assert filter_url.wire(parameters) == case["filter"]
    assert printed(case["filter"]) == case["printed"]
    assert filter_url.wire(filter_url.read(case["printed"])) == case["filter"]
    assert filter_url.wanted(parameters) == filters.parse(case["filter"])


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(FIELDS[1:]), st.lists(st.tuples(texts | nasty, st.booleans()), min_size=1)))
def test_every_value_reads_back_from_its_address(fields: dict[str, list[tuple[str, bool]]]) -> None:
    wire: dict[str, list[str] | str] = {
        name: list(dict.fromkeys(filters.signed(text, excludes=excludes) for text, excludes in values))
        for name, values in fields.items()
    }
    assert filter_url.wire(filter_url.read(printed(wire))) == wire


@given(texts | nasty, st.booleans())
def test_a_value_asked_for_or_left_out_is_that_value_and_no_other(text: str, excludes: bool) -> None:
    (own,) = filters.parse({"target": [filters.signed(text, excludes=excludes)]}).fields
    assert own.unwanted == ({text} if excludes else set())
    assert own.wanted == (set() if excludes else {text})
    match = filters.parse({"target": [filters.signed(text, excludes=excludes)]}).match()
    assert match is not None
    assert match(row(1, target=text)) is not excludes


@given(st.text() | st.binary().map(lambda own: own.decode("latin-1")))
def test_any_query_string_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(QueryError):
        assert filter_url.wanted(filter_url.read(text)) is not None


def test_a_parameter_that_is_not_known_is_refused_by_name_and_so_is_one_that_stands_twice() -> None:
    with pytest.raises(QueryError, match=r"^frm: no such"):
        filter_url.once(filter_url.read("frm=1&ns=a"), "from")
    with pytest.raises(QueryError, match=r"^from must be given once"):
        filter_url.once(filter_url.read("from=1&from=2"), "from")
    with pytest.raises(QueryError, match=r"^q must be given once"):
        filter_url.wanted(filter_url.read("q=1&q=2"))
    with pytest.raises(QueryError, match="parameters"):
        filter_url.read("&".join(f"a{n}=1" for n in range(1_000)))


@pytest.mark.parametrize(
    "query",
    [
        f"ns={','.join(map(str, range(65)))}",
        f"pod={'x' * 513}",
        f"q={'x' * 513}",
        f"q={'+'.join(map(str, range(17)))}",
    ],
)
def test_a_filter_that_is_larger_than_a_client_may_send_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        filter_url.wanted(filter_url.read(query))

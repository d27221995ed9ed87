"""The parameters of a query: the filter's and the others."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.queries import filter_url
from tocsin.gateway.queries.params import QueryError


@given(st.text() | st.binary().map(lambda own: own.decode("latin-1")))
def test_any_query_string_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(QueryError):
        assert filter_url.parse(filter_url.read(text)) is not None


def test_a_parameter_that_is_not_known_is_refused_by_name_and_so_is_one_that_stands_twice() -> None:
    with pytest.raises(QueryError, match=r"^frm: no such"):
        filter_url.once(filter_url.read("frm=1&ns=a&namespace=a"), "from")
    with pytest.raises(QueryError, match=r"^from must be given once"):
        filter_url.once(filter_url.read("from=1&from=2"), "from")
    with pytest.raises(QueryError, match=r"^q must be given once"):
        filter_url.parse(filter_url.read("q=1&q=2"))
    with pytest.raises(QueryError, match="parameters"):
        filter_url.read("&".join(f"a{n}=1" for n in range(1_000)))


@pytest.mark.parametrize(
    "query",
    [
        f"namespace={','.join(map(str, range(65)))}",
        f"pod={'x' * 513}",
        f"q={'x' * 513}",
        f"q={'+'.join(map(str, range(17)))}",
    ],
)
def test_a_filter_that_is_larger_than_a_client_may_send_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        filter_url.parse(filter_url.read(query))

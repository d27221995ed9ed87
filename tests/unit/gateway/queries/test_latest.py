"""The parameters of the two compatible endpoints."""

import pytest
from multidict import MultiDict

from tocsin.gateway.queries import latest
from tocsin.gateway.queries.params import QueryError
from tocsin.model.filter import EVERYTHING


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"severity": "urgent"}, "severity"),
        ({"severity": "critical,"}, "severity"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "201", "full": "1"}, "limit"),
        ({"full": "yes"}, "full"),
        ({"q": "x" * 513}, "q"),
        ({"q": " ".join(map(str, range(17)))}, "q"),
        ({"sevrity": "low"}, "sevrity"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], named: str) -> None:
    with pytest.raises(QueryError, match=f"^{named}"):
        latest.parse(parameters)


def test_a_parameter_that_comes_twice_is_named() -> None:
    with pytest.raises(QueryError, match=r"^severity must be given once"):
        latest.parse(MultiDict([("severity", "low"), ("severity", "high")]))


def test_without_parameters_the_newest_thousand_are_asked_for() -> None:
    assert latest.parse({}) == latest.Query(EVERYTHING, 1_000, full=False)
    assert latest.parse({"full": "1"}).limit == 200
    assert latest.parse({"limit": "7", "full": "0"}).limit == 7

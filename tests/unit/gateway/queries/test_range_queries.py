"""Rows, counts, timelines and facets of a stretch of time, held against counting one alert after another."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.queries import range_queries
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.window.row_filter import matcher
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.alert import Alert
from tocsin.model.filter import grammar, query_string

from support.gateway import alert
from support.hubs import hub, take

NOW = 1_763_906_892
NS = 1_000_000_000

places = st.sampled_from(["a", "b", ""])
made = st.builds(
    lambda severity, ago_ms, ns, process, rules, target: {
        "severity": severity, "ago_ms": ago_ms, "namespace": ns, "process": process, "techniques": rules,
        "target": target,
    },
    st.sampled_from(SEVERITIES),
    st.integers(0, 40_000),
    places,
    st.sampled_from(["/bin/sh", "/bin/cat", "/usr/bin/curl"]),
    st.sampled_from([(), ("T1",), ("T1", "T2.001")]),
    st.sampled_from(["", "/etc/shadow", "-x"]),
)  # fmt: skip
wires = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.lists(st.sampled_from(["critical", "-low", "high"]), min_size=1, unique=True),
        "namespace": st.lists(st.sampled_from(["a", "-b"]), min_size=1, unique=True),
        "techniques": st.lists(st.sampled_from(["T1", "-T2"]), min_size=1, unique=True),
        "target": st.lists(st.sampled_from(["/etc/shadow", "\\-x"]), min_size=1, unique=True),
        "q": st.sampled_from(["curl", "sh number"]),
    },
)


def alerts(many: list[dict[str, Any]]) -> list[Alert]:
    return [
        alert(
            n,
            own["severity"],
            time_ns=NOW * NS - own["ago_ms"] * 1_000_000,
            **{k: v for k, v in own.items() if k not in ("severity", "ago_ms")},
        )
        for n, own in enumerate(many)
    ]


def held(own: Hub, wire: dict[str, Any], begin: int, end: int) -> list[Row]:
    match = matcher(grammar.parse(wire))
    return [
        row
        for lane in own.store.window.lanes
        for row in lane
        if begin * 1_000 <= row.t < end * 1_000 and (match is None or match(row))
    ]


def page(own: Hub, query: str) -> dict[str, Any]:
    asked = range_queries.alerts(query, NOW * 1_000)
    return dict(json.loads(asked.answer(own.store, asked.scan(own.store)(own.store.window.blocks()))))


def timeline(own: Hub, query: str) -> dict[str, Any]:
    asked = range_queries.timeline(query, NOW * 1_000)
    return dict(json.loads(asked.answer(own.store, asked.known(own.store) or asked.scan(own.store.window.blocks()))))


def facets(own: Hub, query: str) -> dict[str, Any]:
    asked = range_queries.facets(query, NOW * 1_000)
    return dict(
        json.loads(asked.answer(own.store, asked.known(own.store, NOW) or asked.scan(own.store.window.blocks())))
    )


@pytest.mark.slow
@given(st.lists(made, max_size=40), wires, st.integers(0, 40), st.integers(1, 41), st.integers(1, 7))
def test_pages_and_counts_are_every_alert_of_the_stretch_that_matches(
    many: list[dict[str, Any]], wire: dict[str, Any], ago: int, length: int, limit: int
) -> None:
    own = hub(NOW, alerts(many))
    begin, end = NOW - ago, NOW - ago + length
    expected = held(own, wire, begin, end)
    query = f"from={begin * 1_000}&to={end * 1_000}&limit={limit}&{query_string.write(wire)}"
    found, before = [], ""
    while True:
        answer = page(own, f"{query}&before={before}" if before else query)
        found += answer["rows"]
        assert (answer["from"], answer["to"], answer["exact"]) == (begin * 1_000, end * 1_000, True)
        counts = Counter(row.shape.severity.value for row in expected)
        assert answer["counts"] == {name: counts[name] for name in SEVERITIES}
        before = answer["before"]
        if not before:
            break
    assert [row["id"] for row in found] == [row.id for row in sorted(expected, key=lambda row: (-row.t, -row.seq))]


@pytest.mark.slow
@given(st.lists(made, max_size=40), wires, st.integers(0, 40), st.integers(1, 41), st.integers(1, 9))
def test_a_timeline_counts_what_a_list_holds(
    many: list[dict[str, Any]], wire: dict[str, Any], ago: int, length: int, step: int
) -> None:
    own = hub(NOW, alerts(many))
    begin, end = NOW - ago, NOW - ago + length
    answer = timeline(own, f"from={begin * 1_000}&to={end * 1_000}&step={step}&{query_string.write(wire)}")
    bins = -(-length // step)
    expected = {name: [0] * bins for name in SEVERITIES}
    for row in held(own, wire, begin, end):
        expected[row.shape.severity.value][(row.t // 1_000 - begin) // step] += 1
    assert (answer["t0"], answer["step_s"], answer["exact"]) == (begin, step, True)
    assert {name: answer[name] for name in SEVERITIES} == expected


@pytest.mark.slow
@given(st.lists(made, max_size=40), wires)
def test_a_list_of_values_is_not_narrowed_by_its_own_filter(many: list[dict[str, Any]], wire: dict[str, Any]) -> None:
    own = hub(NOW, alerts(many))
    answer = facets(own, f"from={(NOW - 60) * 1_000}&to={(NOW + 1) * 1_000}&{query_string.write(wire)}")
    for name, values in (
        ("namespace", lambda row: [row.shape.namespace]),
        ("process", lambda row: [row.shape.process]),
        ("techniques", lambda row: row.shape.techniques),
    ):
        counted: Counter[str] = Counter()
        for row in held(own, {k: v for k, v in wire.items() if k != name}, NOW - 60, NOW + 1):
            counted.update(value for value in values(row) if value)
        assert {value: n for value, n, _ in answer["top"][name]} == dict(counted)
        assert answer["distinct"][name] == len(counted)


def test_the_values_of_one_list_can_be_narrowed_and_the_worst_severity_stands_beside_each() -> None:
    own = hub(
        NOW, [alert(n, SEVERITIES[n % 4], time_ns=(NOW - 1) * NS, namespace=f"team-{n % 20}") for n in range(200)]
    )
    answer = facets(own, "narrow=ns:TEAM-1&limit=3")
    assert answer["top"]["namespace"] == [["team-1", 10, "high"], ["team-10", 10, "medium"], ["team-11", 10, "low"]]
    assert answer["distinct"]["namespace"] == 11
    assert answer["distinct"]["node"] == 1
    assert answer["exact"]


def test_counts_stay_exact_when_rows_have_made_room_and_what_rests_on_rows_says_that_it_does_not() -> None:
    times = range(NOW - 200, NOW)
    own = hub(NOW, [alert(n, "low", time_ns=at * NS) for n, at in enumerate(times)], rows=100)
    whole = f"from={(NOW - 300) * 1_000}"
    answer = page(own, whole)
    assert (answer["counts"]["low"], answer["exact"]) == (200, True)
    assert answer["complete_since"] == {"critical": None, "high": None, "medium": None, "low": (NOW - 101) * 1_000 + 1}
    assert sum(timeline(own, whole)["low"]) == 200
    assert timeline(own, f"{whole}&severity=low")["exact"]
    narrowed = page(own, f"{whole}&namespace=payments")
    assert (narrowed["counts"]["low"], narrowed["exact"]) == (100, False)
    assert not timeline(own, f"{whole}&namespace=payments")["exact"]
    assert facets(own, whole)["top"]["namespace"] == [["payments", 200, "low"]]
    assert not facets(own, whole)["exact"]
    late = f"from={(NOW - 100) * 1_000}&namespace=payments"
    assert (page(own, late)["counts"]["low"], page(own, late)["exact"]) == (100, True)
    assert page(own, f"{whole}&namespace=payments&severity=-low")["exact"]


def test_what_was_not_read_back_is_not_claimed_to_be_counted() -> None:
    own = hub(NOW, [alert(1, "low", time_ns=(NOW - 10) * NS)])
    own.store.incomplete(3, NOW * 1_000)
    assert page(own, "")["exact"] is False
    assert page(own, "")["complete_since"]["low"] == (NOW - 10) * 1_000
    assert page(own, "severity=critical")["exact"]
    assert page(own, f"from={(NOW - 10) * 1_000}")["exact"]
    own.store.incomplete(3, NOW * 1_000, first_ns=(NOW - 3_600) * NS)
    assert page(own, "")["complete_since"]["low"] == (NOW - 10) * 1_000


def test_a_hundred_thousand_seconds_late_alert_lands_in_its_own_bin() -> None:
    own = hub(NOW)
    take(own, [alert(1, "low", time_ns=(NOW - 3_000) * NS, late_s=2_900)], now_s=NOW)
    query = f"from={(NOW - 3_600) * 1_000}&to={NOW * 1_000}&step=600"
    assert timeline(own, query)["low"] == [0, 1, 0, 0, 0, 0]
    assert page(own, query.removesuffix("&step=600"))["rows"][0]["late_s"] == 2_900
    assert page(own, "")["rows"] == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("from=yesterday", "from"),
        ("from=2026-11-23T25:00:00Z", "from"),
        ("from=-1", "from"),
        ("to=99999999999999", "to"),
        ("from=2000&to=1000", "from"),
        ("from=1000&to=1000", "from"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("before=x", "before"),
        ("before=1-", "before"),
        ("step=1", "step"),
        ("severity=urgent", "severity"),
        ("q=%22a", "q"),
    ],
)
def test_what_makes_no_sense_is_named(query: str, named: str) -> None:
    with pytest.raises(QueryError, match=f"^{named}"):
        range_queries.alerts(query, NOW * 1_000)


@pytest.mark.parametrize("query", ["step=0", "step=86401", "step=x", "from=1000&step=1"])
def test_a_timeline_has_a_bounded_number_of_bins(query: str) -> None:
    with pytest.raises(QueryError, match=r"^step"):
        range_queries.timeline(query, NOW * 1_000)


@pytest.mark.parametrize("query", ["narrow=ns", "narrow=sev:x", "narrow=pod:x", "limit=101", f"narrow=ns:{'x' * 513}"])
def test_facets_are_narrowed_by_what_they_list(query: str) -> None:
    with pytest.raises(QueryError, match=r"^(narrow|limit)"):
        range_queries.facets(query, NOW * 1_000)


def test_times_are_read_to_the_second_outwards() -> None:
    asked = range_queries.alerts("from=2026-11-23T14:08:12.641Z&to=2026-11-23T15:08:13.001%2B01:00", NOW * 1_000)
    assert (asked.span.from_s, asked.span.to_s) == (1_795_442_892, 1_795_442_894)

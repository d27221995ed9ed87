"""What passes a filter, kept up to date: as if every alert were counted anew each time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.feed.client import Client
from tocsin.gateway.feed.filtered_stats import FilteredStats
from tocsin.gateway.feed.hub import Hub
from tocsin.gateway.window import counts
from tocsin.gateway.window.row_filter import Matchers
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.alert import Alert
from tocsin.model.filter import EVERYTHING, grammar

from support.gateway import alert
from support.hubs import hub, take

NOW = 1_763_906_892
NS = 1_000_000_000
WINDOW_S = 300
FILTER = grammar.parse({"namespace": ["a"], "q": "number"})

made = st.tuples(st.sampled_from(SEVERITIES), st.integers(-200, 400), st.sampled_from("ab"))
steps = st.lists(st.one_of(st.lists(made, max_size=6), st.integers(1, 120)), max_size=12)


class Page:
    """What the page knows: a snapshot, and what stats changed in it."""

    def __init__(self, own: FilteredStats, tick: int) -> None:
        whole = own.whole()
        self.counts = whole["matched"]
        timeline = whole["matched_timeline"]
        rows = zip(*(timeline[name] for name in SEVERITIES), strict=True)
        self.bins = {timeline["t0"] + n * timeline["step_s"]: values for n, values in enumerate(rows)}
        self.top = dict(whole["matched_top"])
        self.tick = tick

    def hear(self, own: FilteredStats, tick: int) -> None:
        fields = own.since(self.tick)
        self.tick = tick
        self.counts = fields["matched"]
        self.bins |= {second: tuple(values) for second, *values in fields["matched_bins"]}
        self.top |= fields.get("matched_top", {})


def watched(own: Hub) -> Client:
    """Somebody who has the filter."""
    client = Client(own.fanout, lambda: None)
    client.open(None, FILTER, 400, visible=True, now=0.0)
    return client


def begin(own: Hub, now_s: int) -> FilteredStats:
    watched(own)
    with own.new_filtered_stats(FILTER, WINDOW_S, now_s, 0.0) as found:
        found.fill(found.scan(own.store.window.blocks(), FILTER, own.store.window.head), own.store.rows_since)
    return found


def expected(seen: list[tuple[str, int, str]], now_s: int) -> dict[int, list[int]]:
    t0, count = counts.start(now_s, WINDOW_S)
    step = counts.step(WINDOW_S)
    table = {t0 + n * step: [0] * 4 for n in range(count)}
    for severity, at, namespace in seen:
        second = at // step * step
        if namespace == "a" and second in table:
            table[second][SEVERITIES.index(severity)] += 1
    return table


@pytest.mark.slow
@given(st.lists(made, max_size=10), st.lists(made, max_size=4), steps)
def test_a_client_who_was_told_what_changed_knows_what_a_new_look_would_find(
    before: list[tuple[str, int, str]], between: list[tuple[str, int, str]], later: list[Any]
) -> None:
    now, number = NOW, 0
    seen: list[tuple[str, int, str]] = []

    def came(some: list[tuple[str, int, str]]) -> list[Alert]:
        nonlocal number
        alerts = []
        for severity, ago, namespace in some:
            number += 1
            seen.append((severity, now - ago, namespace))
            alerts.append(alert(number, severity, time_ns=(now - ago) * NS, namespace=namespace))
        return alerts

    own = hub(now, came(before), hours=1.0)
    watched(own)
    with own.new_filtered_stats(FILTER, WINDOW_S, now, 0.0) as found:
        head = own.store.window.head
        take(own, came(between), now_s=now)
        found.fill(found.scan(own.store.window.blocks(), FILTER, head), own.store.rows_since)
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is found
    client = Page(found, own.range_stats(WINDOW_S, now).tick)
    for step in later:
        if isinstance(step, int):
            now += step
        else:
            take(own, came(step), now_s=now)
        own.tick(now)
        assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is found
        own.range_stats(WINDOW_S, now)
        client.hear(found, own.range_stats(WINDOW_S, now).tick)
        table = expected(seen, now)
        assert {second: list(client.bins.get(second, [0] * 4)) for second in table} == table
        assert client.counts == {name: sum(values[n] for values in table.values()) for n, name in enumerate(SEVERITIES)}
    now += 2
    own.tick(now)
    client.hear(found, 0)
    total = sum(map(sum, expected(seen, now).values()))
    assert client.top["namespace"] == ([("a", total, _worst(expected(seen, now)))] if total else [])


def _worst(table: dict[int, list[int]]) -> str:
    return next(name for n, name in enumerate(SEVERITIES) if any(values[n] for values in table.values()))


def test_where_there_are_too_many_different_ones_counts_stay_and_lists_are_not_kept() -> None:
    own = hub(NOW, [alert(n, "low", time_ns=(NOW - 5) * NS, namespace="a", fingerprint=f"f{n}") for n in range(900)])
    found = begin(own, NOW)
    assert found.whole()["matched_top"]["namespace"] == [("a", 900, "low")]
    take(
        own,
        [alert(n, "low", time_ns=(NOW - 4) * NS, namespace="a", fingerprint=f"g{n}") for n in range(200)],
        now_s=NOW,
    )
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is found
    own.tick(NOW + 2)
    assert found.whole()["matched"]["low"] == 1_100
    assert found.whole()["matched_top"] is None
    assert found.since(0)["matched_top"] is None


def test_it_says_from_when_on_it_is_complete() -> None:
    times = range(NOW - 200, NOW)
    own = hub(NOW, [alert(n, "low", time_ns=at * NS, namespace="a") for n, at in enumerate(times)], rows=100)
    found = begin(own, NOW)
    assert found.whole()["matched_since"] == {
        "critical": None,
        "high": None,
        "medium": None,
        "low": (NOW - 101) * 1_000 + 1,
    }
    assert found.whole()["matched"]["low"] == 100


def test_what_nobody_asks_for_is_forgotten_and_so_is_what_was_never_looked_up() -> None:
    own = hub(NOW)
    begin(own, NOW)
    with own.new_filtered_stats(FILTER, 900, NOW, 0.0):
        pass
    assert own.filtered_stats(FILTER, 900, 0.0) is None
    for second in range(20):
        own.tick(NOW + second)
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is None


def test_when_the_last_client_with_a_filter_goes_nothing_is_counted_for_it_and_nothing_stale_is_told() -> None:
    own = hub(NOW)
    client = watched(own)
    with own.new_filtered_stats(FILTER, WINDOW_S, NOW, 0.0) as found:
        found.fill(found.scan(own.store.window.blocks(), FILTER, own.store.window.head), own.store.rows_since)
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is found
    client.leave()
    take(own, [alert(1, "high", namespace="a")], now_s=NOW)
    watched(own)
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is None


def test_clients_with_one_filter_and_different_lists_are_counted_once() -> None:
    own = hub(NOW)
    found = begin(own, NOW)
    other = Client(own.fanout, lambda: None)
    other.open(None, FILTER, 100, visible=True, now=0.0, fold=False)
    take(own, [alert(1, "high", namespace="a", time_ns=(NOW - 1) * NS)], now_s=NOW)
    assert own.filtered_stats(FILTER, WINDOW_S, 0.0) is found
    assert found.whole()["matched"]["high"] == 1


def test_equal_filters_share_a_matcher_as_long_as_somebody_has_it() -> None:
    matchers = Matchers()
    one = matchers.of(grammar.parse({"namespace": ["a", "b"]}))
    assert one is not None
    assert matchers.of(grammar.parse({"namespace": ["b", "a"]})) is one
    assert matchers.of(EVERYTHING) is None

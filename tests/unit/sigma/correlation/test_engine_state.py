"""What windows remember: how late a signal may be, what is forgotten, and from where on they can be rebuilt."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.signal import Signal
from tocsin.model.timestamps import NS_PER_S
from tocsin.sigma.correlation import CorrelationEngine, Firing, horizon_ns, silent_ids
from tocsin.sigma.syntax.documents import Correlation

from support.correlation_builder import BEGIN_NS, correlation, ends, feed, signal


def test_a_late_signal_completes_the_window_that_it_belongs_to() -> None:
    windows = CorrelationEngine([correlation(at_least=3)])
    [firing] = feed(windows, [signal(0), signal(5), signal(30), signal(3)])
    assert ends([firing]) == [5]
    assert firing.evidence == ("at-0", "at-5", "at-3")
    assert firing.signal.id == "at-3"


def test_a_signal_later_than_the_horizon_is_counted_and_left_out() -> None:
    windows = CorrelationEngine(
        [correlation(at_least=2, within_s=10), correlation(id="wide", at_least=2, within_s=100)]
    )
    fired = feed(windows, [signal(100), signal(59.9), signal(60)])
    assert [firing.correlation.id for firing in fired] == ["wide"]
    assert windows.late == 1
    assert windows.counts()["own"].late == 1


def test_a_node_that_comes_after_an_outage_is_not_late() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"])])
    fired = feed(
        windows,
        [
            signal(7_200, node="n1", scope="x"),
            signal(0, node="n2", scope="y"),
            signal(7_201, node="n1", scope="z"),
            signal(1, node="n2", scope="y"),
        ],
    )
    assert [firing.key["scope"] for firing in fired] == ["y"]
    assert windows.late == 0


def test_keys_beyond_the_bound_are_forgotten_and_counted() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"])], max_keys=100)
    assert feed(windows, [signal(number / 1_000, scope=f"s{number}") for number in range(10_000)]) == []
    counts = windows.counts()["own"]
    assert counts.keys <= 100
    assert counts.evicted + counts.keys == 10_000
    assert windows.evicted == {"own": counts.evicted}


def test_a_key_that_is_seen_again_outlives_a_flood_of_others() -> None:
    windows = CorrelationEngine([correlation(at_least=20, by=["scope"])], max_keys=100)
    course = [
        signal(number / 1_000, id=f"{number}", scope="steady" if number % 25 == 0 else f"s{number}")
        for number in range(1_000)
    ]
    assert [firing.key["scope"] for firing in feed(windows, course)] == ["steady"]


def test_keys_that_are_over_are_forgotten_without_being_counted() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"])])
    feed(windows, [signal(100 * number, scope=f"s{number}") for number in range(50)])
    assert windows.counts()["own"].keys <= 2
    assert windows.evicted == {}


def test_long_values_are_told_apart_and_kept_short() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["arguments"])])
    long = "x" * 100_000
    fired = feed(
        windows, [signal(0, arguments=long + "1"), signal(1, arguments=long + "2"), signal(2, arguments=long + "1")]
    )
    assert ends(fired) == [2]
    assert len(fired[0].key["arguments"]) < 1_024


def test_no_choice_of_values_makes_two_keys_one() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["a", "b"])])
    assert feed(windows, [signal(0, a="x\0y", b="z"), signal(1, a="x", b="y\0z")]) == []


def test_nothing_is_needed_of_a_stream_that_is_over() -> None:
    windows = CorrelationEngine([correlation(at_least=5)])
    assert windows.rebuild_from == 1
    feed(windows, [signal(0), signal(1)])
    assert windows.rebuild_from == 1
    feed(windows, [signal(number, "other") for number in (50, 200)], first=3)
    assert windows.rebuild_from == 5


def test_where_to_rebuild_from_moves_on_under_a_busy_key() -> None:
    windows = CorrelationEngine([correlation(at_least=5)])
    feed(windows, [signal(number, id=f"{number}") for number in range(10_000)])
    assert 10_000 - 4 * 45 < windows.rebuild_from <= 10_000 - 10


def test_a_parent_keeps_what_its_children_rest_on() -> None:
    child = correlation(id="child", at_least=3, within_s=10)
    parent = correlation("event_count", "child", id="parent", at_least=3, within_s=1_000)
    windows = CorrelationEngine([child, parent])
    feed(windows, [signal(number) for number in range(3)])
    feed(windows, [signal(number, "other") for number in range(100, 900, 50)], first=4)
    assert windows.rebuild_from == 1
    assert horizon_ns([child, parent]) == (2_000 + 40) * NS_PER_S


def test_a_correlation_is_silent_where_all_that_name_it_say_so() -> None:
    child = correlation(id="child")
    loud, mute = (
        correlation("event_count", "child", id=name, generate=generate)
        for name, generate in (("loud", True), ("mute", False))
    )
    assert silent_ids([child, mute]) == {"child"}
    assert silent_ids([child, mute, loud]) == frozenset()


def test_what_was_raised_before_is_not_raised_again_before_the_repeat() -> None:
    windows = CorrelationEngine([correlation(at_least=2, by=["scope"], repeat_s=60)])
    key = {"cluster": "k1", "scope": "x"}
    windows.restore("own", key, "an id", BEGIN_NS, seq=7)
    windows.restore("own", {"cluster": "k1", "grouped": "otherwise"}, "another", BEGIN_NS, seq=7)
    windows.restore("unknown", key, "a third", BEGIN_NS, seq=7)
    assert windows.is_known("an id")
    fired = feed(windows, [signal(number, scope=scope) for number, scope in ((1, "x"), (2, "x"), (59, "x"), (60, "x"))])
    assert ends(fired) == [60]


_CORRELATIONS = [
    correlation("event_count", "a", id="count", at_least=3, within_s=10, by=["scope"], repeat_s=7),
    correlation("value_count", "a", "b", id="values", at_least=3, within_s=15, by=["scope"], field="v", repeat_s=5),
    correlation("temporal", "a", "b", "x", id="temporal", within_s=5, by=["scope"], repeat_s=11),
    correlation("temporal_ordered", "a", "b", id="ordered", within_s=10, by=["scope"], repeat_s=10),
    correlation("event_count", "a", id="large", at_least=260, within_s=30, repeat_s=20),
    correlation("event_count", "count", "ordered", id="parent", at_least=4, within_s=20, repeat_s=30),
]


def _course(rng: random.Random, length: int) -> list[Signal]:
    """Bursts and silences on two nodes, with late signals and repeats."""
    found, at = [], 0.0
    for number in range(length):
        at += rng.choice((0.01, 0.1, 1, 3)) if rng.random() < 0.995 else rng.choice((50, 200))
        late = rng.choice((0, 0, 0, 0, 1, 15))
        rules = rng.sample("abx", rng.choice((1, 1, 2)))
        found.append(
            signal(
                max(0.0, at - late),
                *rules,
                id=f"{number}",
                node=rng.choice("mn"),
                scope=rng.choice("pq"),
                v=rng.choice("123456"),
            )
        )
    return found


def _ids(firings: list[Firing]) -> list[str]:
    return [firing.id for firing in firings]


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 1_100))
def test_rebuilt_from_there_they_fire_as_if_nothing_had_happened(seed: int, cut: int) -> None:
    course = _course(random.Random(seed), 1_200)
    whole = CorrelationEngine(_CORRELATIONS)
    before = feed(whole, course[:cut])
    start = whole.rebuild_from
    after = feed(whole, course[cut:], first=cut + 1)
    again = _restarted(_CORRELATIONS, before)
    silently = feed(again, course[start - 1 : cut], first=start)
    assert set(_ids(silently)) <= set(_ids(before))
    assert _ids(feed(again, course[cut:], first=cut + 1)) == _ids(after)
    assert start > 1 or cut < 1_000


def _restarted(correlations: list[Correlation], raised: list[Firing]) -> CorrelationEngine:
    windows = CorrelationEngine(correlations)
    for firing in raised:
        windows.restore(firing.correlation.id, firing.key, firing.id, firing.to_ns, seq=firing.seq)
    return windows


def test_a_clock_that_is_ahead_makes_nothing_late_and_keeps_nothing_from_being_forgotten() -> None:
    windows = CorrelationEngine([correlation(at_least=3, within_s=10, repeat_s=10)])
    arrivals = [signal(0), signal(86_400), *(signal(n) for n in range(1, 400))]
    arrived = [0, 0, *range(1, 400)]
    fired = [
        firing
        for seq, (each, at_s) in enumerate(zip(arrivals, arrived, strict=True), 1)
        for firing in windows.feed(each, seq, BEGIN_NS + at_s * NS_PER_S)
    ]
    assert len(fired) == 40, "every ten seconds, all the while"
    assert windows.late == 0
    assert windows.rebuild_from > 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_what_rests_on_a_silent_correlation_is_the_same_after_any_restart(seed: int) -> None:
    own = [
        correlation("event_count", "a", id="child", at_least=3, within_s=5, by=["scope"], repeat_s=4),
        correlation("event_count", "child", id="parent", at_least=3, within_s=20, by=["scope"], generate=False),
    ]
    rng = random.Random(seed)
    at, stream = 0.0, []
    for number in range(2_000):
        at += rng.choice((0.1, 0.5, 1.0))
        stream.append(signal(at, "a", id=str(number), scope=rng.choice("pq")))
    whole = CorrelationEngine(own)
    expected = [f.id for f in feed(whole, stream) if f.correlation.id == "parent"]
    found: list[str] = []
    windows, done = CorrelationEngine(own), 0
    while done < len(stream):
        upto = min(len(stream), done + rng.randrange(20, 300))
        found += [
            f.id for n in range(done, upto) for f in windows.feed(stream[n], n + 1) if f.correlation.id == "parent"
        ]
        begin, again = windows.rebuild_from, CorrelationEngine(own)
        for firing in (f for f in feed(CorrelationEngine(own), stream[:upto]) if f.correlation.id == "parent"):
            again.restore("parent", firing.key, firing.id, firing.to_ns, seq=firing.seq)
        for n in range(begin - 1, upto):
            again.feed(stream[n], n + 1)
        windows, done = again, upto
    assert found == expected
    assert len(expected) > 20

"""Windows held against their definition, counted from scratch: in order exactly, late ones as far as is promised."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.syntax.documents import Correlation, CorrelationType

from support.correlation_builder import Arrival, correlation, ends, feed, satisfied, signal

MAX_LATE_S = 30.0
_KINDS: tuple[CorrelationType, ...] = ("event_count", "value_count", "temporal", "temporal_ordered")
_arrivals = st.lists(
    st.tuples(st.integers(0, 400).map(lambda eighths: eighths / 8), st.sampled_from("abc"), st.sampled_from("123456")),
    max_size=60,
)


@st.composite
def _correlations(draw: st.DrawFn) -> Correlation:
    kind = draw(st.sampled_from(_KINDS))
    fewest = 2 if kind.startswith("temporal") else 1
    rules = draw(st.permutations("abc"))[: draw(st.integers(fewest, 3))]
    return correlation(
        kind,
        *rules,
        at_least=draw(st.integers(1, 6)),
        within_s=draw(st.sampled_from([1.0, 2.5, 10.0, 40.0])),
        field="v" if kind == "value_count" else "",
        repeat_s=0,
    )


def _found(one: Correlation, arrivals: Sequence[Arrival]) -> set[float]:
    windows = CorrelationEngine([one])
    signals = [signal(at, rule, id=f"{number}", v=value) for number, (at, rule, value) in enumerate(arrivals)]
    fired = ends(feed(windows, signals))
    assert not windows.late
    return set(fired)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(_correlations(), _arrivals)
def test_in_order_every_window_fires_and_no_other(one: Correlation, arrivals: list[Arrival]) -> None:
    course = sorted(arrivals)
    assert _found(one, course) == satisfied(one, course)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(_correlations(), _arrivals, st.randoms(use_true_random=False))
def test_in_any_order_no_window_fires_that_does_not_hold(one: Correlation, arrivals: list[Arrival], rng) -> None:
    shuffled = sorted(arrivals, key=lambda arrival: arrival[0] + rng.uniform(0, MAX_LATE_S))
    assert _found(one, shuffled) <= satisfied(one, arrivals)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(_correlations(), _arrivals, st.randoms(use_true_random=False))
def test_an_episode_is_found_in_whatever_order_it_comes(one: Correlation, arrivals: list[Arrival], rng) -> None:
    """Up to eight matches of a rule, each value once: then nothing that counts is forgotten for want of room."""
    course, seen = [], dict.fromkeys("abc", 0)
    for number, (at, rule, _) in enumerate(sorted(arrivals)):
        seen[rule] += 1
        if seen[rule] <= 8:
            course.append((at, rule, f"value-{number}"))
    shuffled = sorted(course, key=lambda arrival: arrival[0] + rng.uniform(0, MAX_LATE_S))
    assert bool(_found(one, shuffled)) == bool(satisfied(one, course))


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3_000), min_size=300, max_size=900), st.integers(257, 400))
def test_a_large_count_fires_never_late_and_at_most_a_sixteenth_of_the_timespan_early(times, at_least: int) -> None:
    arrivals = [(at / 100, "r", "") for at in sorted(times)]
    one = correlation(at_least=at_least, within_s=8.0, repeat_s=0)
    wider = correlation(at_least=at_least, within_s=8.5, repeat_s=0)
    assert satisfied(one, arrivals) <= _found(one, arrivals) <= satisfied(wider, arrivals)

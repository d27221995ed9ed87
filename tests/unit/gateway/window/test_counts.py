"""Counts by second, and the bins of timelines."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.window import counts as bins
from tocsin.gateway.window.counts import SecondCounts

NOW = 1_763_906_892


def counted(window_s: int = 3_600) -> SecondCounts:
    own = SecondCounts(window_s)
    own.advance(NOW)
    return own


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-900, 280)), max_size=60), st.integers(0, 400))
def test_a_count_is_that_of_the_seconds_asked_for(made: list[tuple[int, int]], later: int) -> None:
    own = counted(600)
    for index, at in made:
        own.add(index, NOW + at)
    own.advance(NOW + later)
    kept = [(index, at) for index, at in made if at >= later - 600 + 0 and at >= -600]
    for index in range(4):
        assert own.count(index, NOW - 2_000, NOW + 2_000) == sum(1 for i, _ in kept if i == index)
        assert own.count(index, NOW - 10, NOW + 10) == sum(1 for i, at in kept if i == index and -10 <= at < 10)


def test_the_timeline_is_aligned_and_ends_now() -> None:
    own = counted()
    own.add(0, NOW)
    own.add(3, NOW - 890)
    t0, count = bins.start(NOW, 900)
    assert (t0 % 6, count, t0 + count * 6 > NOW) == (0, 150, True)
    series = own.series(t0, 6, count)
    assert series[0][-1] == 1
    assert series[3][:3].count(1) == 1
    assert [len(part) for part in series] == [150] * 4


def test_a_clock_that_jumped_far_ahead_empties_the_bins() -> None:
    own = counted()
    own.add(0, NOW)
    own.advance(NOW + 100_000)
    assert own.count(0, NOW - 5, NOW + 100_005) == 0

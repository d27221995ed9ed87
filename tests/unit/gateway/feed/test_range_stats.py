"""Counts by second, timelines and tops."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.feed.range_stats import RangeStats
from tocsin.gateway.window import counts as bins
from tocsin.gateway.window.counts import SecondCounts
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.top_values import TopValues

from support.rows import row

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


def test_a_client_is_told_only_the_bins_and_tops_that_changed() -> None:
    own, tops = counted(), TopValues(3_600)
    shape = row(1, "high", process="/bin/bash").shape
    own.add(1, NOW - 60)
    tops.add(shape, NOW - 60)
    range_ = RangeStats(900, own, tops, NOW)
    whole = range_.whole()
    assert whole["counts"] == {"critical": 0, "high": 1, "medium": 0, "low": 0}
    assert whole["top"]["process"] == [("/bin/bash", 1, "high")]
    assert whole["previous"] == dict.fromkeys(SEVERITIES, 0)
    told = range_.tick
    range_.look(NOW + 1, 2)
    assert range_.since(told)["bins"] == []
    assert "top" not in range_.since(told)
    own.add(1, NOW - 60)
    tops.add(shape, NOW - 60)
    range_.look(NOW + 3, 3)
    ((second, *counts),) = range_.since(told)["bins"]
    assert second <= NOW - 60 < second + 6
    assert counts == [0, 2, 0, 0]
    assert range_.since(told)["top"]["process"] == [("/bin/bash", 2, "high")]
    assert range_.since(range_.tick)["bins"] == []


def test_a_client_that_was_told_nothing_yet_gets_every_bin_that_is_not_empty() -> None:
    own = counted()
    for age in (5, 300, 800, 2_000):
        own.add(0, NOW - age)
    range_ = RangeStats(900, own, TopValues(3_600), NOW)
    assert sum(bin_[1] for bin_ in range_.since(0)["bins"]) == 3


def test_the_top_of_a_long_range_holds_what_the_minutes_have_forgotten() -> None:
    tops = TopValues(86_400)
    old, new = row(1, process="/old", fingerprint="o").shape, row(2, process="/new", fingerprint="n").shape
    for _ in range(5):
        tops.add(old, NOW - 10_000)
    for minute in range(120):
        tops.add(new, NOW - minute * 60)
    assert [entry[:2] for entry in tops.lists(NOW, 900)["process"]] == [("/new", 16)]
    assert tops.lists(NOW, 86_400)["process"][1][:2] == ("/old", 5)


def test_a_flood_of_new_names_leaves_the_frequent_ones() -> None:
    tops = TopValues(3_600)
    for n in range(1, 6_000):
        tops.add(row(1, process="/frequent", fingerprint="f").shape, NOW)
        tops.add(row(n, process=f"/tmp/{n}").shape, NOW)
    assert tops.lists(NOW, 900)["process"][0][0] == "/frequent"
    assert all(len(held) <= 300 for lists in tops._by_minute.values() for held in lists.values())

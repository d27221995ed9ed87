"""The live window: what it holds, in which order, and what it says of what it does not hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.window.rows import Row, newest_first
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.gateway.window.window import Window

from support.rows import START_MS, row


def filled(rows: list[Row], limit: int = 1_000) -> Window:
    window = Window(limit)
    window.reset("a1")
    for own in rows:
        window.add(own)
        window.head = own.seq
    return window


def numbers(rows: list[Row]) -> list[int]:
    return [own.seq for own in rows]


def test_a_flood_of_low_evicts_no_critical() -> None:
    window = filled([row(1, "critical"), *(row(n) for n in range(2, 2_000))], limit=500)
    assert [len(lane) for lane in window.lanes] == [1, 0, 0, 500]
    assert window.lanes[0].oldest is not None
    assert window.lanes[3].floor == 1_499


def test_rows_full_of_hostile_text_are_fewer() -> None:
    window = filled([row(n, process=f"{n}-" + "💥" * 999, pod=f"{n}-" + "💥" * 999) for n in range(1, 600)], limit=500)
    assert 50 < len(window) < 300
    window.evict(below_seq=600, before_ms=0)
    for n in range(600, 1_200):
        window.add(row(n))
    assert len(window) == 500


def test_the_newest_rows_come_by_time_and_ties_by_sequence() -> None:
    late = row(4, t=START_MS - 5_000)
    tie = row(5, "high", t=START_MS + 3)
    window = filled([row(1), row(2, "high"), row(3), late, tie])
    assert numbers(window.newest(3)) == [5, 3, 2]
    assert numbers(window.newest(10)) == [5, 3, 2, 1, 4]
    assert numbers(window.newest(10, since_ms=START_MS)) == [5, 3, 2, 1]
    assert numbers(window.newest(10, lambda own: own.shape.index == 1, up_to=4)) == [2]


@given(
    st.lists(st.tuples(st.sampled_from(SEVERITIES), st.integers(0, 50)), max_size=700),
    st.integers(1, 60),
    st.integers(0, 700),
)
def test_however_late_rows_come_the_newest_are_those_that_sorting_gives(
    made: list[tuple[str, int]], limit: int, up_to: int
) -> None:
    rows = [row(n, severity, t=START_MS + at) for n, (severity, at) in enumerate(made, 1)]
    window = filled(rows)
    wanted = sorted((own for own in rows if own.seq <= up_to), key=newest_first)[:limit]
    assert numbers(window.newest(limit, up_to=up_to)) == numbers(wanted)
    assert numbers(window.between(up_to // 2, up_to)) == list(range(up_to // 2 + 1, min(up_to, len(rows)) + 1))


def test_what_the_stream_let_go_goes_here_too() -> None:
    window = filled([row(n, "high" if n % 2 else "low") for n in range(1, 11)])
    window.evict(below_seq=6, before_ms=0)
    assert numbers(window.newest(20)) == [10, 9, 8, 7, 6]
    assert window.left(f"{3:032x}") == 3
    assert window.find(f"{3:032x}") is None
    assert not window.covers(4)
    assert window.covers(5)


def test_what_arrived_too_long_ago_goes_however_late_it_was() -> None:
    rows = [row(1, t=START_MS), row(2, t=START_MS - 60_000, late_s=70), row(3, t=START_MS + 90_000)]
    window = filled(rows)
    window.evict(below_seq=0, before_ms=START_MS + 5_000)
    assert numbers(window.newest(9)) == [3, 2]


def test_rows_of_each_shape_are_counted_as_they_come_and_go() -> None:
    window = filled([row(n, fingerprint="same") for n in range(1, 4)])
    assert list(window.lanes[3].shapes.values()) == [3]
    window.evict(below_seq=3, before_ms=0)
    assert list(window.lanes[3].shapes.values()) == [1]
    window.evict(below_seq=9, before_ms=0)
    assert not window.lanes[3].shapes
    assert window.lanes[3].oldest is None


def test_a_row_is_found_by_its_id() -> None:
    window = filled([row(n, SEVERITIES[n % 4]) for n in range(1, 600)])
    found = window.find(f"{17:032x}")
    assert found is not None
    assert found.seq == 17
    assert window.find("17") is None
    assert window.left("17") is None


@pytest.mark.slow
def test_where_a_row_lies_that_made_room_is_known_for_a_while() -> None:
    window = filled([row(n) for n in range(1, 12_002)], limit=1_000)
    assert window.left(f"{11_001:032x}") == 11_001
    assert window.left(f"{1_002:032x}") == 1_002
    assert window.left(f"{1_001:032x}") is None, "the last ten thousand are remembered"
    window.reset("b2")
    assert window.find(f"{12_001:032x}") is None
    assert window.left(f"{11_001:032x}") is None


def test_of_two_rows_with_one_id_the_later_is_found_and_outlives_the_other() -> None:
    window = filled([row(1), row(1, seq=2), row(3)])
    window.evict(below_seq=2, before_ms=0)
    found = window.find(f"{1:032x}")
    assert found is not None
    assert found.seq == 2

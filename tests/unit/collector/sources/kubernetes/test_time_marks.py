"""Marks: few, dense near the end, and reaching back to the first."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tocsin.collector.sources.kubernetes import time_marks
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.model.checkpoint import Mark


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=200))
def test_the_first_and_the_last_stay_and_there_are_never_too_many(steps: list[int]) -> None:
    marks: list[Mark] = []
    reach = 0
    for number, step in enumerate(steps):
        reach += step + 1
        marks = time_marks.add_mark(marks, Mark(reach, number, number))
        assert len(marks) <= time_marks.MOST_MARKS
        assert marks[-1] == Mark(reach, number, number)
    assert marks[0].floor_seq == 0


def test_of_the_same_time_the_older_floor_holds() -> None:
    marks = time_marks.add_mark([Mark(5, 1, 1)], Mark(5, 9, 9))
    assert marks == [Mark(5, 1, 1)]


def test_the_newest_mark_before_a_time_is_asked_from_else_the_oldest() -> None:
    marks = [Mark(10, 1, 1), Mark(20, 2, 2), Mark(30, 3, 3)]
    assert time_marks.mark_before(marks, 25) == Mark(20, 2, 2)
    assert time_marks.mark_before(marks, 5) == Mark(10, 1, 1)
    assert time_marks.mark_before([], 5) is None


def test_pauses_double_up_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff(least_s=1.0, most_s=8.0, chance=random.Random(1))
    pauses = [backoff.next() for _ in range(200)]
    assert all(0.5 <= pause <= 8.0 for pause in pauses)
    assert pauses[0] <= 1.0
    assert max(pauses) > 4.0
    backoff.reset()
    assert backoff.next() <= 1.0


def test_a_pause_is_as_long_as_the_server_asks() -> None:
    backoff = Backoff(least_s=0.1, most_s=0.1)
    backoff.wait(7.0)
    assert backoff.next() == 7.0
    assert backoff.next() <= 0.1

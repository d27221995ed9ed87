import pytest

from tocsin.simulator.pacing import TICK_S, Pace


@pytest.mark.parametrize(("rate", "tick_s"), [(1, 0.5), (20, 0.05), (1_000, 0.005), (50_000, 0.01)])
def test_the_rate_is_kept(rate, tick_s):
    pace = Pace(rate)
    assert sum(pace.take(i * tick_s) for i in range(int(4 / tick_s) + 1)) == pytest.approx(4 * rate, abs=1)


def test_the_first_is_written_at_once():
    assert Pace(1).take(0.0) == 1


def test_what_is_late_is_caught_up_in_bounded_steps():
    pace = Pace(10_000)
    pace.take(0.0)
    counts = [pace.take(1.0) for _ in range(10)]
    assert sum(counts) == 10_000
    assert max(counts) <= 2_000
    assert pace.wait_s(0.9) > 0


def test_nothing_is_waited_for_when_late():
    pace = Pace(10_000)
    pace.take(1.0)
    assert pace.wait_s(1.0) == 0.0


def test_an_hour_of_sleep_is_not_caught_up():
    pace = Pace(100)
    pace.take(0.0)
    assert sum(pace.take(3_600.0) for _ in range(20)) <= 1_001
    assert pace.take(3_601.0) == 100


def test_a_number_ends_it():
    pace = Pace(1_000, count=7)
    assert pace.take(10.0) == 7
    assert pace.finished
    assert pace.take(20.0) == 0


def test_a_time_ends_it_after_as_many_as_the_rate_asks_for():
    pace = Pace(100, for_s=0.5)
    assert pace.take(0.2) == 21
    assert not pace.finished
    assert pace.take(9.0) == 29
    assert pace.finished


def test_without_an_end_it_never_finishes():
    assert not Pace(1).finished


def test_a_wait_is_no_shorter_than_a_tick_and_no_longer_than_to_the_next():
    pace = Pace(2)
    pace.take(0.0)
    assert pace.wait_s(0.1) == pytest.approx(0.4)
    assert pace.wait_s(0.4999) == TICK_S

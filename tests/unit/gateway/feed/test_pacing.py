"""Cadence and credit, with a clock that the test turns."""

from tocsin.gateway.feed.pacing import Credit, Pace


def test_few_rows_wait_a_tenth_of_a_second_and_none_wait_one() -> None:
    pace = Pace(100.0)
    pace.add(5, 100.0)
    assert pace.due(100.0, rows=5, urgent=False) == 100.1
    assert pace.due(100.0, rows=0, urgent=False) == 101.0
    assert pace.due(100.0, rows=5, urgent=True) == 100.05


def test_in_a_flood_rows_wait_a_quarter_of_a_second() -> None:
    pace = Pace(100.0)
    pace.add(100, 100.5)
    assert pace.is_flood(100.5)
    assert pace.due(100.5, rows=60, urgent=False) == 100.25
    pace.add(0, 101.6)
    assert pace.is_flood(101.6), "the last second counts until this one is over"
    pace.add(0, 102.7)
    assert not pace.is_flood(102.7)


def test_a_quarter_of_a_second_has_no_more_rows_than_a_list_can_show() -> None:
    pace = Pace(100.0)
    assert pace.budget(100.05, 400) == 80
    assert pace.budget(100.01, 400) == 50
    assert pace.budget(100.25, 400) == pace.budget(109.0, 400) == 400
    assert pace.budget(109.0, 30) == 30


def test_two_frames_may_be_under_way_and_eight_more_that_were_cut() -> None:
    credit = Credit()
    for to in (1, 2):
        assert credit.allows(urgent=False)
        credit.add(to, urgent=False)
    assert not credit.allows(urgent=False)
    for to in range(3, 11):
        assert credit.allows(urgent=True)
        credit.add(to, urgent=True)
    assert not credit.allows(urgent=True)
    credit.acknowledge(2)
    assert credit.allows(urgent=False)
    credit.acknowledge(10)
    assert len(credit) == 0


def test_the_first_cut_frames_use_the_ordinary_credit() -> None:
    credit = Credit()
    for to in range(1, 11):
        assert credit.allows(urgent=True)
        credit.add(to, urgent=True)
    assert not credit.allows(urgent=True)

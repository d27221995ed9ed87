"""Back-pressure."""

from tocsin.collector.pressure import Pressure

_SIZE = 8_000


def _answered(waiting: int, *, at_s: float = 0.0) -> Pressure:
    pressure = Pressure(answer_lasts_s=8)
    pressure.asks()
    pressure.answer(at_s, waiting=waiting, messages=80, stream_bytes=8_000, max_bytes=_SIZE)
    return pressure


def test_there_is_no_room_before_the_first_answer() -> None:
    assert "not asked yet" in Pressure(answer_lasts_s=8).full(0)


def test_reading_stops_while_the_backlog_passes_half_of_the_size() -> None:
    assert _answered(40).full(0) == ""  # 4,000 bytes: exactly the half
    pressure = _answered(41)
    assert "4,100 bytes" in pressure.full(0)
    pressure.answer(1, waiting=0, messages=80, stream_bytes=8_000, max_bytes=_SIZE)
    assert pressure.full(1) == ""


def test_reading_stops_where_no_answer_comes() -> None:
    pressure = _answered(0)
    pressure.fails("no answer in 5 s")
    assert pressure.full(7.9) == ""
    assert "no answer in 5 s" in pressure.full(8.1)


def test_after_an_eighth_of_the_size_the_next_answer_is_waited_for() -> None:
    pressure = _answered(0)
    pressure.publishes(999)
    assert not pressure.must_ask
    assert pressure.wants_answer
    pressure.publishes(1)
    assert pressure.must_ask
    pressure.settled(1_000)
    pressure.asks()
    pressure.answer(1, waiting=10, messages=80, stream_bytes=8_000, max_bytes=_SIZE)
    assert not pressure.must_ask


def test_what_was_in_flight_at_the_question_still_counts_after_the_answer() -> None:
    pressure = _answered(0)
    pressure.publishes(1_200)
    pressure.settled(100)
    pressure.asks()
    pressure.settled(1_100)
    pressure.answer(1, waiting=0, messages=80, stream_bytes=8_000, max_bytes=_SIZE)
    assert pressure.must_ask


def test_a_stream_without_a_bound_is_never_full() -> None:
    pressure = Pressure(answer_lasts_s=8)
    pressure.asks()
    pressure.answer(0, waiting=10**9, messages=10**9, stream_bytes=10**12, max_bytes=-1)
    pressure.publishes(10**12)
    assert pressure.full(0) == ""
    assert not pressure.must_ask


def test_large_events_behind_a_stream_full_of_small_ones_are_counted_as_large() -> None:
    pressure = Pressure(answer_lasts_s=8)
    for _ in range(50):
        pressure.publishes(80_000)
    pressure.asks()
    pressure.answer(0, waiting=50, messages=2_650, stream_bytes=8_000_000, max_bytes=8_000_000)
    assert pressure.backlog_bytes == 4_000_000
    pressure.answer(0, waiting=51, messages=2_600, stream_bytes=8_000_000, max_bytes=8_000_000)
    assert "51 %" in pressure.full(0)

"""However a log is cut, read again and begun anew: each of its lines comes out once, and a hole is told of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collector.sources.kubernetes.log_reader import LogLine, LogReader, time_of
from tocsin.collector.sources.kubernetes.recent_lines import HashBudget, RecentLines
from tocsin.model.timestamps import NS_PER_S, format_ns

_T = 1_790_000_000 * NS_PER_S


def _event(number: int, *, at_s: float | None = None) -> bytes:
    seconds = number if at_s is None else at_s
    return json.dumps({"process_exec": {"n": number}, "time": format_ns(_T + int(seconds * NS_PER_S))}).encode()


def _reading(*, limit: int = 1 << 20) -> LogReader:
    return LogReader(RecentLines(HashBudget()), limit)


def _text(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _raws(fresh: list[LogLine]) -> list[bytes]:
    return [one.raw for one in fresh]


def _read(reading: LogReader, *lines: bytes, since: bool = False, other_log: bool = False) -> list[bytes]:
    reading.begin(since=since, other_log=other_log)
    return _raws(reading.feed(_text(*lines)))


_BREAKS = st.tuples(st.integers(0, 15), st.integers(0, 900), st.integers(1, 300))
"""How many known lines come again, how many bytes come before the stream ends, and in pieces of what size."""


@given(st.lists(_BREAKS, max_size=12))
def test_every_line_comes_once_through_any_breaks_and_overlaps(breaks: list[tuple[int, int, int]]) -> None:
    lines = [_event(n) for n in range(40)]
    reading, found = _reading(), list[bytes]()
    for back, size, piece in [*breaks, (3, 1 << 20, 1 << 20)]:
        start = max(0, len(found) - 1 - back)
        content = _text(*lines[start:])[:size]
        reading.begin(since=start > 0, other_log=False)
        for at in range(0, len(content), piece):
            found += _raws(reading.feed(content[at : at + piece]))
            assert reading.gap is None
    assert found == lines


def test_an_unfinished_line_is_let_go_and_comes_again_whole() -> None:
    reading = _reading()
    reading.begin(since=False, other_log=False)
    assert _raws(reading.feed(_text(_event(1)) + _event(2)[:20])) == [_event(1)]
    assert reading.unfinished_bytes == 20
    assert _read(reading, _event(1), _event(2), since=True) == [_event(2)]


def test_where_nothing_known_comes_again_and_all_is_newer_lines_are_missing() -> None:
    reading = _reading()
    _read(reading, *(_event(n) for n in range(10)))
    assert _read(reading, _event(50), _event(51), since=True) == [_event(50), _event(51)]
    reading.begin(since=True, other_log=False)
    reading.feed(_text(_event(90)))
    assert reading.gap is not None
    assert reading.gap.before == format_ns(_T + 90 * NS_PER_S)


def test_a_line_that_was_skipped_is_read_when_it_shows_and_the_streams_are_asked_about_it() -> None:
    reading = _reading()
    _read(reading, _event(1), _event(2), _event(4), _event(5))
    reading.begin(since=True, other_log=False)
    assert _raws(reading.feed(_text(*(_event(n) for n in range(1, 7))))) == [_event(3), _event(6)]
    assert reading.doubt_ns == _T + 3 * NS_PER_S
    assert reading.gap is None


def test_a_new_log_that_begins_with_the_last_line_leaves_no_hole() -> None:
    reading = _reading()
    _read(reading, *(_event(n) for n in range(30)))
    assert _read(reading, *(_event(n) for n in range(20, 33)), other_log=True) == [_event(30), _event(31), _event(32)]
    assert reading.gap is None


def test_a_new_log_that_begins_later_leaves_one() -> None:
    reading = _reading()
    _read(reading, *(_event(n) for n in range(30)))
    assert _read(reading, _event(28), _event(31), other_log=True) == [_event(31)]
    assert reading.gap is not None


def test_the_rest_of_a_line_from_before_the_time_asked_for_is_no_line() -> None:
    reading = _reading()
    _read(reading, *(_event(n) for n in range(10)))
    assert _read(reading, b'ess":{}}', *(_event(n) for n in range(5, 12)), since=True) == [_event(10), _event(11)]
    assert reading.cut_lines == 1


def test_parts_of_a_long_line_are_put_together() -> None:
    whole = json.dumps({"process_exec": {"arguments": "x" * 40_000}}).encode()
    parts = [whole[: 16 << 10], whole[16 << 10 : 32 << 10], whole[32 << 10 :]]
    reading = _reading()
    reading.begin(since=False, other_log=False)
    assert _raws(reading.feed(_text(*parts, _event(1)))) == [whole, _event(1)]


def test_parts_of_two_lines_are_not_put_together() -> None:
    whole = json.dumps({"process_exec": {"arguments": "x" * 40_000}}).encode()
    part = whole[: 16 << 10]
    reading = _reading()
    reading.begin(since=False, other_log=False)
    assert _raws(reading.feed(_text(part, _event(1)))) == [part, _event(1)]


def test_a_line_over_the_limit_is_cut_and_keeps_its_length() -> None:
    reading = _reading(limit=100_000)
    reading.begin(since=False, other_log=False)
    (fresh,) = reading.feed(b"x" * 200_000 + b"\n")
    assert fresh.size == 200_001
    assert fresh.digest


def test_at_the_end_of_an_ended_log_a_line_without_end_is_one() -> None:
    reading = _reading()
    reading.begin(since=False, other_log=False)
    reading.feed(_text(_event(1)) + _event(2))
    assert _raws(reading.finish()) == [_event(2)]


@given(st.binary(max_size=400))
def test_no_bytes_break_it(raw: bytes) -> None:
    reading = _reading()
    reading.begin(since=False, other_log=False)
    lines = _raws(reading.feed(raw + b"\n"))
    assert b"\n".join(lines) == raw


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'{"time":5}', b'{"time":"soon"}', b'{"time":"0001-01-01T00:00:00Z"}', b"[" * 9_000]
)
def test_a_line_without_a_time_has_none(raw: bytes) -> None:
    assert time_of(raw) == 0


def test_a_time_that_no_node_will_see_is_kept_as_far_as_it_can_be() -> None:
    reading = _reading()
    line = b'{"process_exec":{},"time":"9999-12-31T23:59:59.999999999Z"}'
    assert _read(reading, *[line] * 5) == [line] * 5

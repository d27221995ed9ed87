"""What a log hands over again is known by hashes; how far it is read, by times that several lines reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.collector.sources.kubernetes.recent_lines import (
    BACK_NS,
    MOST_HASHES,
    SAVED_HASHES,
    HashBudget,
    RecentLines,
    decode_hashes,
    encode_hashes,
    newest_time,
    short_hash,
)
from tocsin.model.timestamps import NS_PER_S

_T = 1_790_000_000 * NS_PER_S
_YEAR_9999 = 253_402_300_799 * NS_PER_S


def _filled(count: int, *, step_ns: int = NS_PER_S, budget: HashBudget | None = None) -> RecentLines:
    recent = RecentLines(budget or HashBudget())
    for number in range(count):
        recent.add(short_hash(b"%d" % number), _T + number * step_ns)
        recent.trim()
    return recent


def test_one_time_from_the_year_9999_or_from_1970_does_not_move_the_reach() -> None:
    times = [_T + n * NS_PER_S for n in range(32)]
    honest = newest_time(times)
    assert abs(newest_time([*times, _YEAR_9999]) - honest) <= NS_PER_S
    assert abs(newest_time([*times, 1]) - honest) <= NS_PER_S
    assert newest_time([_YEAR_9999] * 3 + times[:3]) <= times[2]


def test_a_clock_that_is_set_back_is_followed_after_a_few_lines() -> None:
    ahead = [_T + 3600 * NS_PER_S + n for n in range(32)]
    assert newest_time([*ahead, *[_T + n for n in range(4)]]) == _T + 3


@given(st.lists(st.integers(min_value=1, max_value=_YEAR_9999), max_size=80))
def test_the_reach_is_never_beyond_what_several_lines_reach(times: list[int]) -> None:
    found = newest_time(times)
    assert found == 0 or sum(time >= found for time in times[-32:]) >= 4


def test_only_the_lines_that_may_come_again_are_saved() -> None:
    recent = _filled(1_000)
    reach, hashes = recent.at(1_000) or (0, "")
    assert reach == recent.reach_ns
    found = list(decode_hashes(hashes))
    assert found == [short_hash(b"%d" % n) for n in range(1_000 - len(found), 1_000)]
    assert 2 * BACK_NS / NS_PER_S <= len(found) < 200


def test_lines_that_are_not_settled_are_not_saved() -> None:
    recent = _filled(100)
    _, hashes = recent.at(40) or (0, "")
    assert list(decode_hashes(hashes))[-1] == short_hash(b"39")


@pytest.mark.slow
def test_what_is_kept_and_saved_is_bounded() -> None:
    recent = _filled(MOST_HASHES + 10, step_ns=1)
    assert len(recent) <= MOST_HASHES
    _, hashes = recent.at(recent.number) or (0, "")
    assert len(decode_hashes(hashes)) == SAVED_HASHES
    assert recent.at(1) is None


def test_where_all_logs_together_have_no_room_each_keeps_what_it_saves() -> None:
    budget = HashBudget(most=100)
    recent = _filled(SAVED_HASHES + 500, step_ns=1, budget=budget)
    assert len(recent) <= SAVED_HASHES
    assert budget.used == len(recent)
    recent.close()
    assert budget.used == 0


@given(st.lists(st.binary(max_size=2), max_size=60), st.data())
def test_each_line_is_known_as_often_as_it_was_read(lines: list[bytes], data: st.DataObject) -> None:
    recent = RecentLines(HashBudget())
    for line in lines:
        recent.add(short_hash(line), 0)
    start = data.draw(st.integers(min_value=0, max_value=len(lines)))
    again = recent.expected_repeats()
    assert all(again.known(short_hash(line)) for line in lines[start:])
    assert again.done == (start < len(lines) or not lines) or lines.count(lines[-1]) != lines[start:].count(lines[-1])


@given(st.lists(st.integers(min_value=0, max_value=2**64 - 1), max_size=50))
def test_saved_hashes_come_back(hashes: list[int]) -> None:
    recent = RecentLines(HashBudget())
    for one in hashes:
        recent.add(one, 0)
    _, text = recent.at(len(hashes)) or (0, "")
    assert list(decode_hashes(text)) == hashes
    assert encode_hashes(decode_hashes(text)) == text


def test_damaged_hashes_are_none() -> None:
    assert not decode_hashes("no base64!")

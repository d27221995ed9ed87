"""Reading back begins where enough alerts of a severity follow, and not much earlier."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.window import backfill


@given(st.lists(st.booleans(), max_size=400), st.integers(1, 60), st.integers(1, 500))
async def test_reading_back_begins_where_enough_of_a_severity_lie(stream: list[bool], wanted: int, first: int) -> None:
    last = first + len(stream) - 1
    asked = 0

    async def count(seq: int) -> int:
        nonlocal asked
        asked += 1
        return sum(stream[max(0, seq - first) :])

    begin = await backfill.begin(first, last, wanted, count)
    held = sum(stream)
    found = sum(stream[begin - first :])
    assert begin >= first
    assert found >= min(held, wanted)
    assert begin == first or found <= wanted * (1 + backfill.SLACK) + 1
    assert asked <= 12

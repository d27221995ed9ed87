"""Times keep their nanoseconds, and are believed only where they can be true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.timestamps import NS_PER_S, believable, format_ns, parse_ns

NOW = 1_790_000_000 * NS_PER_S


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-01-01T00:00:00.1Z", 946_684_800_100_000_000),
        ("2026-11-23T03:53:34.813571130Z", 1_795_406_014_813_571_130),
        ("2026-11-23T04:53:34.813571130+01:00", 1_795_406_014_813_571_130),
        ("1969-12-31T23:59:59Z", -NS_PER_S),
        ("2026-02-30T00:00:00Z", None),
        ("2026-11-23 03:53:34Z", None),
        ("yesterday", None),
        ("", None),
        ("٢٠٢٦-11-23T03:53:34Z", None),
        ("2026-11-23T03:53:34.1234567890Z", None),
    ],
)
def test_rfc_3339_is_read_to_the_nanosecond(text: str, ns: int | None) -> None:
    assert parse_ns(text) == ns


@given(st.integers(-62_135_596_800 * NS_PER_S, 253_402_300_799 * NS_PER_S))
def test_a_written_time_reads_as_itself_with_nine_digits(ns: int) -> None:
    text = format_ns(ns)
    assert len(text) == 30
    assert parse_ns(text) == ns


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert parse_ns(text) is None or isinstance(parse_ns(text), int)


@pytest.mark.parametrize(
    ("ns", "true"),
    [
        (NOW, True),
        (NOW + 300 * NS_PER_S, True),
        (NOW + 300 * NS_PER_S + 1, False),
        (946_684_800 * NS_PER_S, True),
        (946_684_800 * NS_PER_S - 1, False),
        (-1, False),
        (None, False),
    ],
)
def test_a_time_before_2000_or_ahead_of_its_reading_is_not_believed(ns: int | None, true: bool) -> None:
    assert believable(ns, NOW) is true

"""Messages that NATS takes, and those that it never will."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.bus import TooLarge
from tocsin.bus.message_size import check_size

LIMIT = 1 << 20


@given(st.integers(0, LIMIT), st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=200), max_size=4))
def test_a_message_that_passes_is_below_the_limit_of_the_server(size: int, headers: dict[str, str]) -> None:
    lines = sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())
    try:
        check_size("s", bytes(size), headers, max_payload=LIMIT)
    except TooLarge:
        assert size + lines + 16 > LIMIT
    else:
        assert size + lines <= LIMIT


def test_headers_that_no_stream_stores_are_refused_whatever_the_server_takes() -> None:
    check_size("s", b"", {"a": "x" * 65_000}, max_payload=1 << 30)
    with pytest.raises(TooLarge, match="bytes of headers are more than a stream stores"):
        check_size("s", b"", {"a": "x" * 65_536}, max_payload=1 << 30)
    with pytest.raises(TooLarge, match="bytes of headers"):
        check_size("s", b"", {"a": "ä" * 33_000}, max_payload=1 << 30)


def test_the_error_names_the_subject_and_the_limit() -> None:
    with pytest.raises(TooLarge, match=r"^alerts\.low\.x: 1,048,577 bytes are more than the server's max_payload"):
        check_size("alerts.low.x", bytes(LIMIT + 1), {}, max_payload=LIMIT)

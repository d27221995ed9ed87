"""The frames that a client may send."""

import msgspec
import pytest

from tocsin.gateway.feed import frames


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("10s", 60), ("16m", 1_800), ("24h", 86_400), ("9d", 86_400)]
)
def test_a_window_is_rounded_up_to_one_that_is_kept(text: str, seconds: int) -> None:
    assert frames.window_s(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"k":1}',
        '{"k":"open","window":"x"}',
        '{"k":"view","rows":-1}',
        '{"k":"ack"}',
        "\udcff",
        '{"k":"open","x":' + "[" * 9_999,
    ],
)
def test_a_frame_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeError)):
        frames.decode(text)


def test_frames_and_fields_that_are_not_known_are_ignored() -> None:
    assert frames.decode('{"k":"dance"}') is None
    assert frames.decode('{"k":"open","more":[1]}') == frames.Open()

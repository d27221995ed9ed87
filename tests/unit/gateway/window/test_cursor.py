"""A cursor reads back as it was written, and other texts are not cursors."""

import pytest

from tocsin.gateway.window import cursor


def test_a_cursor_reads_back() -> None:
    epoch = cursor.epoch("2025-11-23T14:08:12.641999999Z")
    assert cursor.parse(cursor.render(epoch, 9_182_204)) == (epoch, 9_182_204)
    assert epoch != cursor.epoch("2025-11-23T14:08:12.642000000Z")


@pytest.mark.parametrize("text", ["", "a1f3", "a1f3:", ":1", "a1f3:-1", "A1:1", "a1:1 ", "a1:" + "9" * 20, "a1:٣"])
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert cursor.parse(text) is None

"""Dead letters that NATS certainly takes, whatever they are about."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.bus.dead_letters import (
    HASH_HEADER,
    KEPT_BYTES,
    LENGTH_HEADER,
    REASON_HEADER,
    SUBJECT_HEADER,
    dead_letter,
    one_line,
)

LIMIT = 1 << 20


def test_what_fits_is_kept_whole() -> None:
    payload, marks = dead_letter(b"abc", reason="no", subject="s", headers={"Tocsin-Node": "n"}, limit_bytes=LIMIT)
    assert payload == b"abc"
    assert marks == {"Tocsin-Node": "n", REASON_HEADER: "no", SUBJECT_HEADER: "s"}


def test_what_does_not_fit_is_cut_and_its_length_and_hash_are_told() -> None:
    whole = b"x" * (LIMIT + 1)
    payload, marks = dead_letter(whole, reason="no", subject="", headers={}, limit_bytes=LIMIT)
    assert payload == whole[:KEPT_BYTES]
    assert marks[LENGTH_HEADER] == str(len(whole))
    assert marks[HASH_HEADER] == hashlib.blake2b(whole, digest_size=16).hexdigest()


def test_who_cut_it_already_has_said_how_long_it_was() -> None:
    _, marks = dead_letter(b"x" * LIMIT, reason="no", subject="", headers={LENGTH_HEADER: "9"}, limit_bytes=LIMIT)
    assert marks[LENGTH_HEADER] == "9"


@pytest.mark.slow
@given(st.text(max_size=2000))
def test_any_text_becomes_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert 1 <= len(line) <= 512
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.slow
@given(st.text(), st.text(), st.dictionaries(st.sampled_from(["Tocsin-Node", "Tocsin-Cluster"]), st.text()))
def test_a_letter_never_exceeds_the_limit(reason: str, subject: str, headers: dict[str, str]) -> None:
    payload, marks = dead_letter(b"x" * LIMIT, reason=reason, subject=subject, headers=headers, limit_bytes=LIMIT)
    assert len(payload) + sum(len(name) + len(value) + 4 for name, value in marks.items()) < LIMIT

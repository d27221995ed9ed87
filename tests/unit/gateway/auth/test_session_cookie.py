"""Sessions: nobody can make or change one who does not know the token, and each ends in time."""

import hmac
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.auth import session_cookie, tokens
from tocsin.gateway.auth.tokens import Secret

KEY = b"k" * 32
OTHER = b"o" * 32
NOW_S = 1_800_000_000.0
HOUR_S = 3_600.0
SESSION = session_cookie.make(KEY, NOW_S, bytes(8))


def ends_s(session: str, *, key: bytes = KEY, now_s: float = NOW_S, lasts_s: float = HOUR_S) -> float | None:
    return session_cookie.ends_s(key, session, now_s, lasts_s)


def test_a_session_lasts_as_long_as_it_may() -> None:
    assert ends_s(SESSION) == NOW_S + HOUR_S
    assert ends_s(SESSION, now_s=NOW_S + HOUR_S - 1) == NOW_S + HOUR_S
    assert ends_s(SESSION, now_s=NOW_S + HOUR_S) is None
    assert ends_s(SESSION, now_s=NOW_S + 60, lasts_s=60) is None, "a shorter time holds for sessions that are there"


def test_a_session_of_the_future_is_none() -> None:
    assert ends_s(SESSION, now_s=NOW_S - 300) is not None, "another gateway's clock may be ahead"
    assert ends_s(SESSION, now_s=NOW_S - 301) is None


def test_another_token_ends_it() -> None:
    assert ends_s(SESSION, key=OTHER) is None


@given(st.integers(0, len(SESSION) - 1), st.characters())
def test_no_character_of_it_can_be_changed(place: int, instead: str) -> None:
    forged = SESSION[:place] + instead + SESSION[place + 1 :]
    assert (ends_s(forged) is None) == (forged != SESSION)


@given(st.text(max_size=4), st.integers(0, len(SESSION)), st.integers(0, 4))
def test_nothing_can_be_put_in_or_taken_out(more: str, place: int, less: int) -> None:
    forged = SESSION[:place] + more + SESSION[place + less :]
    assert (ends_s(forged) is None) == (forged != SESSION)


@given(st.integers(0, 10**12 - 1), st.binary(min_size=8, max_size=8))
def test_what_one_signed_at_another_time_does_not_sign_this(moment: int, nonce: bytes) -> None:
    signature = SESSION.rpartition(".")[2]
    forged = f"1.{moment}.{nonce.hex()}.{signature}"
    assert (ends_s(forged) is None) == (forged != SESSION)


@given(st.text())
def test_any_text_is_no_session(text: str) -> None:
    assert session_cookie.begun_s(KEY, text) is None


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**11), st.binary(min_size=8, max_size=8))
def test_what_was_made_is_known_again(key: bytes, moment: int, nonce: bytes) -> None:
    session = session_cookie.make(key, moment, nonce)
    assert session_cookie.begun_s(key, session) == moment
    assert session_cookie.begun_s(OTHER, session) is None


def test_sessions_that_ended_are_remembered_within_a_bound() -> None:
    ended = session_cookie.Ended()
    for number in range(5_000):
        ended.add(str(number))
    assert "4999" in ended
    assert "0" not in ended
    assert sum(str(number) in ended for number in range(5_000)) == 4_096


def test_tokens_and_signatures_are_compared_in_constant_time() -> None:
    for compares in (Secret.matches, session_cookie.begun_s):
        assert "hmac.compare_digest(" in inspect.getsource(compares)
        assert "==" not in inspect.getsource(compares)
    assert tokens.hmac is hmac


def test_a_token_is_known_and_never_shown() -> None:
    secret = Secret("  correct-horse-battery\n", "X")
    assert secret.matches("correct-horse-battery")
    for wrong in ("", "correct-horse-batter", "correct-horse-battery ", "Correct-horse-battery", "\udcff", "é"):
        assert not secret.matches(wrong)
    assert "horse" not in f"{secret!r}{secret.digest}{secret.key!r}"
    assert secret.key == Secret("correct-horse-battery", "Y").key != Secret("correct-horse-batterz", "X").key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least 16 characters, this has 0"),
        ("fifteen-letters", "at least 16 characters, this has 15"),
        ("   fifteen-letters   ", "this has 15"),
        ("a token with spaces", "printable ASCII"),
        ("sixteen-chars-é-è", "printable ASCII"),
        ("x" * 4_097, "at most 4096"),
    ],
)
def test_what_cannot_be_a_token_is_named_but_not_shown(text: str, why: str) -> None:
    with pytest.raises(tokens.SettingsError, match=f"^TOCSIN_X: .*{why}") as error:
        Secret(text, "TOCSIN_X")
    assert not text.strip() or text.strip() not in str(error.value)

"""Text for people: cut, printable, and with a hint for a misspelt word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import text


@given(st.text(), st.integers(1, 40))
def test_a_cut_text_is_no_longer_than_its_limit_and_says_that_it_was_cut(whole: str, limit: int) -> None:
    for cut in (text.truncate(whole, limit), text.truncate_middle(whole, limit)):
        assert len(cut) <= limit
        assert cut == whole or text.ELLIPSIS in cut


def test_a_text_is_cut_at_its_end_or_in_its_middle() -> None:
    assert text.truncate("abcdefg", 7) == "abcdefg"
    assert text.truncate("abcdefgh", 7) == "abcdef…"
    assert text.truncate_middle("abcdefg", 7) == "abcdefg"
    assert text.truncate_middle("abcdefgh", 7) == "abc…fgh"
    assert text.truncate_middle("abcdefgh", 6) == "abc…gh"


@given(st.text())
def test_a_printable_text_is_one_line_without_control_characters(whole: str) -> None:
    assert text.printable(whole).isprintable()
    assert text.printable(whole, mark="?").isprintable()
    assert len(text.printable(whole, mark="?")) == len(whole)


def test_what_a_terminal_obeys_is_escaped_or_marked() -> None:
    assert text.printable("a\x1b[31m\u202eb\n") == r"a\x1b[31m\u202eb\n"
    assert text.printable("a\x1b\nb", mark="?") == "a??b"
    assert text.printable("größe …") == "größe …"


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("hihg", ["low", "high"], "did you mean 'high'?"),
        ("HIGH", ["low", "high"], "did you mean 'high'?"),
        ("x", ["low", "high"], "known are high, low"),
        ("x", [], "there is none"),
        ("x", [f"k{n:02}" for n in range(18)], f"known are {', '.join(f'k{n:02}' for n in range(16))} and 2 more"),
    ],
)
def test_a_misspelt_word_gets_a_hint(word: str, known: list[str], hint: str) -> None:
    assert text.suggest(word, known) == hint


def test_alternatives_are_listed_up_to_a_number() -> None:
    assert text.either(["a", "b"], 2) == "a or b"
    assert text.either(["a", "b", "c"], 2) == "a or b …"

"""What a misspelt word most likely meant."""

import difflib
from collections.abc import Iterable

_LONGEST_WORD = 64
"""Longer words are cut before they are compared: the comparison is quadratic."""
_MOST_LISTED = 16
_MOST_COMPARED = 5_000


def near(word: str, known: Iterable[str]) -> str:
    """The known word most like *word*; empty where none is."""
    short = word[:_LONGEST_WORD]
    words = [name for name in known if len(name) <= _LONGEST_WORD][:_MOST_COMPARED]
    folded = {name.lower(): name for name in words}
    if short.lower() in folded:
        return folded[short.lower()]
    found = difflib.get_close_matches(short, words, n=1)
    return found[0] if found else ""


def hint(word: str, known: Iterable[str]) -> str:
    """``did you mean …?``, or else what there is to choose from."""
    words = list(known)
    found = near(word, words)
    if found:
        return f"did you mean {found!r}?"
    if not words:
        return "there is none"
    more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
    return f"known are {', '.join(sorted(words)[:_MOST_LISTED])}{more}"

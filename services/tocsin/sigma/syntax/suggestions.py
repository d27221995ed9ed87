"""Suggestions for misspelt words."""

import difflib
from collections.abc import Iterable

_LONGEST_WORD = 64
"""Longer words are cut before they are compared: the comparison is quadratic."""
_MOST_LISTED = 16
_MOST_COMPARED = 5_000


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is closest to *word*; empty if none is close."""
    short = word[:_LONGEST_WORD]
    words = [name for name in known if len(name) <= _LONGEST_WORD][:_MOST_COMPARED]
    folded = {name.lower(): name for name in words}
    if short.lower() in folded:
        return folded[short.lower()]
    matches = difflib.get_close_matches(short, words, n=1)
    return matches[0] if matches else ""


def hint(word: str, known: Iterable[str]) -> str:
    """``did you mean …?``, or the list of known words."""
    words = list(known)
    suggestion = closest(word, words)
    if suggestion:
        return f"did you mean {suggestion!r}?"
    if not words:
        return "there is none"
    more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
    return f"known are {', '.join(sorted(words)[:_MOST_LISTED])}{more}"

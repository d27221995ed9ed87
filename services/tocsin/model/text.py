"""Text for people: cut to a length, without characters that a terminal obeys, and with a hint for a misspelt word."""

import difflib
from collections.abc import Iterable, Sequence

ELLIPSIS = "…"

_LONGEST_WORD = 64
"""Longer words are cut before they are compared: the comparison is quadratic."""
_MOST_LISTED = 16
_MOST_COMPARED = 5_000


def truncate(text: str, limit: int) -> str:
    """*text* with *limit* characters at most; the last one is … if it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def truncate_middle(text: str, limit: int) -> str:
    """*text* with *limit* characters at most: of a longer one the beginning and the end, with … between them."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return text[: limit - 1 - tail] + ELLIPSIS + text[len(text) - tail :]


def printable(text: str, *, mark: str = "") -> str:
    """*text* on one line, with each control or formatting character escaped, or replaced by *mark* if there is one."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else mark or c.encode("unicode_escape").decode() for c in text)


def either(names: Sequence[str], limit: int) -> str:
    """The first *limit* of *names* as alternatives: ``a or b …``."""
    return " or ".join(names[:limit]) + (f" {ELLIPSIS}" if len(names) > limit else "")


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word most like *word*, whatever their case; empty if none is like it."""
    short = word[:_LONGEST_WORD]
    words = [name for name in known if len(name) <= _LONGEST_WORD][:_MOST_COMPARED]
    folded = {name.lower(): name for name in words}
    if short.lower() in folded:
        return folded[short.lower()]
    near = difflib.get_close_matches(short, words, n=1, cutoff=cutoff)
    return near[0] if near else ""


def suggest(word: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?``, or the known words if none is like *word*."""
    words = list(known)
    near = nearest(word, words)
    if near:
        return f"did you mean {str(near)!r}?"
    if not words:
        return "there is none"
    more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
    return f"known are {', '.join(sorted(words)[:_MOST_LISTED])}{more}"

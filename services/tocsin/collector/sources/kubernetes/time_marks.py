"""Up to where the streams were counted at earlier times of a log, thinned out with age. Pure."""

from collections.abc import Sequence

from tocsin.model.checkpoint import Mark

MOST_MARKS = 16


def add_mark(marks: Sequence[Mark], mark: Mark) -> list[Mark]:
    """*marks* with a newer one; where there are too many, the one goes whose neighbours are closest.

    Both ends stay, so that what is left reaches back as far and is dense where it is asked most.
    """
    if marks and marks[-1].reach_ns == mark.reach_ns:
        return list(marks)  # the older floors hold for all that came at this time
    found = [*marks, mark]
    if len(found) <= MOST_MARKS:
        return found
    newest = found[-1].reach_ns
    inner = range(1, len(found) - 1)

    def dispensable(index: int) -> float:
        age = abs(newest - found[index].reach_ns) + 1
        return abs(found[index + 1].reach_ns - found[index - 1].reach_ns) / age

    del found[min(inner, key=dispensable)]
    return found


def mark_before(marks: Sequence[Mark], time_ns: int) -> Mark | None:
    """The newest mark from before *time_ns*, else the oldest one: lines since stand above it in the streams."""
    older = [mark for mark in marks if mark.reach_ns <= time_ns]
    return older[-1] if older else (marks[0] if marks else None)

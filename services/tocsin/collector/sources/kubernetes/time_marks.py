"""Which sequences of the streams were counted when a log had reached a certain time; fewer marks with age. Pure."""

from collections.abc import Sequence

from tocsin.model.checkpoint import Mark

MOST_MARKS = 16


def add_mark(marks: Sequence[Mark], mark: Mark) -> list[Mark]:
    """*marks* with a newer one; if there are too many, the one whose neighbours are closest is removed.

    The first and the last mark always stay, so the marks reach back as far as before and are densest near the end.
    """
    if marks and marks[-1].reach_ns == mark.reach_ns:
        return list(marks)  # the older floors hold for all lines of this time
    result = [*marks, mark]
    if len(result) <= MOST_MARKS:
        return result
    newest = result[-1].reach_ns
    inner = range(1, len(result) - 1)

    def distance(index: int) -> float:
        age = abs(newest - result[index].reach_ns) + 1
        return abs(result[index + 1].reach_ns - result[index - 1].reach_ns) / age

    del result[min(inner, key=distance)]
    return result


def mark_before(marks: Sequence[Mark], time_ns: int) -> Mark | None:
    """The newest mark from before *time_ns*, else the oldest one: lines since then are above it in the streams."""
    older = [mark for mark in marks if mark.reach_ns <= time_ns]
    return older[-1] if older else (marks[0] if marks else None)

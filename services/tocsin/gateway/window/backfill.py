"""Finds where to start reading back, so that each severity's window is filled without reading the whole stream."""

from collections.abc import Awaitable, Callable

SLACK = 0.1
"""The search ends once at most this share too much would be read."""

Count = Callable[[int], Awaitable[int]]
"""Counts the messages from a sequence on."""


async def begin(first: int, last: int, rows: int, count: Count) -> int:
    """A sequence from which on at least *rows* messages follow, and few more; *first* if there are fewer.

    It counts about as often as *last* - *first* can be halved.
    """
    low, high = first, last + 1
    stored = await count(low)
    while stored > rows * (1 + SLACK) and high - low > 1:
        middle = (low + high) // 2
        rest = await count(middle)
        if rest >= rows:
            low, stored = middle, rest
        else:
            high = middle
    return low

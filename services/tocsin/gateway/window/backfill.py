"""Where to begin reading back, so that each severity's window is filled without reading the whole stream."""

from collections.abc import Awaitable, Callable

SLACK = 0.1
"""The search ends where at most this share too much would be read."""

Count = Callable[[int], Awaitable[int]]
"""How many messages there are from a sequence on."""


async def begin(first: int, last: int, wanted: int, count: Count) -> int:
    """A sequence from which on the newest *wanted* messages lie, and few more; *first* where there are not so many.

    It asks about as often as *last* - *first* can be halved.
    """
    low, high = first, last + 1
    held = await count(low)
    while held > wanted * (1 + SLACK) and high - low > 1:
        middle = (low + high) // 2
        rest = await count(middle)
        if rest >= wanted:
            low, held = middle, rest
        else:
            high = middle
    return low

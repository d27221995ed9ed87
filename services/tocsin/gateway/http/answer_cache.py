"""An answer that many clients share for a short time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class AnswerCache(Generic[T]):
    """The last answer of one query; clients that ask at the same time wait for one query."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._answer: T | None = None
        self._answered_at = 0.0
        """Seconds of the monotonic clock."""

    async def get(self, query: Callable[[], Awaitable[T]], *, max_age_s: float) -> T:
        """The answer, at most *max_age_s* old; *query* runs if there is none."""
        async with self._lock:
            if self._answer is None or time.monotonic() - self._answered_at > max_age_s:
                self._answer = await query()
                self._answered_at = time.monotonic()
            return self._answer

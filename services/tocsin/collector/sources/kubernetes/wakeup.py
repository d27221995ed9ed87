"""Waiting that may be cut short: for less time, or for none at all."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Wakeup:
    """What one task waits with, so that others can hurry it."""

    def __init__(self) -> None:
        self.stopping = False
        """Nothing is waited for any more."""
        self._timer: asyncio.Timeout | None = None
        self._hurried = False

    async def within(self, seconds: float, waiting: Awaitable[T]) -> T:
        """What comes, or `TimeoutError` after *seconds* or where it is hurried."""
        async with asyncio.timeout(0 if self.stopping else seconds) as self._timer:
            try:
                return await waiting
            finally:
                self._timer = None

    async def rest(self, seconds: float) -> None:
        """Wait *seconds*, or until hurried."""
        with contextlib.suppress(TimeoutError):
            await self.within(seconds, asyncio.sleep(seconds + 1.0))
        self.hurried()

    def hurry(self) -> None:
        """End the waiting of this moment, where there is any."""
        if self._timer is not None and not self._timer.expired():
            self._hurried = True
            self._timer.reschedule(asyncio.get_running_loop().time())

    def stop(self) -> None:
        """End all waiting for good."""
        self.stopping = True
        self.hurry()

    def hurried(self) -> bool:
        """Whether the last waiting was hurried, so that it should be looked again how long to wait."""
        hurried, self._hurried = self._hurried, False
        return hurried and not self.stopping

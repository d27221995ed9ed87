"""Waits that another task can end early, once or for good."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Wakeup:
    """One task waits with it; others can wake that task."""

    def __init__(self) -> None:
        self.stopping = False
        """Whether every wait ends at once."""
        self._timer: asyncio.Timeout | None = None
        self._woken = False

    async def within(self, seconds: float, waiting: Awaitable[T]) -> T:
        """The result of *waiting*; `TimeoutError` after *seconds*, or as soon as the task is woken."""
        async with asyncio.timeout(0 if self.stopping else seconds) as self._timer:
            try:
                return await waiting
            finally:
                self._timer = None

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*, or until woken."""
        with contextlib.suppress(TimeoutError):
            await self.within(seconds, asyncio.sleep(seconds + 1.0))
        self.was_woken()

    def wake(self) -> None:
        """End the current wait, if there is one."""
        if self._timer is not None and not self._timer.expired():
            self._woken = True
            self._timer.reschedule(asyncio.get_running_loop().time())

    def stop(self) -> None:
        """End the current wait and all further ones."""
        self.stopping = True
        self.wake()

    def was_woken(self) -> bool:
        """Whether `wake` ended the last wait; the caller then decides again how long to wait."""
        woken, self._woken = self._woken, False
        return woken and not self.stopping

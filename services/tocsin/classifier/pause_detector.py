"""Notices that this process stood still (a stopped container, a suspended machine)."""

import asyncio
import time

_TICK_S = 0.5


class PauseDetector:
    """Compares the time between two ticks with a limit."""

    def __init__(self, limit_s: float) -> None:
        """After a pause of *limit_s* the server may have given the messages of this process to another one."""
        self._limit_s = limit_s
        self._last = time.monotonic()
        self.paused = False
        """Whether there was a pause since the last `clear`."""

    def tick(self) -> None:
        """The process runs."""
        now = time.monotonic()
        self.paused = self.paused or now - self._last > self._limit_s
        self._last = now

    def clear(self) -> None:
        """The pause was dealt with."""
        self.paused, self._last = False, time.monotonic()

    async def run(self) -> None:
        """Until cancelled, tick."""
        while True:
            self.tick()
            await asyncio.sleep(min(_TICK_S, self._limit_s / 4))

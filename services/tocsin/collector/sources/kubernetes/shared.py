"""What all pods' sources share: the API server, their bounds, and how patient they are."""

import asyncio

from msgspec import Struct

from tocsin.collector.sources.kubernetes.api import KubeApi
from tocsin.collector.sources.kubernetes.recent_lines import HashBudget

_OPENINGS_S = 100.0
"""Logs that are opened in a second, at most."""
_LONG_LINES = 8
"""Logs that may be in the middle of a line of more than `LONG_BYTES` at once; the others wait for their turn."""
LONG_BYTES = 64 << 10


class Timeouts(Struct, frozen=True, kw_only=True):
    """How long what is waited for."""

    silence_s: float = 300.0
    """A log without a line for so long is opened anew."""
    unfinished_s: float = 30.0
    """So long a line may have no end."""
    leaving_s: float = 2.0
    """A pod that is gone is read until nothing has come for so long."""
    restarted_s: float = 5.0
    """After a restart the old container's log gets so long to end by itself."""
    replaced_s: float = 60.0
    """So long a deleted pod may be followed by another on its node, before what it took is told of."""
    most_backoff_s: float = 30.0
    """Between two attempts."""
    least_save_s: float = 2.0
    """Between two checkpoints of one log."""


class OpeningRate:
    """Turns, so many in a second, so that a thousand logs are not opened at once."""

    def __init__(self, per_s: float = _OPENINGS_S) -> None:
        self._step = 1.0 / per_s
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next one."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._step, now)
        if self._next > now:
            await asyncio.sleep(self._next - now)


class SharedResources:
    """One for all pods."""

    def __init__(self, api: KubeApi, *, container: str, limit: int, newest: bool, patience: Timeouts) -> None:
        """*limit* is the longest line; *newest* leaves out what was written before a pod was first seen."""
        self.api = api
        self.container = container
        self.limit = limit
        self.newest = newest
        self.patience = patience
        self.room = HashBudget()
        self.pace = OpeningRate()
        self.long_lines = asyncio.Semaphore(_LONG_LINES)
        self.opened = 0
        """How often a log was opened."""


class LongLineSlot:
    """One log's right to be in the middle of a long line."""

    def __init__(self, shared: SharedResources) -> None:
        self._semaphore = shared.long_lines
        self._held = False

    async def need(self, unfinished: int) -> None:
        """The line that is read has *unfinished* bytes: wait for a turn where that is much, else give it back."""
        if unfinished <= LONG_BYTES:
            self.release()
        elif not self._held:
            await self._semaphore.acquire()
            self._held = True

    def release(self) -> None:
        """It is not needed any more."""
        if self._held:
            self._held = False
            self._semaphore.release()

"""What all pod sources of one collector share: the API client, the limits and the time-outs."""

import asyncio

from msgspec import Struct

from tocsin.collector.sources.kubernetes.api import KubeApi
from tocsin.collector.sources.kubernetes.recent_lines import HashBudget

_OPENINGS_S = 100.0
"""Logs that are opened in a second, at most."""
_LONG_LINES = 8
"""Logs that may be in the middle of a line of more than `LONG_BYTES` at the same time; the others wait."""
LONG_BYTES = 64 << 10


class Timeouts(Struct, frozen=True, kw_only=True):
    """How long to wait for what, in seconds."""

    silence_s: float = 300.0
    """A log without a new line for this long is opened again."""
    unfinished_s: float = 30.0
    """A line may stay without its end for this long."""
    leaving_s: float = 2.0
    """The log of a deleted pod is read until nothing has come for this long."""
    restarted_s: float = 5.0
    """After a restart the log of the old container may be silent for this long before it is left."""
    replaced_s: float = 60.0
    """A deleted pod may be followed by another one on its node within this time; then its unread lines are reported."""
    most_backoff_s: float = 30.0
    """Between two attempts."""
    least_save_s: float = 2.0
    """Between two checkpoints of one log."""


class OpeningRate:
    """Spreads the opening of logs over time, so that a thousand are not opened at once."""

    def __init__(self, per_s: float = _OPENINGS_S) -> None:
        self._step = 1.0 / per_s
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until the next log may be opened."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._step, now)
        if self._next > now:
            await asyncio.sleep(self._next - now)


class SharedResources:
    """The API client, the limits and the time-outs; one instance for all pods."""

    def __init__(self, api: KubeApi, *, container: str, limit: int, newest: bool, timeouts: Timeouts) -> None:
        """*limit* is the longest line in bytes; *newest* skips lines from before a pod was first seen."""
        self.api = api
        self.container = container
        self.limit = limit
        self.newest = newest
        self.timeouts = timeouts
        self.hash_budget = HashBudget()
        self.opening_rate = OpeningRate()
        self.long_lines = asyncio.Semaphore(_LONG_LINES)
        self.opened = 0
        """Number of times a log was opened."""


class LongLineSlot:
    """One log's permission to be in the middle of a long line."""

    def __init__(self, shared: SharedResources) -> None:
        self._semaphore = shared.long_lines
        self._held = False

    async def update(self, unfinished_bytes: int) -> None:
        """Wait for the slot while the current line is long; release it otherwise."""
        if unfinished_bytes <= LONG_BYTES:
            self.release()
        elif not self._held:
            await self._semaphore.acquire()
            self._held = True

    def release(self) -> None:
        """Give the slot to another log."""
        if self._held:
            self._held = False
            self._semaphore.release()

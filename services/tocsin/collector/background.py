"""What goes on beside the reading of all sources: saving, looking, and settling doubts."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from tocsin.bus import Bus
from tocsin.collector.collecting import Collector
from tocsin.model.errors import BusError
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import RETRY_S

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_GATHER_S = 0.02
_TOGETHER = 16
"""Checkpoints that are saved at once,"""
_SAVES_S = 200.0
"""and in a second: a thousand sources take five."""
_NAMED = 3
"""Problems that are told in full; the others are counted."""


class Background:
    """Looks after all sources of this process."""

    def __init__(
        self, bus: Bus, health: Health, collectors: Callable[[], Sequence[Collector]], interval_s: float
    ) -> None:
        """*interval_s* is the pause between two saves of the same source."""
        self._bus = bus
        self._health = health
        self._collectors = collectors
        self._interval_s = interval_s
        self._doubt = asyncio.Event()

    def doubt(self) -> None:
        """Some source has a doubt to be settled."""
        self._doubt.set()

    async def keep_saving(self) -> None:
        """Until cancelled, save where the sources stand."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(self._interval_s / 2)
            own = list(self._collectors())
            failed = ""
            for start in range(0, len(own), _TOGETHER):
                some = own[start : start + _TOGETHER]
                saved = await asyncio.gather(*(one.save() for one in some))
                failed = failed or next((c.problem for c, ok in zip(some, saved, strict=True) if not ok), "")
                if len(own) > _TOGETHER:
                    await asyncio.sleep(len(some) / _SAVES_S)
            if failed:
                self._health.failing("checkpoint", failed)
            else:
                self._health.recovered("checkpoint")
            await asyncio.sleep(max(0.0, began + self._interval_s - time.monotonic()))

    async def keep_resolving(self) -> None:
        """Until cancelled, ask whose the messages are that PubAcks called duplicates."""
        while True:
            await self._doubt.wait()
            await asyncio.sleep(_GATHER_S)
            self._doubt.clear()
            for one in [c for c in self._collectors() if c.doubts]:
                try:
                    await one.resolve()
                except BusError as error:
                    log.warning("duplicates.unresolved", extra={"error": str(error)})
                    self._doubt.set()
                    await asyncio.sleep(RETRY_S)

    async def keep_looking(self, more: Callable[[], Sequence[str]] = tuple) -> None:
        """Until cancelled, let the sources hold on to what they read, and say how they are; *more* is said as well."""
        while True:
            problems = [problem for one in self._collectors() if (problem := one.look())]
            problems = [*more(), *problems]
            if problems:
                self._health.failing("source", together(problems))
            else:
                self._health.recovered("source")
            await asyncio.sleep(_LOOK_S)


def together(problems: Sequence[str]) -> str:
    """A few problems in full, and how many more there are."""
    own = list(dict.fromkeys(problems))
    rest = len(own) - _NAMED
    return "; ".join(own[:_NAMED]) + (f"; and {rest} more" if rest > 0 else "")

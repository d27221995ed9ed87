"""Tasks that run beside reading, for all sources: saving checkpoints, checking sources, resolving duplicates."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from tocsin.bus import Bus
from tocsin.collector.collector import Collector
from tocsin.model.errors import BusError
from tocsin.runtime.health import Health
from tocsin.runtime.stopping import RETRY_S

log = logging.getLogger(__name__)

_CHECK_S = 0.25
_GATHER_S = 0.02
_TOGETHER = 16
"""Checkpoints that are saved at the same time,"""
_SAVES_S = 200.0
"""and per second: a thousand sources take five seconds."""
_NAMED = 3
"""Problems that are shown in full; the others are counted."""


class Background:
    """The background tasks for all sources of this process."""

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
        """A collector has duplicates to resolve."""
        self._doubt.set()

    async def keep_saving(self) -> None:
        """Save the checkpoints of all sources, until cancelled."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(self._interval_s / 2)
            collectors = list(self._collectors())
            failed = ""
            for start in range(0, len(collectors), _TOGETHER):
                group = collectors[start : start + _TOGETHER]
                saved = await asyncio.gather(*(collector.save() for collector in group))
                failed = failed or next((c.problem for c, ok in zip(group, saved, strict=True) if not ok), "")
                if len(collectors) > _TOGETHER:
                    await asyncio.sleep(len(group) / _SAVES_S)
            if failed:
                self._health.failing("checkpoint", failed)
            else:
                self._health.recovered("checkpoint")
            await asyncio.sleep(max(0.0, began + self._interval_s - time.monotonic()))

    async def keep_resolving(self) -> None:
        """Find out who stored the messages that PubAcks called duplicates, until cancelled."""
        while True:
            await self._doubt.wait()
            await asyncio.sleep(_GATHER_S)
            self._doubt.clear()
            for collector in [c for c in self._collectors() if c.doubts]:
                try:
                    await collector.resolve()
                except BusError as error:
                    log.warning("duplicates.unresolved", extra={"error": str(error)})
                    self._doubt.set()
                    await asyncio.sleep(RETRY_S)

    async def keep_checking(self, more: Callable[[], Sequence[str]] = tuple) -> None:
        """Check all sources and report their problems and those of *more*, until cancelled."""
        while True:
            problems = [problem for collector in self._collectors() if (problem := collector.check())]
            problems = [*more(), *problems]
            if problems:
                self._health.failing("source", summary(problems))
            else:
                self._health.recovered("source")
            await asyncio.sleep(_CHECK_S)


def summary(problems: Sequence[str]) -> str:
    """The first few problems in full, and the number of the others."""
    distinct = list(dict.fromkeys(problems))
    rest = len(distinct) - _NAMED
    return "; ".join(distinct[:_NAMED]) + (f"; and {rest} more" if rest > 0 else "")

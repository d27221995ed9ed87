"""Reads the classifier's backlog and pauses the reading of all sources while EVENTS has no free space."""

import asyncio
import contextlib
import logging
import time

from tocsin.bus import Bus, streams
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.pressure import Pressure
from tocsin.model.errors import BusError
from tocsin.runtime.health import Health

log = logging.getLogger(__name__)

_ASK_INTERVAL_S = 2.0
_ASK_AGAIN_S = 0.02
_ANSWER_LASTS_S = 8.0
"""An answer takes up to 5 s if JetStream is slow, and the next request follows 2 s later."""


class Backlog:
    """Whether EVENTS has free space, according to the last answer."""

    def __init__(self, bus: Bus, counters: CollectorMetrics, health: Health) -> None:
        """No request is sent before `ask`; until the first answer reading is blocked."""
        self.pressure = Pressure(answer_lasts_s=_ANSWER_LASTS_S)
        self._bus = bus
        self._counters = counters
        self._health = health
        self._requested = asyncio.Event()
        self._answered = asyncio.Event()
        self._evicted_to = 0
        """First sequence of EVENTS that is not logged as evicted unread."""

    @property
    def blocked(self) -> bool:
        """Whether nothing may be read now."""
        return self.pressure.must_ask or bool(self.pressure.full(time.monotonic()))

    def note_published(self) -> None:
        """A message was published; request an answer once many were."""
        if self.pressure.wants_answer:
            self._requested.set()

    def report(self) -> None:
        """Report in health, log and metrics whether reading is paused, and why."""
        why = self.pressure.full(time.monotonic())
        if why:
            self._health.failing("pressure", f"reading is paused: {why}")
        if bool(why) == self._counters.paused:
            return
        self._counters.paused = bool(why)
        if why:
            log.warning("reading.paused", extra={"why": why})
        else:
            log.warning("reading.resumed", extra={"backlog_bytes": self.pressure.backlog_bytes})
            self._health.recovered("pressure")

    async def wait(self, timeout_s: float) -> None:
        """Wait for an answer, at most *timeout_s*."""
        if self.pressure.must_ask:
            self._requested.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._answered.wait()

    async def keep_asking(self) -> None:
        """Ask every 2 s, and sooner if much is published, until cancelled."""
        while True:
            await asyncio.sleep(_ASK_AGAIN_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_INTERVAL_S):
                    await self._requested.wait()
            self._requested.clear()
            await self.ask()
            answered, self._answered = self._answered, asyncio.Event()
            answered.set()

    async def ask(self) -> None:
        """Ask once; without an answer reading is blocked after a few seconds."""
        self.pressure.asks()
        try:
            stream = await self._bus.stream(streams.EVENTS)
            consumer = await self._bus.consumer(streams.EVENTS, streams.CLASSIFIER)
        except BusError as error:
            self.pressure.fails(str(error))
            return
        self._log_eviction(consumer.ack_floor.stream_seq, stream.state.first_seq)
        self.pressure.answer(
            time.monotonic(),
            waiting=consumer.num_pending + consumer.num_ack_pending,
            messages=stream.state.messages,
            stream_bytes=stream.state.bytes,
            max_bytes=_int(stream.config.get("max_bytes")),
        )

    def _log_eviction(self, answered: int, first: int) -> None:
        """Log the events that the stream dropped before the classifier answered; the ledger counts them as lost."""
        if first > max(answered + 1, self._evicted_to):
            log.error("events.evicted", extra={"from_seq": max(answered + 1, self._evicted_to), "to_seq": first - 1})
            self._evicted_to = first


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0

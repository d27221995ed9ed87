"""Asks for the classifier's backlog, and holds all reading back while there is no room: one for all sources."""

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
"""An answer takes up to 5 s where JetStream is slow, and the next one is asked for 2 s later."""


class Backlog:
    """Whether EVENTS has room, as far as the last answer tells."""

    def __init__(self, bus: Bus, tally: CollectorMetrics, health: Health) -> None:
        """Nothing is asked before `ask`; until then there is no room."""
        self.pressure = Pressure(answer_lasts_s=_ANSWER_LASTS_S)
        self._bus = bus
        self._tally = tally
        self._health = health
        self._wanted = asyncio.Event()
        self._answered = asyncio.Event()
        self._evicted_to = 0
        """First sequence of EVENTS that is not known to be evicted unread."""

    @property
    def crowded(self) -> bool:
        """Whether nothing may be read now."""
        return self.pressure.must_ask or bool(self.pressure.full(time.monotonic()))

    def heed(self) -> None:
        """Something was published: ask where that is enough to ask for."""
        if self.pressure.wants_answer:
            self._wanted.set()

    def tell(self) -> None:
        """Say whether reading is held back, and why."""
        why = self.pressure.full(time.monotonic())
        if why:
            self._health.failing("pressure", f"reading is paused: {why}")
        if bool(why) == self._tally.paused:
            return
        self._tally.paused = bool(why)
        if why:
            log.warning("reading.paused", extra={"why": why})
        else:
            log.warning("reading.resumed", extra={"backlog_bytes": self.pressure.backlog_bytes})
            self._health.recovered("pressure")

    async def change(self, timeout_s: float) -> None:
        """Wait for an answer, at most *timeout_s*."""
        if self.pressure.must_ask:
            self._wanted.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._answered.wait()

    async def keep_asking(self) -> None:
        """Until cancelled, ask every 2 s, and sooner where much is published."""
        while True:
            await asyncio.sleep(_ASK_AGAIN_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_INTERVAL_S):
                    await self._wanted.wait()
            self._wanted.clear()
            await self.ask()
            answered, self._answered = self._answered, asyncio.Event()
            answered.set()

    async def ask(self) -> None:
        """Ask once; where no answer comes, that is what is told."""
        self.pressure.asks()
        try:
            stream = await self._bus.stream(streams.EVENTS)
            consumer = await self._bus.consumer(streams.EVENTS, streams.CLASSIFIER)
        except BusError as error:
            self.pressure.fails(str(error))
            return
        self._note_eviction(consumer.ack_floor.stream_seq, stream.state.first_seq)
        self.pressure.answer(
            time.monotonic(),
            waiting=consumer.num_pending + consumer.num_ack_pending,
            messages=stream.state.messages,
            stream_bytes=stream.state.bytes,
            max_bytes=_whole(stream.config.get("max_bytes")),
        )

    def _note_eviction(self, answered: int, first: int) -> None:
        """Say which events the stream dropped before the classifier answered them; the ledger counts them as lost."""
        if first > max(answered + 1, self._evicted_to):
            log.error("events.evicted", extra={"from_seq": max(answered + 1, self._evicted_to), "to_seq": first - 1})
            self._evicted_to = first


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0

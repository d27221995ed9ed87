"""Publishing what a message led to, in the order that the promise rests on: the record, then the alert."""

import logging
import time
from collections.abc import Callable

from tocsin.bus import Bus, Message, TooLarge
from tocsin.correlator import readback
from tocsin.correlator.alert_builder import raising
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.signal_reader import Outcome, SignalReader
from tocsin.model.errors import BusUnavailable
from tocsin.runtime.logs import Sparingly
from tocsin.sigma.correlation import CorrelationEngine

log = logging.getLogger(__name__)

_FLUSH_S = 5.0


class Publisher:
    """What leaves the correlator; each method returns once it is stored."""

    def __init__(self, bus: Bus, tally: CorrelatorMetrics, stopping: Callable[[], bool]) -> None:
        """*stopping*: nobody waits for NATS any more."""
        self._bus = bus
        self._tally = tally
        self._stopping = stopping
        self._buried: set[str] = set()
        """Ids of what is buried already."""
        self._warnings = Sparingly()

    async def prepare(self) -> None:
        """Learn where the streams stand, and what is buried."""
        await self._bus.recheck_in(readback.RESULTS)
        self._buried = await readback.buried(self._bus)

    async def stand(self) -> None:
        """Learn anew where the streams stand: what is asked after a long break begins there."""
        await self._bus.recheck_in(readback.RESULTS)

    async def restore(self, windows: CorrelationEngine, *, position: int, same_stream: bool) -> int:
        """Tell *windows* what was raised, publish again what has no alert; how many records may have lacked one."""
        unsettled = await readback.restore(self._bus, windows, position=position, same_stream=same_stream)
        for raised in await readback.missing(self._bus, unsettled):
            await self._bus.publish(raised.subject, bytes(raised.alert), id=raised.id)
            self._tally.republished += 1
            log.warning("alert.republished", extra={"id": raised.id, "rule": raised.rule})
        await self._settled()
        return len(unsettled)

    async def settle(self, outcome: Outcome, message: Message, reading: SignalReader) -> None:
        """Do what *outcome* asks for."""
        if outcome.why:
            await self._bury(message, outcome.why)
        if outcome.firings:
            await self._raise(outcome, message, reading)

    async def _raise(self, outcome: Outcome, message: Message, reading: SignalReader) -> None:
        now_ns = time.time_ns()
        made = [
            raising(each, reading.judging.titles, counted=each.correlation.id in reading.counted, now_ns=now_ns)
            for each in outcome.firings
        ]
        try:
            for one in made:
                self._bus.check_size(one.record_subject, one.record, id=one.id)
        except TooLarge as error:
            await self._bury(message, str(error))
            return
        for one in made:
            await self._bus.publish(one.record_subject, one.record, id=one.id)
        await self._settled()
        for one in made:
            await self._bus.publish(one.alert_subject, one.alert, id=one.id)
        await self._settled()
        for firing in outcome.firings:
            self._tally.hit(firing.correlation.id, firing.correlation.severity)

    async def _bury(self, message: Message, why: str) -> None:
        id = message.id or f"{message.stream}.{message.seq}"
        if id in self._buried:
            return
        self._buried.add(id)
        self._tally.dead += 1
        held_back = self._warnings.allow()
        if held_back is not None:
            log.error("signal.undecodable", extra={"seq": message.seq, "error": why, "not_logged": held_back})
        await self._bus.dead_letters.publish(message.payload, id=id, reason=why, subject=message.subject)
        await self._settled()

    async def _settled(self) -> None:
        """Until all that was published is stored; `BusUnavailable` where we are to stop and it is not."""
        while not await self._bus.flush(_FLUSH_S):
            if self._stopping():
                raise BusUnavailable("stopped before NATS had stored what was raised; a restart raises it")

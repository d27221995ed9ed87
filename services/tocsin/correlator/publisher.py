"""Publishes the results of a message in the order that the promise needs: first the record, then the alert."""

import logging
import time
from collections.abc import Callable

from tocsin.bus import Bus, Message, TooLarge
from tocsin.correlator import readback
from tocsin.correlator.alert_builder import build
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.signal_reader import Outcome, SignalReader
from tocsin.model.errors import BusUnavailable
from tocsin.runtime.logs import Sparingly
from tocsin.sigma.correlation import CorrelationEngine

log = logging.getLogger(__name__)

_FLUSH_S = 5.0


class Publisher:
    """Publishes records, alerts and dead letters; each method returns once they are stored."""

    def __init__(self, bus: Bus, metrics: CorrelatorMetrics, stopping: Callable[[], bool]) -> None:
        """*stopping* says whether the service stops, so that it no longer waits for NATS."""
        self._bus = bus
        self._metrics = metrics
        self._stopping = stopping
        self._dead_lettered: set[str] = set()
        """Ids of stored dead letters."""
        self._warnings = Sparingly()

    async def prepare(self) -> None:
        """Read the last sequences of the streams, and the ids of the dead letters."""
        await self._bus.recheck_in(readback.RESULTS)
        self._dead_lettered = await readback.dead_letter_ids(self._bus)

    async def recheck(self) -> None:
        """Read the last sequences of the streams again: checks after a long break start there."""
        await self._bus.recheck_in(readback.RESULTS)

    async def restore(self, engine: CorrelationEngine, *, position: int, same_stream: bool) -> int:
        """Restore past firings in *engine*, and publish alerts that are missing.

        Returns how many records may have had no alert.
        """
        unsettled = await readback.restore(self._bus, engine, position=position, same_stream=same_stream)
        for raised in await readback.missing(self._bus, unsettled):
            await self._bus.publish(raised.subject, bytes(raised.alert), id=raised.id)
            self._metrics.republished += 1
            log.warning("alert.republished", extra={"id": raised.id, "rule": raised.rule})
        await self._flush()
        return len(unsettled)

    async def settle(self, outcome: Outcome, message: Message, reader: SignalReader) -> None:
        """Publish what *outcome* holds."""
        if outcome.reason:
            await self._dead_letter(message, outcome.reason)
        if outcome.firings:
            await self._raise(outcome, message, reader)

    async def _raise(self, outcome: Outcome, message: Message, reader: SignalReader) -> None:
        now_ns = time.time_ns()
        publications = [
            build(each, reader.active.titles, is_referred_to=each.correlation.id in reader.referred_to, now_ns=now_ns)
            for each in outcome.firings
        ]
        try:
            for publication in publications:
                self._bus.check_size(publication.record_subject, publication.record, id=publication.id)
        except TooLarge as error:
            await self._dead_letter(message, str(error))
            return
        for publication in publications:
            await self._bus.publish(publication.record_subject, publication.record, id=publication.id)
        await self._flush()
        for publication in publications:
            await self._bus.publish(publication.alert_subject, publication.alert, id=publication.id)
        await self._flush()
        for firing in outcome.firings:
            self._metrics.hit(firing.correlation.id, firing.correlation.severity)

    async def _dead_letter(self, message: Message, reason: str) -> None:
        id = message.id or f"{message.stream}.{message.seq}"
        if id in self._dead_lettered:
            return
        self._dead_lettered.add(id)
        self._metrics.dead += 1
        not_logged = self._warnings.allow()
        if not_logged is not None:
            log.error("signal.undecodable", extra={"seq": message.seq, "error": reason, "not_logged": not_logged})
        await self._bus.dead_letters.publish(message.payload, id=id, reason=reason, subject=message.subject)
        await self._flush()

    async def _flush(self) -> None:
        """Wait until everything is stored; `BusUnavailable` if the service stops before that."""
        while not await self._bus.flush(_FLUSH_S):
            if self._stopping():
                raise BusUnavailable("stopped before NATS had stored what was raised; a restart raises it")

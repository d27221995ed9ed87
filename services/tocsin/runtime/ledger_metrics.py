"""The ledger as metrics, so that an alarm can fire if the counts of the stages differ or a reader is absent."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Set

from tocsin.bus import Bus, streams
from tocsin.model.errors import TocsinError
from tocsin.runtime import ledger
from tocsin.runtime.ledger import Ledger, Reader
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.stopping import wait_or_stop

INTERVAL_S = 30.0
_TAKE_S = 20.0
_HOPS = {
    "source": "source",
    "collector to EVENTS": "events",
    "collector to its dead letters": "letters",
    "EVENTS to ALERTS": "alerts",
    "SIGNALS to the correlator": "signals",
}
"""The beginning of a line's hop to its label: the name of a source is never in a label."""


class LedgerMetrics:
    """The last ledger that could be taken."""

    def __init__(self, metrics: Metrics) -> None:
        """There are no metrics before the first ledger."""
        self._metrics = metrics
        self._taken_at: float | None = None
        metrics.observe(self._age)

    async def keep(self, bus: Bus, stop: asyncio.Event, *, interval_s: float = INTERVAL_S) -> None:
        """Take the ledger every *interval_s* until *stop* is set; if that fails, the age of the last one grows."""
        while not stop.is_set():
            with contextlib.suppress(TocsinError, TimeoutError):
                async with asyncio.timeout(_TAKE_S):
                    taken = await ledger.take(bus)
                    used = {(reader.stream, reader.name) for reader in taken.readers if await _is_used(bus, reader)}
                    sizes = {name: await _sizes(bus, name) for name in streams.NAMES}
                self.update(taken, used, sizes)
            await wait_or_stop(stop, interval_s)

    def update(self, taken: Ledger, used: Set[tuple[str, str]], sizes: Mapping[str, tuple[int, int]]) -> None:
        """Set the metrics from *taken*, with the bytes that each stream has and may have.

        Only readers in *used* (stream and name) have metrics: a SIEM that was never connected waits for ever.
        """
        self._taken_at = time.monotonic()
        gauge = self._metrics.gauge
        gauge("tocsin_ledger_balanced", "Whether the counts of all stages agree.").set(float(taken.balanced))
        for hop, (difference, beyond) in _differences(taken).items():
            text = "What is missing at a hop, below 0 what is there twice; while events run also what is under way."
            gauge("tocsin_ledger_difference_messages", text, hop=hop).set(difference)
            text = "Of that, what is not under way."
            gauge("tocsin_ledger_unexplained_messages", text, hop=hop).set(beyond)
        for reader in taken.readers:
            if (reader.stream, reader.name) not in used:
                continue
            labels = {"stream": reader.stream, "reader": reader.name}
            gauge("tocsin_reader_waiting_messages", "What a durable reader has not answered.", **labels).set(
                reader.waiting
            )
            text = "Messages that were dropped before a durable reader had them."
            gauge("tocsin_reader_evicted_messages", text, **labels).set(reader.evicted_unread)
        for name, (held, limit) in sizes.items():
            gauge("tocsin_stream_bytes", "What a stream holds.", stream=name).set(held)
            gauge("tocsin_stream_limit_bytes", "What a stream may hold; 0 is unbounded.", stream=name).set(limit)

    def _age(self) -> None:
        if self._taken_at is not None:
            age_s = round(time.monotonic() - self._taken_at, 1)
            self._metrics.gauge("tocsin_ledger_age_seconds", "Since the ledger was taken.").set(age_s)


def _differences(taken: Ledger) -> dict[str, tuple[int, int]]:
    """Hop to its difference and to the part of it that is not under way, over all sources."""
    differences: dict[str, tuple[int, int]] = {}
    for line in taken.lines:
        hop = next((label for start, label in _HOPS.items() if line.hop.startswith(start)), "")
        if hop:
            difference, beyond = differences.get(hop, (0, 0))
            differences[hop] = (difference + line.difference, beyond + (0 if line.balanced else abs(line.difference)))
    return differences


async def _is_used(bus: Bus, reader: Reader) -> bool:
    """Whether a service of Tocsin reads there, or another client ever has."""
    if reader.stream not in (streams.ALERTS, streams.ALERTS_KEPT):
        return True
    return (await bus.consumer(reader.stream, reader.name)).delivered.consumer_seq > 0


async def _sizes(bus: Bus, name: str) -> tuple[int, int]:
    stream = await bus.stream(name)
    limit = stream.config.get("max_bytes")
    return stream.state.bytes, limit if isinstance(limit, int) and limit > 0 else 0

"""The ledger as metrics, so that an alarm can go off where the counts of the hops do not agree or a reader is away."""

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
"""What a line's hop begins with, to what the label says: a source's own name never stands in a label."""


class LedgerMetrics:
    """The last ledger that could be taken."""

    def __init__(self, metrics: Metrics) -> None:
        """Nothing is told before the first one."""
        self._metrics = metrics
        self._taken_at: float | None = None
        metrics.observe(self._age)

    async def keep(self, bus: Bus, stop: asyncio.Event, *, interval_s: float = INTERVAL_S) -> None:
        """Take the ledger every *interval_s* until *stop* is set; where it cannot be taken, what is told grows old."""
        while not stop.is_set():
            with contextlib.suppress(TocsinError, TimeoutError):
                async with asyncio.timeout(_TAKE_S):
                    taken = await ledger.take(bus)
                    used = {(own.stream, own.name) for own in taken.readers if await _is_used(bus, own)}
                    sizes = {name: await _sizes(bus, name) for name in streams.NAMES}
                self.tell(taken, used, sizes)
            await wait_or_stop(stop, interval_s)

    def tell(self, taken: Ledger, used: Set[tuple[str, str]], sizes: Mapping[str, tuple[int, int]]) -> None:
        """Put *taken* into the metrics, with what each stream holds and may hold (bytes).

        Of the readers only those *used* (stream and name) are told: a SIEM that nobody has waits for ever.
        """
        self._taken_at = time.monotonic()
        gauge = self._metrics.gauge
        gauge("tocsin_ledger_balanced", "Whether the counts of all hops agree.").set(float(taken.balanced))
        for hop, (difference, beyond) in _differences(taken).items():
            text = "What is missing at a hop, below 0 what is there twice; while events run also what is under way."
            gauge("tocsin_ledger_difference_messages", text, hop=hop).set(difference)
            text = "Of that, what is not under way."
            gauge("tocsin_ledger_unexplained_messages", text, hop=hop).set(beyond)
        for own in taken.readers:
            if (own.stream, own.name) not in used:
                continue
            labels = {"stream": own.stream, "reader": own.name}
            gauge("tocsin_reader_waiting_messages", "What a durable reader has not answered.", **labels).set(
                own.waiting
            )
            text = "Messages that were dropped before a durable reader had them."
            gauge("tocsin_reader_evicted_messages", text, **labels).set(own.evicted_unread)
        for name, (held, limit) in sizes.items():
            gauge("tocsin_stream_bytes", "What a stream holds.", stream=name).set(held)
            gauge("tocsin_stream_limit_bytes", "What a stream may hold; 0 is unbounded.", stream=name).set(limit)

    def _age(self) -> None:
        if self._taken_at is not None:
            age_s = round(time.monotonic() - self._taken_at, 1)
            self._metrics.gauge("tocsin_ledger_age_seconds", "Since the ledger was taken.").set(age_s)


def _differences(taken: Ledger) -> dict[str, tuple[int, int]]:
    """Hop to its difference and to the part that is beyond what may be under way, over all sources."""
    found: dict[str, tuple[int, int]] = {}
    for line in taken.lines:
        hop = next((label for start, label in _HOPS.items() if line.hop.startswith(start)), "")
        if hop:
            difference, beyond = found.get(hop, (0, 0))
            found[hop] = (difference + line.difference, beyond + (0 if line.balanced else abs(line.difference)))
    return found


async def _is_used(bus: Bus, own: Reader) -> bool:
    """Whether a service of ours reads there, or somebody ever has."""
    if own.stream not in (streams.ALERTS, streams.ALERTS_KEPT):
        return True
    return (await bus.consumer(own.stream, own.name)).delivered.consumer_seq > 0


async def _sizes(bus: Bus, name: str) -> tuple[int, int]:
    stream = await bus.stream(name)
    limit = stream.config.get("max_bytes")
    return stream.state.bytes, limit if isinstance(limit, int) and limit > 0 else 0

"""What the collector counts while it runs, and the metrics made of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tocsin.collector.pressure import Pressure
from tocsin.collector.sources.base import Source
from tocsin.model.checkpoint import Counts
from tocsin.runtime.metrics import Metrics


class CollectorMetrics:
    """Numbers of this process; those of the source's whole history are in the account."""

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        self.dead: dict[str, int] = {}
        """By class of reason: a few words of our own, nothing that a line could choose."""
        self.redacted: dict[str, int] = {}
        """Values that were replaced, by class of secret."""
        self.paused = False

    def died(self, kind: str) -> None:
        """One line more is no event."""
        self.dead[kind] = self.dead.get(kind, 0) + 1

    def redacts(self, found: Mapping[str, int]) -> None:
        """So many values of each class were replaced in one line."""
        for kind, number in found.items():
            self.redacted[kind] = self.redacted.get(kind, 0) + number


class HasPressure(Protocol):
    """What asks for the backlog."""

    pressure: Pressure


def watch(
    metrics: Metrics,
    tally: CollectorMetrics,
    counts: Callable[[], Sequence[Counts]],
    unsettled: Callable[[], int],
    sources: Callable[[], Sequence[Source]],
    backlog: HasPressure,
) -> None:
    """Let *metrics* tell the tally, what became of all lines, the sources and the pressure."""

    def counter(name: str, help: str, value: int, **labels: str) -> None:
        metrics.counter(f"tocsin_collector_{name}_total", help, **labels).value = value

    def gauge(name: str, help: str, value: float) -> None:
        metrics.gauge(f"tocsin_collector_{name}", help).set(value)

    def refresh() -> None:
        own, read = counts(), sources()
        counter("received_lines", "Lines read by this process.", tally.lines)
        counter("received_bytes", "Bytes read by this process, line ends included.", tally.bytes)
        for kind, number in tally.dead.items():
            counter("undecodable_lines", "Lines that are no event, by class of reason.", number, reason=kind)
        for kind, number in tally.redacted.items():
            counter("redacted_values", "Secrets replaced before publishing, by class.", number, kind=kind)
        for name, help, value in _SUMS:
            counter(name, help, sum(value(one) for one in own))
        counter("read_errors", "Failed reads.", sum(source.read_errors for source in read))
        gauge("unsettled_lines", "Lines read and not acknowledged yet.", unsettled())
        gauge("lag_bytes", "Bytes written and not read yet.", sum(source.lag_bytes for source in read))
        gauge("backlog_bytes", "What the classifier has not answered.", backlog.pressure.backlog_bytes)
        gauge("paused", "Whether reading waits for the classifier.", float(tally.paused))

    metrics.observe(refresh)


_SUMS: tuple[tuple[str, str, Callable[[Counts], int]], ...] = (
    ("stored_events", "Events of this source in EVENTS, over all runs.", lambda c: c.stored),
    ("dead_letters", "Dead letters of this source, over all runs.", lambda c: c.dead),
    ("repeated_lines", "Lines that were stored already, over all runs.", lambda c: c.repeated),
    ("skipped_lines", "Empty lines, over all runs.", lambda c: c.skipped),
    ("vanished_files", "Files gone before they were read to their end, over all runs.", lambda c: c.vanished_files),
    ("vanished_bytes", "What was not read of them, where known.", lambda c: c.vanished_bytes),
    (
        "unread_intervals",
        "Times that lines were written to a log and could not be read, an unknown number each time, over all runs.",
        lambda c: c.unread_intervals,
    ),
)

"""What the collector counts while it runs, and the metrics made of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tocsin.collector.pressure import Pressure
from tocsin.collector.sources.base import Source
from tocsin.model import metric_names
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
        metrics.counter(name, help, **labels).value = value

    def gauge(name: str, help: str, value: float) -> None:
        metrics.gauge(name, help).set(value)

    def refresh() -> None:
        own, read = counts(), sources()
        counter(metric_names.COLLECTOR_RECEIVED_LINES, "Lines read by this process.", tally.lines)
        counter(metric_names.COLLECTOR_RECEIVED_BYTES, "Bytes read by this process, line ends included.", tally.bytes)
        for kind, number in tally.dead.items():
            counter(
                "tocsin_collector_undecodable_lines_total",
                "Lines that are no event, by class of reason.",
                number,
                reason=kind,
            )
        for kind, number in tally.redacted.items():
            counter(
                "tocsin_collector_redacted_values_total",
                "Secrets replaced before publishing, by class.",
                number,
                kind=kind,
            )
        for name, help, value in _SUMS:
            counter(name, help, sum(value(one) for one in own))
        counter("tocsin_collector_read_errors_total", "Failed reads.", sum(source.read_errors for source in read))
        gauge(metric_names.COLLECTOR_UNSETTLED_LINES, "Lines read and not acknowledged yet.", unsettled())
        gauge(
            metric_names.COLLECTOR_LAG_BYTES,
            "Bytes written and not read yet.",
            sum(source.lag_bytes for source in read),
        )
        gauge("tocsin_collector_backlog_bytes", "What the classifier has not answered.", backlog.pressure.backlog_bytes)
        gauge("tocsin_collector_paused", "Whether reading waits for the classifier.", float(tally.paused))

    metrics.observe(refresh)


_SUMS: tuple[tuple[str, str, Callable[[Counts], int]], ...] = (
    (metric_names.COLLECTOR_STORED_EVENTS, "Events of this source in EVENTS, over all runs.", lambda c: c.stored),
    (metric_names.COLLECTOR_DEAD_LETTERS, "Dead letters of this source, over all runs.", lambda c: c.dead),
    ("tocsin_collector_repeated_lines_total", "Lines that were stored already, over all runs.", lambda c: c.repeated),
    ("tocsin_collector_skipped_lines_total", "Empty lines, over all runs.", lambda c: c.skipped),
    (
        metric_names.COLLECTOR_VANISHED_FILES,
        "Files gone before they were read to their end, over all runs.",
        lambda c: c.vanished_files,
    ),
    (metric_names.COLLECTOR_VANISHED_BYTES, "What was not read of them, where known.", lambda c: c.vanished_bytes),
    (
        "tocsin_collector_unread_intervals_total",
        "Times that lines were written to a log and could not be read, an unknown number each time, over all runs.",
        lambda c: c.unread_intervals,
    ),
)

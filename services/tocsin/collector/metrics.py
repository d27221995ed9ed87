"""The collector's counters and the metrics that show them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tocsin.collector.pressure import Pressure
from tocsin.collector.sources.base import Source
from tocsin.model import metric_names
from tocsin.model.checkpoint import Counts
from tocsin.runtime.metrics import Metrics


class CollectorMetrics:
    """Counters of this process; the counts over all runs of a source are in its account."""

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        self.dead: dict[str, int] = {}
        """Dead letters by class of reason: a fixed set of words, which no line can influence."""
        self.redacted: dict[str, int] = {}
        """Replaced values by class of secret."""
        self.paused = False

    def add_dead(self, kind: str) -> None:
        """Count a line that is not an event."""
        self.dead[kind] = self.dead.get(kind, 0) + 1

    def add_redacted(self, values: Mapping[str, int]) -> None:
        """Count the values of each class that were replaced in one line."""
        for kind, number in values.items():
            self.redacted[kind] = self.redacted.get(kind, 0) + number


class HasPressure(Protocol):
    """The backlog, as far as metrics need it."""

    pressure: Pressure


def watch(
    metrics: Metrics,
    counters: CollectorMetrics,
    counts: Callable[[], Sequence[Counts]],
    unsettled: Callable[[], int],
    sources: Callable[[], Sequence[Source]],
    backlog: HasPressure,
) -> None:
    """Register the metrics of the counters, the accounts, the sources and the backlog."""

    def counter(name: str, help: str, value: int, **labels: str) -> None:
        metrics.counter(name, help, **labels).value = value

    def gauge(name: str, help: str, value: float) -> None:
        metrics.gauge(name, help).set(value)

    def refresh() -> None:
        totals, current = counts(), sources()
        counter(metric_names.COLLECTOR_RECEIVED_LINES, "Lines read by this process.", counters.lines)
        counter(
            metric_names.COLLECTOR_RECEIVED_BYTES, "Bytes read by this process, line ends included.", counters.bytes
        )
        for kind, number in counters.dead.items():
            counter(
                "tocsin_collector_undecodable_lines_total",
                "Lines that are not an event, by class of reason.",
                number,
                reason=kind,
            )
        for kind, number in counters.redacted.items():
            counter(
                "tocsin_collector_redacted_values_total",
                "Secrets replaced before publishing, by class.",
                number,
                kind=kind,
            )
        for name, help, value in _SUMS:
            counter(name, help, sum(value(each) for each in totals))
        counter("tocsin_collector_read_errors_total", "Failed reads.", sum(source.read_errors for source in current))
        gauge(metric_names.COLLECTOR_UNSETTLED_LINES, "Lines read and not acknowledged yet.", unsettled())
        gauge(
            metric_names.COLLECTOR_LAG_BYTES,
            "Bytes written and not read yet.",
            sum(source.lag_bytes for source in current),
        )
        gauge(
            "tocsin_collector_backlog_bytes",
            "Bytes of EVENTS that the classifier has not acknowledged.",
            backlog.pressure.backlog_bytes,
        )
        gauge("tocsin_collector_paused", "Whether reading waits for the classifier (1 or 0).", float(counters.paused))

    metrics.observe(refresh)


_SUMS: tuple[tuple[str, str, Callable[[Counts], int]], ...] = (
    (metric_names.COLLECTOR_STORED_EVENTS, "Events of this source in EVENTS, over all runs.", lambda c: c.stored),
    (metric_names.COLLECTOR_DEAD_LETTERS, "Dead letters of this source, over all runs.", lambda c: c.dead),
    ("tocsin_collector_repeated_lines_total", "Lines that were already stored, over all runs.", lambda c: c.repeated),
    ("tocsin_collector_skipped_lines_total", "Empty lines, over all runs.", lambda c: c.skipped),
    (
        metric_names.COLLECTOR_VANISHED_FILES,
        "Files that vanished before they were read to the end, over all runs.",
        lambda c: c.vanished_files,
    ),
    (
        metric_names.COLLECTOR_VANISHED_BYTES,
        "Unread bytes of vanished files, as far as known.",
        lambda c: c.vanished_bytes,
    ),
    (
        "tocsin_collector_unread_intervals_total",
        "Gaps in logs: intervals in which an unknown number of lines was lost, over all runs.",
        lambda c: c.unread_intervals,
    ),
)

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

    def refresh() -> None:
        _count(metrics, counters)
        totals, current = counts(), sources()
        for name, help, value in _SUMS:
            metrics.counter(name, help).value = sum(value(each) for each in totals)
        errors = metrics.counter("tocsin_collector_read_errors_total", "Failed reads.")
        errors.value = sum(source.read_errors for source in current)
        lag = metrics.gauge(metric_names.COLLECTOR_LAG_BYTES, "Bytes written and not read yet.")
        lag.set(sum(source.lag_bytes for source in current))
        metrics.gauge(metric_names.COLLECTOR_UNSETTLED_LINES, "Lines read and not acknowledged yet.").set(unsettled())
        help = "Bytes of EVENTS that the classifier has not acknowledged."
        metrics.gauge("tocsin_collector_backlog_bytes", help).set(backlog.pressure.backlog_bytes)
        help = "Whether reading waits for the classifier (1 or 0)."
        metrics.gauge("tocsin_collector_paused", help).set(float(counters.paused))

    metrics.observe(refresh)


def _count(metrics: Metrics, counters: CollectorMetrics) -> None:
    """Set the metrics of this process's counters."""
    metrics.counter(metric_names.COLLECTOR_RECEIVED_LINES, "Lines read by this process.").value = counters.lines
    help = "Bytes read by this process, line ends included."
    metrics.counter(metric_names.COLLECTOR_RECEIVED_BYTES, help).value = counters.bytes
    help = "Lines that are not an event, by class of reason."
    for kind, number in counters.dead.items():
        metrics.counter("tocsin_collector_undecodable_lines_total", help, reason=kind).value = number
    help = "Secrets replaced before publishing, by class."
    for kind, number in counters.redacted.items():
        metrics.counter("tocsin_collector_redacted_values_total", help, kind=kind).value = number


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

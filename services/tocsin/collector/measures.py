"""What the collector counts while it runs, and the metrics made of it."""

from collections.abc import Callable

from tocsin.collector.account import Account
from tocsin.collector.pressure import Pressure
from tocsin.collector.sources.base import Source
from tocsin.runtime.metrics import Metrics


class Tally:
    """Numbers of this process; those of the source's whole history are in the account."""

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        self.dead: dict[str, int] = {}
        """By class of reason: a few words of our own, nothing that a line could choose."""
        self.paused = False

    def died(self, kind: str) -> None:
        """One line more is no event."""
        self.dead[kind] = self.dead.get(kind, 0) + 1


def watch(metrics: Metrics, tally: Tally, account: Callable[[], Account], source: Source, pressure: Pressure) -> None:
    """Let *metrics* tell the tally, the account, the source and the pressure."""

    def counter(name: str, help: str, value: int, **labels: str) -> None:
        metrics.counter(f"tocsin_collector_{name}_total", help, **labels).value = value

    def gauge(name: str, help: str, value: float) -> None:
        metrics.gauge(f"tocsin_collector_{name}", help).set(value)

    def refresh() -> None:
        own = account()
        counter("received_lines", "Lines read by this process.", tally.lines)
        counter("received_bytes", "Bytes read by this process, line ends included.", tally.bytes)
        for kind, number in tally.dead.items():
            counter("undecodable_lines", "Lines that are no event, by class of reason.", number, reason=kind)
        counter("stored_events", "Events of this source in EVENTS, over all runs.", own.stored)
        counter("dead_letters", "Dead letters of this source, over all runs.", own.dead)
        counter("repeated_lines", "Lines that were stored already, over all runs.", own.repeated)
        counter("skipped_lines", "Empty lines, over all runs.", own.skipped)
        counter("vanished_files", "Files gone before they were read to their end, over all runs.", own.vanished_files)
        counter("vanished_bytes", "What was not read of them, where known.", own.vanished_bytes)
        counter("read_errors", "Failed reads.", source.read_errors)
        gauge("unsettled_lines", "Lines read and not acknowledged yet.", len(own))
        gauge("lag_bytes", "Bytes written and not read yet.", source.lag_bytes)
        gauge("backlog_bytes", "What the classifier has not answered.", pressure.backlog_bytes)
        gauge("paused", "Whether reading waits for the classifier.", float(tally.paused))

    metrics.observe(refresh)

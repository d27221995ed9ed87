"""What the correlator counts while it runs, and the metrics and the report made of it."""

from collections import Counter as Counting

import msgspec

from tocsin.correlator.correlation_set import CorrelationSet
from tocsin.model import metric_names
from tocsin.model.rule_report import RuleReport
from tocsin.model.severity import Severity
from tocsin.runtime.metrics import Metrics
from tocsin.sigma.authoring.rule_state import stated
from tocsin.sigma.correlation import CorrelationEngine, Counts

_TOTALS = {
    "late": ("tocsin_correlator_late_signals_total", "Signals too old to be counted, for each correlation once."),
    "missing": (
        "tocsin_correlator_unkeyed_signals_total",
        "Signals without a value that is grouped by or counted, for each correlation once.",
    ),
    "repeated": (
        "tocsin_correlator_repeated_windows_total",
        "Satisfied windows of a correlation that kept silent after firing.",
    ),
}


class CorrelatorMetrics:
    """Numbers of this process; what is counted while windows are rebuilt was counted before, and is left out."""

    def __init__(self, metrics: Metrics) -> None:
        self.received = self.replayed = self.duplicates = self.dead = self.republished = self.anew = self.lost = 0
        self.lag = self.seq = 0
        """Messages of SIGNALS that wait, and the last one dealt with."""
        self.partial = False
        self.unsaved = False
        self.raised: Counting[Severity] = Counting()
        self._hits: Counting[str] = Counting()
        self._windows = CorrelationEngine(())
        self._seen: dict[str, Counts] = {}
        """Of the present windows, what was counted already, or is not to be."""
        self._seen_duplicates = 0
        self._live = False
        self._totals: Counting[str] = Counting()
        self._evicted: Counting[str] = Counting()
        self._metrics = metrics
        metrics.observe(self._refresh)

    def watch(self, windows: CorrelationEngine) -> None:
        """Count what *windows* count, once `live` is called."""
        self._take()
        self._windows, self._live = windows, False

    def live(self) -> None:
        """From now on what comes was not counted before."""
        self._live = True
        self._seen = {id: msgspec.structs.replace(own) for id, own in self._windows.counts().items()}
        self._seen_duplicates = self._windows.duplicates

    def hit(self, rule: str, severity: Severity) -> None:
        """One alert more."""
        self._hits[rule] += 1
        self.raised[severity] += 1

    def totals(self) -> dict[str, int]:
        """What the position keeps over all runs."""
        return {"signals": self.received, "raised": self.raised.total(), "dead": self.dead}

    def book(self, judging: CorrelationSet, *, service: str, instance: str, now: str, loaded: str) -> RuleReport:
        """The report on the correlations that count since *loaded*."""
        return RuleReport(
            service=service,
            instance=instance,
            time=now,
            hash=judging.hash,
            loaded=loaded,
            rules=[stated(each, hits=self._hits[each.id]) for each in judging.correlations],
            problems=list(judging.problems),
        )

    def _take(self) -> None:
        """Add what the windows have counted since the last time."""
        if not self._live:
            return
        none = Counts()
        for id, own in self._windows.counts().items():
            before = self._seen.get(id, none)
            for field in _TOTALS:
                self._totals[field] += getattr(own, field) - getattr(before, field)
            self._evicted[id] += own.evicted - before.evicted
            self._seen[id] = msgspec.structs.replace(own)
        self.duplicates += self._windows.duplicates - self._seen_duplicates
        self._seen_duplicates = self._windows.duplicates

    def _refresh(self) -> None:
        self._take()

        def counter(name: str, help: str, value: int, **labels: str) -> None:
            self._metrics.counter(name, help, **labels).value = value

        def gauge(name: str, help: str, value: float) -> None:
            self._metrics.gauge(name, help).set(value)

        counter(metric_names.CORRELATOR_RECEIVED_SIGNALS, "Signals taken from SIGNALS, each once.", self.received)
        counter("tocsin_correlator_replayed_signals_total", "Signals read again to rebuild windows.", self.replayed)
        counter(
            "tocsin_correlator_duplicate_signals_total", "Signals that came before and were left out.", self.duplicates
        )
        counter("tocsin_correlator_undecodable_signals_total", "Messages of SIGNALS that could not be read.", self.dead)
        for severity in Severity:
            counter(
                metric_names.CORRELATOR_RAISED_ALERTS, "Alerts raised.", self.raised[severity], severity=severity.value
            )
        counter(
            "tocsin_correlator_republished_alerts_total",
            "Alerts that a restart found recorded and not stored.",
            self.republished,
        )
        for field, (name, help) in _TOTALS.items():
            counter(name, help, self._totals[field])
        for id, evicted in self._evicted.items():
            if evicted:
                counter("tocsin_correlator_evicted_keys_total", "Keys forgotten for want of room.", evicted, rule=id)
        counter("tocsin_correlator_lost_positions_total", "Times that SIGNALS was read anew.", self.anew)
        counter(
            metric_names.CORRELATOR_UNREAD_SIGNALS, "Messages that SIGNALS dropped before they were read.", self.lost
        )
        gauge("tocsin_correlator_correlations", "Correlations that count.", len(self._windows.correlations))
        gauge(
            "tocsin_correlator_keys",
            "Keys that are remembered.",
            sum(own.keys for own in self._windows.counts().values()),
        )
        gauge("tocsin_correlator_position", "The last message of SIGNALS that is dealt with.", self.seq)
        gauge(metric_names.CORRELATOR_LAG_MESSAGES, "Messages of SIGNALS that wait.", self.lag)
        gauge("tocsin_correlator_partial", "Whether windows lack signals that are gone.", float(self.partial))
        gauge("tocsin_correlator_unsaved", "Whether the position cannot be saved.", float(self.unsaved))

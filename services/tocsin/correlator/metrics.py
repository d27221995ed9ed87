"""The counters of the correlator, and the metrics and the rule report built from them."""

from collections import Counter as Counting

import msgspec

from tocsin.correlator.correlation_set import CorrelationSet
from tocsin.model import metric_names
from tocsin.model.rule_report import RuleReport
from tocsin.model.severity import Severity
from tocsin.runtime.metrics import Metrics
from tocsin.sigma.authoring.rule_state import state_of
from tocsin.sigma.correlation import CorrelationEngine, Counts

_TOTALS = {
    "late": ("tocsin_correlator_late_signals_total", "Signals that were too old to count, once per correlation."),
    "missing": (
        "tocsin_correlator_unkeyed_signals_total",
        "Signals without a group-by value or counted value, once per correlation.",
    ),
    "repeated": (
        "tocsin_correlator_repeated_windows_total",
        "Complete windows of a correlation that was silent after an earlier firing.",
    ),
}


class CorrelatorMetrics:
    """Counters of this process, without signals that are only read again to rebuild windows."""

    def __init__(self, metrics: Metrics) -> None:
        self.received = self.replayed = self.duplicates = self.dead = self.republished = self.resets = self.lost = 0
        self.lag = self.seq = 0
        """Waiting messages of SIGNALS, and the sequence of the last finished one."""
        self.partial = False
        self.unsaved = False
        self.raised: Counting[Severity] = Counting()
        self._hits: Counting[str] = Counting()
        self._engine = CorrelationEngine(())
        self._counted: dict[str, Counts] = {}
        """Counts of the current engine that are in the totals already, or must not get there."""
        self._counted_duplicates = 0
        self._live = False
        self._totals: Counting[str] = Counting()
        self._evicted: Counting[str] = Counting()
        self._metrics = metrics
        metrics.observe(self._refresh)

    def watch(self, engine: CorrelationEngine) -> None:
        """Add the counts of *engine* to the totals, from the call of `live` on."""
        self._update()
        self._engine, self._live = engine, False

    def live(self) -> None:
        """The rebuild is over: from now on every signal is a new one."""
        self._live = True
        self._counted = {id: msgspec.structs.replace(counts) for id, counts in self._engine.counts().items()}
        self._counted_duplicates = self._engine.duplicates

    def hit(self, rule: str, severity: Severity) -> None:
        """Count one raised alert."""
        self._hits[rule] += 1
        self.raised[severity] += 1

    def totals(self) -> dict[str, int]:
        """The counts that the position adds up over all runs."""
        return {"signals": self.received, "raised": self.raised.total(), "dead": self.dead}

    def report(self, active: CorrelationSet, *, service: str, instance: str, now: str, loaded: str) -> RuleReport:
        """The report on the correlations that are active since *loaded*."""
        return RuleReport(
            service=service,
            instance=instance,
            time=now,
            hash=active.hash,
            loaded=loaded,
            rules=[state_of(each, hits=self._hits[each.id]) for each in active.correlations],
            problems=list(active.problems),
        )

    def _update(self) -> None:
        """Add what the engine has counted since the last update."""
        if not self._live:
            return
        nothing = Counts()
        for id, counts in self._engine.counts().items():
            before = self._counted.get(id, nothing)
            for field in _TOTALS:
                self._totals[field] += getattr(counts, field) - getattr(before, field)
            self._evicted[id] += counts.evicted - before.evicted
            self._counted[id] = msgspec.structs.replace(counts)
        self.duplicates += self._engine.duplicates - self._counted_duplicates
        self._counted_duplicates = self._engine.duplicates

    def _refresh(self) -> None:
        self._update()
        self._set_counters()
        self._set_gauges()

    def _set_counters(self) -> None:
        def counter(name: str, help: str, value: int, **labels: str) -> None:
            self._metrics.counter(name, help, **labels).value = value

        counter(
            metric_names.CORRELATOR_RECEIVED_SIGNALS, "Signals received from SIGNALS, each counted once.", self.received
        )
        counter("tocsin_correlator_replayed_signals_total", "Signals read again to rebuild windows.", self.replayed)
        counter("tocsin_correlator_duplicate_signals_total", "Repeated signals that were ignored.", self.duplicates)
        counter("tocsin_correlator_undecodable_signals_total", "Messages of SIGNALS that could not be read.", self.dead)
        for severity in Severity:
            counter(
                metric_names.CORRELATOR_RAISED_ALERTS, "Alerts raised.", self.raised[severity], severity=severity.value
            )
        counter(
            "tocsin_correlator_republished_alerts_total",
            "Alerts that were recorded but not stored before a restart.",
            self.republished,
        )
        for field, (name, help) in _TOTALS.items():
            counter(name, help, self._totals[field])
        for id, evicted in self._evicted.items():
            if evicted:
                counter(
                    "tocsin_correlator_evicted_keys_total",
                    "Keys dropped because a correlation had too many.",
                    evicted,
                    rule=id,
                )
        counter(
            "tocsin_correlator_lost_positions_total", "Times that SIGNALS was read from its beginning.", self.resets
        )
        counter(
            metric_names.CORRELATOR_UNREAD_SIGNALS, "Messages that SIGNALS dropped before they were read.", self.lost
        )

    def _set_gauges(self) -> None:
        def gauge(name: str, help: str, value: float) -> None:
            self._metrics.gauge(name, help).set(value)

        gauge("tocsin_correlator_correlations", "Active correlations.", len(self._engine.correlations))
        gauge(
            "tocsin_correlator_keys", "Keys in memory.", sum(counts.keys for counts in self._engine.counts().values())
        )
        gauge("tocsin_correlator_position", "Sequence of the last finished message of SIGNALS.", self.seq)
        gauge(metric_names.CORRELATOR_LAG_MESSAGES, "Messages of SIGNALS that are waiting.", self.lag)
        gauge(
            "tocsin_correlator_partial", "1 while windows lack signals that SIGNALS has dropped.", float(self.partial)
        )
        gauge("tocsin_correlator_unsaved", "1 while the position cannot be saved.", float(self.unsaved))

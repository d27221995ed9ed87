"""The counters of the classifier."""

from tocsin.classifier.outbox import Outbox
from tocsin.model import metric_names
from tocsin.model.severity import Severity
from tocsin.runtime.metrics import Metrics

_LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


class ClassifierMetrics:
    """What became of the events of this replica."""

    def __init__(self, metrics: Metrics, outbox: Outbox) -> None:
        self.held = 0
        """Redelivered events that wait for an answer of the streams."""
        counter = metrics.counter
        self.received = counter(metric_names.CLASSIFIER_RECEIVED_EVENTS, "Events received from EVENTS.")
        self.dead = counter(metric_names.CLASSIFIER_DEAD_LETTERS, "Events that became dead letters.")
        self.redelivered = counter("tocsin_classifier_redelivered_events_total", "Events delivered more than once.")
        self.repeated = counter("tocsin_classifier_repeated_events_total", "Events whose alert was stored already.")
        self.published = {
            severity: counter(metric_names.CLASSIFIER_PUBLISHED_ALERTS, "Alerts stored.", severity=severity.value)
            for severity in Severity
        }
        self.lag = metrics.histogram(
            metric_names.CLASSIFIER_EVENT_LAG, "From the collector's reading to judgement.", _LAG_BUCKETS
        )
        held = metrics.gauge(
            metric_names.CLASSIFIER_HELD_EVENTS, "Redelivered events that wait for the streams' answer."
        )
        signals = counter("tocsin_classifier_published_signals_total", "Events that correlations count.")
        waiting = metrics.gauge(
            metric_names.CLASSIFIER_WAITING_ALERTS, "Alerts that wait until their signal is stored."
        )

        def observe() -> None:
            held.set(self.held)
            signals.value = outbox.sent_signals
            waiting.set(len(outbox))

        metrics.observe(observe)

"""Counters of each rule and silence since this instance started, and the rule report built from them."""

from collections import Counter as Counting

from tocsin.classifier.judge import Judgement
from tocsin.classifier.policy_set import PolicySet
from tocsin.model.rule_report import RuleReport, RuleState, SilenceState
from tocsin.runtime.metrics import Metrics
from tocsin.sigma.authoring.rule_state import state_of
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule


class RuleCounters:
    """Counts by id, so that a rule keeps its count when the rules are loaded again."""

    def __init__(self, metrics: Metrics) -> None:
        self._hits: Counting[str] = Counting()
        self._failures: Counting[str] = Counting()
        self._last_failure: dict[str, str] = {}
        self._hidden: dict[str, Counting[str]] = {}
        counter = metrics.counter
        self._matched = counter("tocsin_classifier_matched_rules_total", "Rules that matched an event.")
        self._failed = counter(
            "tocsin_classifier_failed_rules_total", "Rules that failed for an event and were skipped."
        )
        self._silenced = counter("tocsin_classifier_silenced_alerts_total", "Alerts whose severity a silence lowered.")

    def count(self, judgement: Judgement) -> None:
        """Count the rules and the silence of *judgement*."""
        alert = judgement.alert
        for hit in alert.rules:
            self._hits[hit.id] += 1
            self._matched.value += 1
        for id in alert.signals:
            if not any(hit.id == id for hit in alert.rules):
                self._hits[id] += 1
        for id, error in judgement.failed:
            self._failures[id] += 1
            self._last_failure[id] = error
            self._failed.value += 1
        if alert.silenced_by:
            self._hidden.setdefault(alert.silenced_by, Counting())[alert.unsilenced_severity] += 1
            self._silenced.value += 1

    def is_first_failure(self, id: str) -> bool:
        """Whether the rule has failed only once so far."""
        return self._failures[id] == 1

    def report(
        self, policies: PolicySet, *, service: str, instance: str, now: str, now_ns: int, loaded: str
    ) -> RuleReport:
        """The report on *policies*, which are active since *loaded*."""
        rules = policies.rules
        return RuleReport(
            service=service,
            instance=instance,
            time=now,
            hash=policies.hash,
            loaded=loaded,
            rules=[*map(self._rule, rules.rules), *map(self._rule, rules.correlations)],
            silences=[self._silence(filter, now_ns) for filter in rules.silences],
            problems=list(policies.problems),
        )

    def _rule(self, rule: Rule | Correlation) -> RuleState:
        id = rule.id
        return state_of(
            rule, hits=self._hits[id], failures=self._failures[id], last_failure=self._last_failure.get(id, "")
        )

    def _silence(self, filter: Filter, now_ns: int) -> SilenceState:
        silence = filter.silence
        if silence is None:
            raise ValueError(f"{filter.id} is no silence")
        return SilenceState(
            id=filter.id,
            title=filter.title,
            owner=silence.owner,
            reason=silence.reason,
            expires=silence.expires,
            expired=silence.expires_ns <= now_ns,
            hidden=dict(self._hidden.get(filter.id, {})),
        )

"""The active policy set: built again in a thread when a file changes, and swapped between two events."""

import asyncio
import logging
import time

from tocsin.bus import Bus
from tocsin.classifier import policy_set
from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.rule_counters import RuleCounters
from tocsin.classifier.settings import Settings
from tocsin.model.rule_report import RuleProblem, RuleReport
from tocsin.model.timestamps import format_ns
from tocsin.runtime import rule_report_publisher
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.policy_files import Content, Policies
from tocsin.runtime.reload import reloads

log = logging.getLogger(__name__)

_NAMED = 20
"""This many problems are logged one by one."""


class PolicyReloader:
    """Holds the active policy set, loads it again, and reports on it."""

    def __init__(
        self, policies: Policies, first: PolicySet, settings: Settings, metrics: Metrics, health: Health
    ) -> None:
        self.active = first
        self.counters = RuleCounters(metrics)
        self._policies = policies
        self._profile = settings.profile
        self._health = health
        self._changed = asyncio.Event()
        self._loaded = format_ns(time.time_ns())
        self._reloads = metrics.counter("tocsin_classifier_reloads_total", "Activations of a changed policy set.")
        self._logged_expired: set[str] = set()
        """Ids of expired silences that are logged already."""
        loaded = metrics.gauge("tocsin_classifier_rules", "Active rules.")
        refused = metrics.gauge("tocsin_classifier_rule_problems", "Rule documents that failed to load.")
        expired = metrics.gauge("tocsin_classifier_expired_silences", "Expired silences, which have no effect.")

        def observe() -> None:
            loaded.set(len(self.active.rules.rules))
            refused.set(len(self.active.problems))
            expired.set(self._expired())

        metrics.observe(observe)
        _log_problems(first.problems)

    async def follow(self) -> None:
        """Until cancelled, load the policies whenever their files change; an error in them does not end it."""
        async for built, took_s in reloads(self._policies, self._build, self._health):
            self.active = built
            self._loaded = format_ns(time.time_ns())
            self._reloads.value += 1
            log.info(
                "rules.loaded",
                extra={
                    "rules": len(built.rules.rules),
                    "hash": built.hash,
                    "took_s": round(took_s, 3),
                },
            )
            _log_problems(built.problems)
            self._changed.set()

    async def publish_reports(self, bus: Bus, stop: asyncio.Event) -> None:
        """Publish reports on the active rules until *stop* is set."""
        await rule_report_publisher.publish_reports(bus, lambda: self._report(bus), self._changed, stop)

    def _build(self, content: Content) -> PolicySet:
        return policy_set.build(content, self._profile, self.active)

    def _report(self, bus: Bus) -> RuleReport:
        now_ns = time.time_ns()
        return self.counters.report(
            self.active,
            service=bus.service,
            instance=bus.instance,
            now=format_ns(now_ns),
            now_ns=now_ns,
            loaded=self._loaded,
        )

    def _expired(self) -> int:
        """The number of expired silences; each is logged once."""
        now_ns = time.time_ns()
        expired = [f for f in self.active.rules.silences if f.silence is not None and f.silence.expires_ns <= now_ns]
        for filter in expired:
            if filter.id not in self._logged_expired and filter.silence is not None:
                self._logged_expired.add(filter.id)
                facts = {"silence": filter.id, "title": filter.title, "expires": filter.silence.expires}
                log.warning("silence.expired", extra=facts)
        return len(expired)


def _log_problems(problems: tuple[RuleProblem, ...]) -> None:
    for problem in problems[:_NAMED]:
        log.error(
            "rule.refused",
            extra={"file": problem.file, "line": problem.line, "error": problem.text, "kept": problem.kept},
        )
    if len(problems) > _NAMED:
        log.error("rules.refused", extra={"more": len(problems) - _NAMED})

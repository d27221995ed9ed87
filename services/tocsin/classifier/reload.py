"""Which ruling judges now: built anew in a thread when a file changes, and swapped between two events."""

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
"""Problems that are logged one by one."""


class PolicyReloader:
    """The ruling in force, and what is told of it."""

    def __init__(
        self, policies: Policies, first: PolicySet, settings: Settings, metrics: Metrics, health: Health
    ) -> None:
        self.now = first
        self.tally = RuleCounters(metrics)
        self._policies = policies
        self._profile = settings.profile
        self._health = health
        self._changed = asyncio.Event()
        self._loaded = format_ns(time.time_ns())
        self._reloads = metrics.counter("tocsin_classifier_reloads_total", "Times that other rules began to judge.")
        self._over: set[str] = set()
        """Silences of which it was said that they are over."""
        loaded = metrics.gauge("tocsin_classifier_rules", "Rules that judge.")
        refused = metrics.gauge("tocsin_classifier_rule_problems", "Documents that are not loaded as they stand.")
        expired = metrics.gauge("tocsin_classifier_expired_silences", "Silences that are over and do nothing.")

        def observe() -> None:
            loaded.set(len(self.now.rules.rules))
            refused.set(len(self.now.problems))
            expired.set(self._expired())

        metrics.observe(observe)
        _say(first.problems)

    async def follow(self) -> None:
        """Until cancelled, judge by what the folders hold; what is wrong in them does not end it."""
        async for built, took_s in reloads(self._policies, self._build, self._health):
            self.now = built
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
            _say(built.problems)
            self._changed.set()

    async def tell(self, bus: Bus, stop: asyncio.Event) -> None:
        """Tell what judges, until *stop* is set."""
        await rule_report_publisher.tell(bus, lambda: self._book(bus), self._changed, stop)

    def _build(self, content: Content) -> PolicySet:
        return policy_set.build(content, self._profile, self.now)

    def _book(self, bus: Bus) -> RuleReport:
        now_ns = time.time_ns()
        return self.tally.book(
            self.now,
            service=bus.service,
            instance=bus.instance,
            now=format_ns(now_ns),
            now_ns=now_ns,
            loaded=self._loaded,
        )

    def _expired(self) -> int:
        """How many silences are over; each is named in the log once."""
        now_ns = time.time_ns()
        over = [f for f in self.now.rules.silences if f.silence is not None and f.silence.expires_ns <= now_ns]
        for filter in over:
            if filter.id not in self._over and filter.silence is not None:
                self._over.add(filter.id)
                facts = {"silence": filter.id, "title": filter.title, "expires": filter.silence.expires}
                log.warning("silence.expired", extra=facts)
        return len(over)


def _say(problems: tuple[RuleProblem, ...]) -> None:
    for problem in problems[:_NAMED]:
        log.error(
            "rule.refused",
            extra={"file": problem.file, "line": problem.line, "error": problem.text, "kept": problem.kept},
        )
    if len(problems) > _NAMED:
        log.error("rules.refused", extra={"more": len(problems) - _NAMED})

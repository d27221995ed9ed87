"""The severity of an event and its reason: the worse of table and rules, then silences, then overrides."""

from collections.abc import Sequence

from msgspec import Struct

from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.table import Line
from tocsin.model.alert import RuleHit
from tocsin.model.severity import Severity
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.evidence import matched_fields
from tocsin.sigma.ruleset import Hit, Hits
from tocsin.sigma.syntax.documents import Filter, Rule

MAX_RULES = 32
"""An alert names this many rules, worst first; only an event made for that matches more."""
_MAX_TECHNIQUES = 32


class Verdict(Struct, frozen=True):
    """The severity of an event, and everything that led to it."""

    severity: Severity
    severity_from: str
    reason: str
    worst: Rule | None = None
    """The rule whose title the alert has."""
    rules: tuple[RuleHit, ...] = ()
    rules_cut: bool = False
    """Whether more rules matched than are named."""
    techniques: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    silenced_by: str = ""
    unsilenced: Severity | None = None
    """The severity without silences, if they lowered it."""


def decide(line: Line, reason: str, hits: Hits, record: EventRecord, policies: PolicySet) -> Verdict:
    """The verdict on *record*; *line* is the line of the table that matched, *reason* its reason."""
    verdict: Verdict
    if not hits.hits:
        verdict = Verdict(line.severity, f"table:{line.label}", reason)
    else:
        verdict = _by_rules(line, reason, hits.hits, record, policies)
    return _overridden(verdict, record, policies) if policies.overrides else verdict


def _by_rules(line: Line, table_reason: str, hits: Sequence[Hit], record: EventRecord, policies: PolicySet) -> Verdict:
    silent, counted = policies.rules.silent, policies.rules.counted
    alerting = [hit for hit in hits if hit.rule.id not in silent]
    graded = [hit for hit in alerting if hit.silenced_by is None]
    signals = tuple(hit.rule.id for hit in hits if hit.rule.id in counted)
    if not alerting:
        return Verdict(line.severity, f"table:{line.label}", table_reason, signals=signals)
    worst = (graded or alerting)[0].rule
    severity, source, reason = _graded(line, table_reason, graded)
    unsilenced = _worse(line.severity, alerting[0].rule.severity)
    silence = alerting[0].silenced_by
    if not graded and silence is not None:
        severity, source, reason = Severity.LOW, f"silence:{silence.id}", _silenced(silence, worst, unsilenced)
    lowered = severity.rank < unsilenced.rank
    rules_ = [hit.rule for hit in alerting[:MAX_RULES]]
    return Verdict(
        severity,
        source,
        reason,
        worst=worst,
        rules=tuple(_hit(rule, record) for rule in rules_),
        rules_cut=len(alerting) > MAX_RULES,
        techniques=tuple(dict.fromkeys(t for rule in rules_ for t in rule.techniques))[:_MAX_TECHNIQUES],
        signals=signals,
        silenced_by=silence.id if lowered and silence is not None else "",
        unsilenced=unsilenced if lowered and silence is not None else None,
    )


def _graded(line: Line, table_reason: str, graded: Sequence[Hit]) -> tuple[Severity, str, str]:
    if graded and graded[0].rule.severity.rank >= line.severity.rank:
        rule = graded[0].rule
        more = f", and {len(graded) - 1} more" if len(graded) > 1 else ""
        return rule.severity, f"rule:{rule.id}", f"Rule {rule.title!r} ({rule.level}) matches{more}."
    return line.severity, f"table:{line.label}", table_reason


def _worse(one: Severity, other: Severity) -> Severity:
    return one if one.rank >= other.rank else other


def _silenced(filter_: Filter, worst: Rule, unsilenced: Severity) -> str:
    silence = filter_.silence
    who = f" by {silence.owner} until {silence.expires}: {silence.reason}" if silence is not None else ""
    return f"Rule {worst.title!r} matches, but is silenced{who} (it would be {unsilenced.value})."


def _hit(rule: Rule, record: EventRecord) -> RuleHit:
    return RuleHit(
        id=rule.id,
        title=rule.title,
        level=rule.level,
        author=rule.author,
        link=rule.link,
        techniques=rule.techniques,
        matched=matched_fields(rule, record),
    )


def _overridden(verdict: Verdict, record: EventRecord, policies: PolicySet) -> Verdict:
    record.set("rules", tuple(rule.id for rule in verdict.rules))
    record.set("severity", (verdict.severity.value,))
    for override, holds in policies.overrides:
        if holds(record):
            return Verdict(
                override.severity,
                f"override:{override.label}",
                override.reason,
                worst=verdict.worst,
                rules=verdict.rules,
                rules_cut=verdict.rules_cut,
                techniques=verdict.techniques,
                signals=verdict.signals,
            )
    return verdict

"""Which severity an event has and why: the worse of table and rules, less what is silenced; overrides last."""

from collections.abc import Sequence

from msgspec import Struct

from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.table import Line
from tocsin.model.alert import RuleHit
from tocsin.model.severity import Severity
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.evidence import matched
from tocsin.sigma.ruleset import Hit, Hits
from tocsin.sigma.syntax.documents import Filter, Rule

MAX_RULES = 32
"""Named in one alert, worst first; more match only where an event was made to."""
_MAX_TECHNIQUES = 32


class Verdict(Struct, frozen=True):
    """The part of an alert that is judgement."""

    severity: Severity
    severity_from: str
    reason: str
    worst: Rule | None = None
    """The rule that names the alert."""
    rules: tuple[RuleHit, ...] = ()
    rules_cut: bool = False
    """More rules matched than are named."""
    techniques: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    silenced_by: str = ""
    unsilenced: Severity | None = None
    """What it would be without silences, where they lowered it."""


def decide(line: Line, because: str, hits: Hits, record: EventRecord, ruling: PolicySet) -> Verdict:
    """The verdict on *record*, of which the table says *line*, *because*."""
    found: Verdict
    if not hits.hits:
        found = Verdict(line.severity, f"table:{line.label}", because)
    else:
        found = _by_rules(line, because, hits.hits, record, ruling)
    return _overridden(found, record, ruling) if ruling.overrides else found


def _by_rules(line: Line, because: str, hits: Sequence[Hit], record: EventRecord, ruling: PolicySet) -> Verdict:
    silent, counted = ruling.rules.silent, ruling.rules.counted
    loud = [hit for hit in hits if hit.rule.id not in silent]
    graded = [hit for hit in loud if hit.silenced_by is None]
    signals = tuple(hit.rule.id for hit in hits if hit.rule.id in counted)
    if not loud:
        return Verdict(line.severity, f"table:{line.label}", because, signals=signals)
    worst = (graded or loud)[0].rule
    severity, source, reason = _graded(line, because, graded)
    unsilenced = _worse(line.severity, loud[0].rule.severity)
    quiet = loud[0].silenced_by
    if not graded and quiet is not None:
        severity, source, reason = Severity.LOW, f"silence:{quiet.id}", _silenced(quiet, worst, unsilenced)
    lowered = severity.rank < unsilenced.rank
    named = [hit.rule for hit in loud[:MAX_RULES]]
    return Verdict(
        severity,
        source,
        reason,
        worst=worst,
        rules=tuple(_hit(rule, record) for rule in named),
        rules_cut=len(loud) > MAX_RULES,
        techniques=tuple(dict.fromkeys(t for rule in named for t in rule.techniques))[:_MAX_TECHNIQUES],
        signals=signals,
        silenced_by=quiet.id if lowered and quiet is not None else "",
        unsilenced=unsilenced if lowered and quiet is not None else None,
    )


def _graded(line: Line, because: str, graded: Sequence[Hit]) -> tuple[Severity, str, str]:
    if graded and graded[0].rule.severity.rank >= line.severity.rank:
        rule = graded[0].rule
        more = f", and {len(graded) - 1} more" if len(graded) > 1 else ""
        return rule.severity, f"rule:{rule.id}", f"Rule {rule.title!r} ({rule.level}) matches{more}."
    return line.severity, f"table:{line.label}", because


def _worse(one: Severity, other: Severity) -> Severity:
    return one if one.rank >= other.rank else other


def _silenced(quiet: Filter, worst: Rule, unsilenced: Severity) -> str:
    silence = quiet.silence
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
        matched=matched(rule, record),
    )


def _overridden(found: Verdict, record: EventRecord, ruling: PolicySet) -> Verdict:
    record.set("rules", tuple(rule.id for rule in found.rules))
    record.set("severity", (found.severity.value,))
    for override, holds in ruling.overrides:
        if holds(record):
            return Verdict(
                override.severity,
                f"override:{override.label}",
                override.reason,
                worst=found.worst,
                rules=found.rules,
                rules_cut=found.rules_cut,
                techniques=found.techniques,
                signals=found.signals,
            )
    return found

"""The active rules: the reports of all instances merged into one answer, and a short form for the WebSocket."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tocsin.gateway.pipeline.can_fire import CanFire, assess_all
from tocsin.gateway.pipeline.event_kinds import KindSummary
from tocsin.gateway.pipeline.rule_reports import Key, StoredRules
from tocsin.gateway.window.severities import SEVERITIES, BySeverity
from tocsin.model.rule_report import RuleProblem, RuleState, SilenceState

_CHARACTERS = 1_000
"""The most characters of a text in a report."""
_LISTED = 20


class JudgeAnswer(Struct, frozen=True, kw_only=True):
    """One instance that classifies or correlates."""

    service: str
    """classifier or correlator."""
    instance: str
    """Name of the instance."""
    hash: str
    """Of all its active rules: two instances with the same hash classify alike."""
    loaded: str
    """When these rules became active (RFC 3339)."""
    age_s: float
    """Seconds since its last report."""
    rules: int
    """The number of rules and correlations."""


class RuleAnswer(Struct, frozen=True, kw_only=True):
    """One rule or correlation, over all instances."""

    id: str
    """Id of the rule."""
    title: str
    """Title of the rule."""
    level: str
    """Level that the rule's author gave it."""
    type: str
    """``rule``, or a correlation's type."""
    file: str
    """File that the rule was loaded from."""
    line: int
    """Line of the file where it begins."""
    author: str
    """Author of the rule."""
    hits: int
    """Matches since the instances started."""
    failures: int
    """Events for which the rule failed and was skipped."""
    last_failure: str
    """Error of the last failure; empty if there was none."""
    hooks: list[str]
    """Functions, or tracepoints as ``subsystem/name``; the rule needs the events of any one of them."""
    kinds: list[str]
    """The kinds of events that the rule reads; empty for any kind."""
    host_only: bool
    """Whether it matches only processes outside containers."""
    runbook: str
    """First steps for whoever handles its alerts, from the rule."""
    falsepositives: list[str]
    """Known causes of false positives, from the rule."""
    can_fire: CanFire
    """Whether the events that it needs come at all, judged by the live window."""


class SilenceAnswer(Struct, frozen=True, kw_only=True):
    """One silence, over all instances."""

    id: str
    """Id of the silence."""
    title: str
    """Title of the silence."""
    owner: str
    """Who is responsible for it."""
    reason: str
    """Why it exists."""
    expires: str
    """Day on which it ends (RFC 3339)."""
    expired: bool
    """Whether it has ended."""
    hidden: BySeverity
    """Alerts that it lowered, by the severity that they had before."""


class ProblemAnswer(Struct, frozen=True, kw_only=True):
    """A rule document with an error, which is not loaded."""

    file: str
    """File of the document."""
    line: int
    """From 1; 0 for the file as a whole."""
    column: int
    """From 1; 0 if the whole line or file is meant."""
    text: str
    """What is wrong."""
    rule: str
    """The id of the rule, if it is known."""
    kept: bool
    """Whether its last good version stays active on all instances."""
    instances: list[str]
    """The instances that report it, as service and instance."""


class RulesAnswer(Struct, frozen=True, kw_only=True):
    """The active rules, and what is wrong with them."""

    judges: list[JudgeAnswer]
    """Instances that apply rules."""
    rules: list[RuleAnswer]
    """All rules and correlations."""
    silences: list[SilenceAnswer]
    """Expired ones first."""
    problems: list[ProblemAnswer]
    """Documents that failed to load."""
    hashes_differ: list[str]
    """Instances whose rules have differed for over a minute from those of most of their service."""
    timestamp: str
    """Time of this answer (RFC 3339)."""


class RuleIssues(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong with the rules, in short: clients get it with their stats."""

    problems: int = 0
    differ: tuple[str, ...] = ()
    expired: int = 0


def answer(
    reports: Mapping[Key, StoredRules], differing: Iterable[Key], now: float, timestamp: str, observed: KindSummary
) -> RulesAnswer:
    """All reports as one; *now* is of the clock of `StoredRules.at`, *observed* are the events of the live window."""
    return RulesAnswer(
        judges=[_instance(key, stored, now) for key, stored in sorted(reports.items())],
        rules=_rules(reports.values(), observed),
        silences=_silences(reports.values()),
        problems=_problems(reports),
        hashes_differ=[instance for _, instance in differing],
        timestamp=timestamp,
    )


def issues(reports: Mapping[Key, StoredRules], differing: Iterable[Key]) -> RuleIssues:
    """The same in short."""
    return RuleIssues(
        problems=len(_problems(reports)),
        differ=tuple(instance for _, instance in differing),
        expired=sum(silence.expired for silence in _silences(reports.values())),
    )


def _instance(key: Key, stored: StoredRules, now: float) -> JudgeAnswer:
    report = stored.report
    return JudgeAnswer(
        service=key[0], instance=key[1], hash=report.hash[:_CHARACTERS], loaded=report.loaded[:_CHARACTERS],
        age_s=round(max(0.0, now - stored.at), 1), rules=len(report.rules),
    )  # fmt: skip


def _oldest_first(reports: Iterable[StoredRules]) -> list[StoredRules]:
    """By the time at which the rules became active."""
    return sorted(reports, key=lambda stored: (stored.report.loaded, stored.at))


def _rules(reports: Iterable[StoredRules], observed: KindSummary) -> list[RuleAnswer]:
    by_id: dict[str, list[RuleState]] = {}
    for stored in _oldest_first(reports):
        for rule in stored.report.rules:
            by_id.setdefault(rule.id, []).append(rule)
    fires = assess_all(by_id.values(), observed)
    answers = [_rule(states, fires[id]) for id, states in by_id.items()]
    return sorted(answers, key=lambda rule: (rule.file, rule.line, rule.id))


def _rule(states: list[RuleState], can_fire: CanFire) -> RuleAnswer:
    newest = states[-1]
    return RuleAnswer(
        id=newest.id, title=newest.title[:_CHARACTERS], level=newest.level, type=newest.type, file=newest.file,
        line=newest.line, author=newest.author[:_CHARACTERS], hits=sum(state.hits for state in states),
        failures=sum(state.failures for state in states),
        last_failure=next((s.last_failure for s in reversed(states) if s.last_failure), "")[:_CHARACTERS],
        hooks=_texts(newest.hooks), kinds=_texts(newest.kinds), host_only=newest.host_only,
        runbook=newest.runbook[:_CHARACTERS], falsepositives=_texts(newest.falsepositives), can_fire=can_fire,
    )  # fmt: skip


def _texts(texts: Iterable[str]) -> list[str]:
    return [text[:_CHARACTERS] for text, _ in zip(texts, range(_LISTED), strict=False)]


def _silences(reports: Iterable[StoredRules]) -> list[SilenceAnswer]:
    by_id: dict[str, list[SilenceState]] = {}
    for stored in _oldest_first(reports):
        for silence in stored.report.silences:
            by_id.setdefault(silence.id, []).append(silence)
    return sorted(map(_silence, by_id.values()), key=lambda silence: (not silence.expired, silence.title, silence.id))


def _silence(states: list[SilenceState]) -> SilenceAnswer:
    newest = states[-1]
    return SilenceAnswer(
        id=newest.id, title=newest.title[:_CHARACTERS], owner=newest.owner[:_CHARACTERS],
        reason=newest.reason[:_CHARACTERS], expires=newest.expires[:_CHARACTERS],
        expired=any(s.expired for s in states if s.expires == newest.expires),
        hidden=BySeverity(**{name: sum(state.hidden.get(name, 0) for state in states) for name in SEVERITIES}),
    )  # fmt: skip


def _problems(reports: Mapping[Key, StoredRules]) -> list[ProblemAnswer]:
    """A document counts once, even if several instances could not load it."""
    by_place: dict[tuple[str, int, int, str, str], list[tuple[Key, RuleProblem]]] = {}
    for key, stored in sorted(reports.items()):
        for problem in stored.report.problems:
            place = problem.file, problem.line, problem.column, problem.text, problem.rule
            by_place.setdefault(place, []).append((key, problem))
    return [
        ProblemAnswer(
            file=file, line=line, column=column, text=text[:_CHARACTERS], rule=rule,
            kept=all(problem.kept for _, problem in same), instances=["/".join(key) for key in dict(same)],
        )
        for (file, line, column, text, rule), same in sorted(by_place.items())
    ]  # fmt: skip

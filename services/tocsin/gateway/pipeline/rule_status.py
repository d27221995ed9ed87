"""What judges now: the reports of all judges merged into one answer, and into the few words that clients are told."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from tocsin.gateway.pipeline import can_fire as firing
from tocsin.gateway.pipeline.can_fire import CanFire
from tocsin.gateway.pipeline.event_kinds import Summary
from tocsin.gateway.pipeline.rule_reports import Judge, Key
from tocsin.gateway.window.severities import SEVERITIES, BySeverity
from tocsin.model.rule_report import RuleProblem, RuleState, SilenceState

_CHARACTERS = 1_000
"""Of a text that a judge says."""
_LISTED = 20


class JudgeAnswer(Struct, frozen=True, kw_only=True):
    """One instance that applies rules."""

    service: str
    """classifier or correlator."""
    instance: str
    """Name of the instance."""
    hash: str
    """Hash of its rules and settings: instances with the same hash decide alike."""
    loaded: str
    """When it loaded these rules (RFC 3339)."""
    age_s: float
    """Seconds since its last report."""
    rules: int
    """Number of rules and correlations that it has."""


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
    """Number of matches since the instances started."""
    failures: int
    """Events for which the rule failed and was skipped, since the instances started."""
    last_failure: str
    """Error of the last failure; empty if there was none."""
    hooks: list[str]
    """Functions, or tracepoints as ``subsystem/name``: it needs events of at least one."""
    kinds: list[str]
    """Kinds of events that it reads; empty if it reads all."""
    host_only: bool
    """Whether it matches only processes outside containers."""
    runbook: str
    """First steps for whoever handles its alerts, from the rule."""
    falsepositives: list[str]
    """Known causes of false positives, from the rule."""
    can_fire: CanFire
    """Whether the events that it needs arrive, judging by the live window."""


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
    """Alerts that it lowered since the instances started, by their severity before."""


class ProblemAnswer(Struct, frozen=True, kw_only=True):
    """A document that failed to load."""

    file: str
    """File of the document."""
    line: int
    """From 1; 0 if the whole file is meant."""
    column: int
    """From 1; 0 if the whole line or file is meant."""
    text: str
    """What is wrong."""
    rule: str
    """Id of the rule, if known."""
    kept: bool
    """Whether its last good version stays active on all instances."""
    instances: list[str]
    """Instances that report it: service and instance."""


class RulesAnswer(Struct, frozen=True, kw_only=True):
    """The active rules and their problems."""

    judges: list[JudgeAnswer]
    """Instances that apply rules."""
    rules: list[RuleAnswer]
    """All rules and correlations."""
    silences: list[SilenceAnswer]
    """Expired ones first."""
    problems: list[ProblemAnswer]
    """Documents that failed to load."""
    hashes_differ: list[str]
    """Instances whose rules have differed for over a minute from those of the service's other instances."""
    timestamp: str
    """Time of this answer (RFC 3339)."""


class Trouble(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What clients are told each second, so that they need not ask."""

    problems: int = 0
    differ: tuple[str, ...] = ()
    expired: int = 0


def answer(
    judges: Mapping[Key, Judge], differing: Iterable[Key], now: float, timestamp: str, seen: Summary
) -> RulesAnswer:
    """All reports as one; *now* is of the clock that `Judge.at` is of, *seen* is what the live window has seen."""
    return RulesAnswer(
        judges=[_judge(key, judge, now) for key, judge in sorted(judges.items())],
        rules=_rules(judges.values(), seen),
        silences=_silences(judges.values()),
        problems=_problems(judges),
        hashes_differ=[instance for _, instance in differing],
        timestamp=timestamp,
    )


def trouble(judges: Mapping[Key, Judge], differing: Iterable[Key]) -> Trouble:
    """The same in short."""
    return Trouble(
        problems=len(_problems(judges)),
        differ=tuple(instance for _, instance in differing),
        expired=sum(silence.expired for silence in _silences(judges.values())),
    )


def _judge(key: Key, judge: Judge, now: float) -> JudgeAnswer:
    book = judge.book
    return JudgeAnswer(
        service=key[0], instance=key[1], hash=book.hash[:_CHARACTERS], loaded=book.loaded[:_CHARACTERS],
        age_s=round(max(0.0, now - judge.at), 1), rules=len(book.rules),
    )  # fmt: skip


def _oldest_first(judges: Iterable[Judge]) -> list[Judge]:
    """So that what the newest rules say of themselves stands at last."""
    return sorted(judges, key=lambda judge: (judge.book.loaded, judge.at))


def _rules(judges: Iterable[Judge], seen: Summary) -> list[RuleAnswer]:
    found: dict[str, list[RuleState]] = {}
    for judge in _oldest_first(judges):
        for rule in judge.book.rules:
            found.setdefault(rule.id, []).append(rule)
    fires = firing.of_all(found.values(), seen)
    made = [_rule(states, fires[id]) for id, states in found.items()]
    return sorted(made, key=lambda rule: (rule.file, rule.line, rule.id))


def _rule(states: list[RuleState], can_fire: CanFire) -> RuleAnswer:
    own = states[-1]
    return RuleAnswer(
        id=own.id, title=own.title[:_CHARACTERS], level=own.level, type=own.type, file=own.file, line=own.line,
        author=own.author[:_CHARACTERS], hits=sum(state.hits for state in states),
        failures=sum(state.failures for state in states),
        last_failure=next((s.last_failure for s in reversed(states) if s.last_failure), "")[:_CHARACTERS],
        hooks=_texts(own.hooks), kinds=_texts(own.kinds), host_only=own.host_only,
        runbook=own.runbook[:_CHARACTERS], falsepositives=_texts(own.falsepositives), can_fire=can_fire,
    )  # fmt: skip


def _texts(texts: Iterable[str]) -> list[str]:
    return [text[:_CHARACTERS] for text, _ in zip(texts, range(_LISTED), strict=False)]


def _silences(judges: Iterable[Judge]) -> list[SilenceAnswer]:
    found: dict[str, list[SilenceState]] = {}
    for judge in _oldest_first(judges):
        for silence in judge.book.silences:
            found.setdefault(silence.id, []).append(silence)
    return sorted(map(_silence, found.values()), key=lambda silence: (not silence.expired, silence.title, silence.id))


def _silence(states: list[SilenceState]) -> SilenceAnswer:
    own = states[-1]
    return SilenceAnswer(
        id=own.id, title=own.title[:_CHARACTERS], owner=own.owner[:_CHARACTERS], reason=own.reason[:_CHARACTERS],
        expires=own.expires[:_CHARACTERS], expired=any(s.expired for s in states if s.expires == own.expires),
        hidden=BySeverity(**{name: sum(state.hidden.get(name, 0) for state in states) for name in SEVERITIES}),
    )  # fmt: skip


def _problems(judges: Mapping[Key, Judge]) -> list[ProblemAnswer]:
    """One document counts once, however many instances could not load it."""
    found: dict[tuple[str, int, int, str, str], list[tuple[Key, RuleProblem]]] = {}
    for key, judge in sorted(judges.items()):
        for own in judge.book.problems:
            found.setdefault((own.file, own.line, own.column, own.text, own.rule), []).append((key, own))
    return [
        ProblemAnswer(
            file=file, line=line, column=column, text=text[:_CHARACTERS], rule=rule,
            kept=all(own.kept for _, own in said), instances=["/".join(key) for key in dict(said)],
        )
        for (file, line, column, text, rule), said in sorted(found.items())
    ]  # fmt: skip

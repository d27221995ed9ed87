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
    """One instance that judges."""

    service: str
    instance: str
    hash: str
    """Of all that it judges by: two instances with one hash judge alike."""
    loaded: str
    """When these rules began to judge (RFC 3339)."""
    age_s: float
    """Seconds since it told of itself."""
    rules: int
    """How many rules and correlations it has."""


class RuleAnswer(Struct, frozen=True, kw_only=True):
    """One rule or correlation, over all instances."""

    id: str
    title: str
    level: str
    type: str
    """``rule``, or a correlation's type."""
    file: str
    line: int
    author: str
    hits: int
    """Since the instances started, as are failures and what silences hid."""
    failures: int
    """Events for which it failed and was skipped."""
    last_failure: str
    hooks: list[str]
    """Functions, or tracepoints as ``subsystem/name``, of which it needs the events of any one."""
    kinds: list[str]
    """Kinds of events that it looks at; empty where that may be any."""
    host_only: bool
    """It matches no process in a container."""
    runbook: str
    """What to do first."""
    falsepositives: list[str]
    can_fire: CanFire
    """Whether what it needs comes at all, from what the live window has seen."""


class SilenceAnswer(Struct, frozen=True, kw_only=True):
    """One silence, over all instances."""

    id: str
    title: str
    owner: str
    reason: str
    expires: str
    expired: bool
    """It hides nothing any more."""
    hidden: BySeverity
    """Alerts lowered, by the severity that they would have had."""


class ProblemAnswer(Struct, frozen=True, kw_only=True):
    """A document that is not loaded as it stands."""

    file: str
    line: int
    """From 1; 0 where the file as a whole is meant."""
    column: int
    text: str
    rule: str
    """Its id, where it is known."""
    kept: bool
    """Its last good version judges on, everywhere."""
    instances: list[str]
    """Who says so: service and instance."""


class RulesAnswer(Struct, frozen=True, kw_only=True):
    """By which rules is judged, and what is wrong with them."""

    judges: list[JudgeAnswer]
    rules: list[RuleAnswer]
    silences: list[SilenceAnswer]
    """Expired ones first."""
    problems: list[ProblemAnswer]
    hashes_differ: list[str]
    """Instances whose rules have differed from those of their service's others for over a minute."""
    timestamp: str


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

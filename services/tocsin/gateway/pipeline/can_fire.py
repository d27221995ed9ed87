"""Whether a rule can match anything here, judged by the events in the live window."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from tocsin.gateway.pipeline.event_kinds import KindSummary, plain
from tocsin.model.rule_report import RuleState
from tocsin.model.text import either

ENOUGH = 1_000
"""With fewer events, a kind that is missing among them means little."""
_SHOWN = 4
_TITLE_CHARACTERS = 80
_HIDDEN = frozenset({"loader", "usdt", "throttle"})
"""Kinds that are not in the agent's default list of exported ones."""
_ALWAYS = frozenset({"exec", "exit"})
_SEQUENCE = frozenset({"temporal", "temporal_ordered"})
_HOST = (
    "never seen: host processes. Tetragon's chart hides them by default: set tetragon.exportDenyList to one without "
    'the empty namespace (`"namespace":[""]`)'
)
_UNNAMED = "an unnamed rule"


class CanFire(Struct, frozen=True, kw_only=True):
    """The answer, with its reason."""

    is_: Literal["yes", "unknown", "no"] = msgspec.field(name="is")
    """yes, no, or unknown."""
    why: str
    """The reason."""


def assess_all(rules: Iterable[Sequence[RuleState]], observed: KindSummary) -> dict[str, CanFire]:
    """The answer for each rule, by its id. *rules* has the states of each rule on all instances, the newest last.

    A correlation may count others, and follows those that it counts.
    """
    newest = [msgspec.structs.replace(states[-1], hits=sum(state.hits for state in states)) for states in rules]
    titles = {rule.id: rule.title[:_TITLE_CHARACTERS] for rule in newest}
    answers = {rule.id: assess_rule(rule, observed) for rule in newest if rule.type == "rule"}
    for rule in newest:
        if rule.type != "rule":
            answers[rule.id] = assess_correlation(rule, answers, titles)
    return answers


def assess_rule(rule: RuleState, observed: KindSummary) -> CanFire:
    """The answer for a rule on single events."""
    if rule.hits:
        return _yes("it has matched")
    if not observed.total:
        return _unknown("no event has come yet")
    lacking = _lacking(rule, observed)
    if lacking is not None:
        return lacking
    if rule.host_only and not observed.host:
        return _unless(observed, _HOST)
    if rule.options:
        return _unknown(f"needs the agent's option {_list(rule.options)}, which events do not mention")
    return _yes("events of its kind come")


def _lacking(rule: RuleState, observed: KindSummary) -> CanFire | None:
    """The answer if the events that it needs do not come; ``None`` if they do."""
    functions = {_function(hook) for hook in rule.hooks}
    if functions and any(function in functions for _, function in observed.functions):
        return None
    kinds = set(rule.kinds)
    come = kinds & observed.kinds.keys() if kinds else set(observed.kinds)
    if come and (not functions or come & _ALWAYS):
        return None
    if functions:
        text = f"never seen: events of {_list(rule.hooks)}. A TracingPolicy must hook one of them"
        return _unknown(f"{text}; it may be, and nothing has called it") if come else _unless(observed, text)
    return _unless(observed, f"never seen: events of kind {_list(sorted(kinds))}. {_advice(kinds)}")


def assess_correlation(rule: RuleState, answers: Mapping[str, CanFire], titles: Mapping[str, str]) -> CanFire:
    """The answer for a correlation, from those for the rules that it counts; a sequence needs all of them."""
    if rule.hits:
        return _yes("it has fired")
    parts = [(answers.get(id, _unknown("it is not among the reported rules")), id) for id in rule.rules]
    if not parts:
        return _unknown("the rules that it counts are not reported")
    order = ("no", "unknown", "yes")
    choose = min if rule.type in _SEQUENCE else max
    weakest, id = choose(parts, key=lambda part: order.index(part[0].is_))
    if weakest.is_ == "yes":
        return _yes("the events that it counts come")
    return CanFire(is_=weakest.is_, why=f"it counts {titles.get(id) or _UNNAMED}: {weakest.why}")


def _unless(observed: KindSummary, why: str) -> CanFire:
    """No, if there were enough events to say so."""
    if observed.total < ENOUGH:
        return _unknown(f"{why}; only {observed.total:,} events have come so far")
    return CanFire(is_="no", why=why)


def _advice(kinds: set[str]) -> str:
    if kinds & _ALWAYS:
        return "Every agent produces them: check tetragon.exportAllowList"
    if kinds & _HIDDEN:
        return "Tetragon's chart leaves them out by default: add them to tetragon.exportAllowList"
    return "A TracingPolicy must ask for them"


def _function(hook: str) -> str:
    """The name of *hook* in its events: ``openat`` for ``syscalls/sys_enter_openat``, ``readline`` for a uprobe's."""
    subsystem, slash, name = hook.rpartition("/")
    if ":" in name:
        return plain(name.rpartition(":")[2])
    if slash and subsystem == "syscalls":
        name = name.removeprefix("sys_enter_").removeprefix("sys_exit_")
    return plain(name)


def _list(names: Sequence[str]) -> str:
    return either(names, _SHOWN)


def _yes(why: str) -> CanFire:
    return CanFire(is_="yes", why=why)


def _unknown(why: str) -> CanFire:
    return CanFire(is_="unknown", why=why)

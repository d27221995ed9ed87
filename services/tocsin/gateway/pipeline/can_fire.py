"""Whether a rule can match anything here, from what the live window has seen of the events that it needs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from tocsin.gateway.pipeline.event_kinds import Summary, plain
from tocsin.model.rule_report import RuleState

ENOUGH = 1_000
"""Of fewer events it says little that some kind is not among them."""
_SHOWN = 4
_TITLE_CHARACTERS = 80
_HIDDEN = frozenset({"loader", "usdt", "throttle"})
"""Kinds that the agent's default list of exported ones does not have."""
_ALWAYS = frozenset({"exec", "exit"})
_SEQUENCE = frozenset({"temporal", "temporal_ordered"})
_HOST = (
    "never seen: host processes. Tetragon's chart hides them by default: set tetragon.exportDenyList to one without "
    'the empty namespace (`"namespace":[""]`)'
)
_UNNAMED = "an unnamed rule"


class CanFire(Struct, frozen=True, kw_only=True):
    """Whether a rule can fire, with the reason."""

    is_: Literal["yes", "unknown", "no"] = msgspec.field(name="is")
    """yes, no, or unknown."""
    why: str
    """The reason."""


def of_all(rules: Iterable[Sequence[RuleState]], seen: Summary) -> dict[str, CanFire]:
    """Id to what is known of each rule, of which every instance that judges by it has told, the newest at last.

    A correlation may count others: each is told after those that it counts.
    """
    newest = [msgspec.structs.replace(own[-1], hits=sum(state.hits for state in own)) for own in rules]
    titles = {rule.id: rule.title[:_TITLE_CHARACTERS] for rule in newest}
    found = {rule.id: of_rule(rule, seen) for rule in newest if rule.type == "rule"}
    for rule in newest:
        if rule.type != "rule":
            found[rule.id] = of_correlation(rule, found, titles)
    return found


def of_rule(rule: RuleState, seen: Summary) -> CanFire:
    """Of a rule on single events."""
    if rule.hits:
        return _yes("it has matched")
    if not seen.total:
        return _unknown("no event has come yet")
    lacking = _lacking(rule, seen)
    if lacking is not None:
        return lacking
    if rule.host_only and not seen.host:
        return _unless(seen, _HOST)
    if rule.options:
        return _unknown(f"needs the agent's option {_list(rule.options)}, which events do not tell of")
    return _yes("events of its kind come")


def _lacking(rule: RuleState, seen: Summary) -> CanFire | None:
    """Whether the events that it needs do not come; ``None`` where they do."""
    functions = {_function(hook) for hook in rule.hooks}
    if functions and any(function in functions for _, function in seen.functions):
        return None
    kinds = set(rule.kinds)
    come = kinds & seen.kinds.keys() if kinds else set(seen.kinds)
    if come and (not functions or come & _ALWAYS):
        return None
    if functions:
        text = f"never seen: events of {_list(rule.hooks)}. A TracingPolicy must hook one of them"
        return _unknown(f"{text}; it may be, and nothing has called it") if come else _unless(seen, text)
    return _unless(seen, f"never seen: events of kind {_list(sorted(kinds))}. {_advice(kinds)}")


def of_correlation(rule: RuleState, found: Mapping[str, CanFire], titles: Mapping[str, str]) -> CanFire:
    """Of a correlation, from what is *found* of the rules that it counts; a sequence needs all of them."""
    if rule.hits:
        return _yes("it has fired")
    parts = [(found.get(id, _unknown("it is not among the rules that are told")), id) for id in rule.rules]
    if not parts:
        return _unknown("what it counts is not told")
    order = ("no", "unknown", "yes")
    choose = min if rule.type in _SEQUENCE else max
    weakest, id = choose(parts, key=lambda part: order.index(part[0].is_))
    if weakest.is_ == "yes":
        return _yes("what it counts comes")
    return CanFire(is_=weakest.is_, why=f"it counts {titles.get(id) or _UNNAMED}: {weakest.why}")


def _unless(seen: Summary, why: str) -> CanFire:
    """No, where enough has been seen to say so."""
    if seen.total < ENOUGH:
        return _unknown(f"{why}; only {seen.total:,} events have come so far")
    return CanFire(is_="no", why=why)


def _advice(kinds: set[str]) -> str:
    if kinds & _ALWAYS:
        return "Every agent makes them: look at tetragon.exportAllowList"
    if kinds & _HIDDEN:
        return "Tetragon's chart leaves them out by default: add them to tetragon.exportAllowList"
    return "A TracingPolicy must ask for them"


def _function(hook: str) -> str:
    """What the events of *hook* call it: ``openat`` for ``syscalls/sys_enter_openat``, ``readline`` for a uprobe's."""
    subsystem, slash, name = hook.rpartition("/")
    if ":" in name:
        return plain(name.rpartition(":")[2])
    if slash and subsystem == "syscalls":
        name = name.removeprefix("sys_enter_").removeprefix("sys_exit_")
    return plain(name)


def _list(names: Sequence[str]) -> str:
    return " or ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _yes(why: str) -> CanFire:
    return CanFire(is_="yes", why=why)


def _unknown(why: str) -> CanFire:
    return CanFire(is_="unknown", why=why)

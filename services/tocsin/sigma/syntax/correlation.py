"""A document with a ``correlation``: it matches over time, on events that match other rules."""

from typing import NamedTuple, get_args

from yaml.nodes import MappingNode, Node

from tocsin.model.text import suggest
from tocsin.sigma.fields import names as field_names
from tocsin.sigma.syntax import metadata
from tocsin.sigma.syntax.documents import Correlation, CorrelationType
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import Entry, boolean, check_keys, duration_s, mapping, text, texts, whole_number

MAX_RULES = 64
"""Rules that one correlation refers to."""
MAX_GROUP = 16
"""Fields that it groups by."""
MAX_ALIASES = 64
MAX_THRESHOLD = 1_000_000
KEPT_S = 86_400.0
"""Signals are kept this long; windows are rebuilt from them after a restart."""
_KEYS = ("type", "rules", "group-by", "timespan", "timeframe", "condition", "aliases", "generate", "x-repeat")
_TYPES: tuple[CorrelationType, ...] = get_args(CorrelationType)
_NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")
_OUTCOMES = ("observed", "confirmed")
_TEMPORAL = ("temporal", "temporal_ordered")
_CLOSING = ("lt", "lte", "eq", "neq")
_TOO_LATE = "can be decided only at the end of the window, but an alert is raised immediately"
_ONLY_ALL = (
    "correlation.condition: only `all` is supported here, or all rules joined with `and`; "
    "for `or`, write one correlation for each"
)
_GENERATE = (
    "correlation: generate is required inside `correlation`: "
    "with true, its rules raise alerts of their own, with false they do not"
)


class _Threshold(NamedTuple):
    at_least: int
    field: str = ""


def correlation(context: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Correlation:
    """The correlation at *root*."""
    fields = metadata.read_metadata(context, entries, root, source)
    metadata.is_native(context, entries)
    for key in ("x-silence", "x-existing", "x-requires"):
        if key in entries:
            raise context.error(entries[key].key, f"{key}: does not belong to a correlation; remove it", "unknown-key")
    node = entries["correlation"].value
    inner = mapping(context, node, "correlation")
    check_keys(context, inner, _KEYS, "correlation")
    kind = _type(context, inner, node)
    rules = _rules(context, inner, node, kind)
    timespan_s = _timespan(context, inner, node)
    aliases = _aliases(context, inner, rules)
    threshold = _threshold(context, inner, node, kind, rules)
    if threshold.field and threshold.field not in aliases:
        _check_field(context, inner["condition"].value, threshold.field, aliases)
    repeat = inner.get("x-repeat") or entries.get("x-repeat")
    return Correlation(
        **fields,
        level=metadata.level(context, entries, root),
        type=kind,
        rules=rules,
        group_by=_group_by(context, inner, aliases),
        timespan_s=timespan_s,
        threshold=threshold.at_least,
        field=threshold.field,
        aliases=aliases,
        generate=_generate(context, inner, node, entries),
        repeat_s=duration_s(context, repeat.value, "x-repeat") if repeat else timespan_s,
        confirms=_confirms(context, entries),
        tests=metadata.tests(context, entries),
    )


def _confirms(context: ParseContext, entries: dict[str, Entry]) -> bool:
    if "x-outcome" not in entries:
        return False
    node = entries["x-outcome"].value
    written = text(context, node, "x-outcome")
    if written not in _OUTCOMES:
        raise _wrong(context, node, f"x-outcome: {quoted(written)} is not known; write one of {', '.join(_OUTCOMES)}")
    return written == _OUTCOMES[1]


def _type(context: ParseContext, inner: dict[str, Entry], node: Node) -> CorrelationType:
    if "type" not in inner:
        raise _wrong(context, node, f"correlation: type is missing; write one of {', '.join(_TYPES)}")
    node_ = inner["type"].value
    written = text(context, node_, "correlation.type")
    if written in _NUMERIC:
        raise _wrong(context, node_, f"correlation.type: {written} is not supported; events have no numbers to add up")
    type_ = next((known for known in _TYPES if known == written), None)
    if type_ is None:
        raise _wrong(context, node_, f"correlation.type: {quoted(written)} is not a type; {suggest(written, _TYPES)}")
    return type_


def _rules(context: ParseContext, inner: dict[str, Entry], node: Node, kind: CorrelationType) -> tuple[str, ...]:
    if "rules" not in inner:
        raise _wrong(context, node, "correlation: rules is missing; list the ids or names of the rules")
    node_ = inner["rules"].value
    rules = texts(context, node_, "correlation.rules")
    if not rules:
        raise _wrong(context, node_, "correlation.rules: is empty; list the ids or names of the rules")
    if len(rules) > MAX_RULES:
        raise context.error(node_, f"correlation.rules: more than {MAX_RULES}; split the correlation", "too-large")
    if len(set(rules)) < len(rules):
        raise _wrong(context, node_, "correlation.rules: a rule appears twice; remove it")
    if kind in _TEMPORAL and len(rules) < 2:
        raise _wrong(context, node_, f"correlation.rules: {kind} needs two rules or more")
    return rules


def _timespan(context: ParseContext, inner: dict[str, Entry], node: Node) -> float:
    written = inner.get("timespan") or inner.get("timeframe")
    if written is None:
        raise _wrong(context, node, "correlation: timespan is missing; write one such as `timespan: 5m`")
    timespan_s = duration_s(context, written.value, "correlation.timespan")
    if timespan_s > KEPT_S:
        message = "correlation.timespan: signals are kept for a day; after a restart a longer window is counted in part"
        context.warn(written.value, message, "timespan")
    return timespan_s


def _group_by(context: ParseContext, inner: dict[str, Entry], aliases: dict[str, dict[str, str]]) -> tuple[str, ...]:
    if "group-by" not in inner:
        return ()
    place = inner["group-by"].value
    names = tuple(dict.fromkeys(texts(context, place, "correlation.group-by")))
    if len(names) > MAX_GROUP:
        raise _wrong(context, place, f"correlation.group-by: more than {MAX_GROUP} fields; group by fewer")
    for name in names:
        if name not in aliases:
            _check_field(context, place, name, aliases)
    return names


def _check_field(context: ParseContext, place: Node, name: str, aliases: dict[str, dict[str, str]]) -> None:
    refused = field_names.refusal(name, native=True)
    if refused:
        known = f"; aliases are {', '.join(sorted(aliases))}" if aliases else ""
        raise context.error(place, f"correlation: {refused}{known}", "unknown-field")


def _aliases(context: ParseContext, inner: dict[str, Entry], rules: tuple[str, ...]) -> dict[str, dict[str, str]]:
    if "aliases" not in inner:
        return {}
    aliases: dict[str, dict[str, str]] = {}
    written = mapping(context, inner["aliases"].value, "correlation.aliases")
    if len(written) > MAX_ALIASES:
        raise _wrong(context, inner["aliases"].value, f"correlation.aliases: more than {MAX_ALIASES}; remove some")
    for alias, entry in written.items():
        what = f"correlation.aliases.{quoted(alias)}"
        if not alias.strip() or "@" in alias:
            raise _wrong(context, entry.key, f"{what}: an alias has a name without `@`")
        aliases[alias] = {}
        for rule, of_rule in mapping(context, entry.value, what).items():
            if rule not in rules:
                message = f"{what}: {quoted(rule)} is not among the correlation's rules; {suggest(rule, rules)}"
                raise _wrong(context, of_rule.key, message)
            name = text(context, of_rule.value, what)
            _check_field(context, of_rule.value, name, {})
            aliases[alias][rule] = name
        missing = [rule for rule in rules if rule not in aliases[alias]]
        if missing:
            raise _wrong(context, entry.key, f"{what}: has no field for {quoted(missing[0])}; name one for every rule")
    return aliases


def _generate(context: ParseContext, inner: dict[str, Entry], node: Node, entries: dict[str, Entry]) -> bool:
    if "generate" not in inner:
        node_ = entries["generate"].key if "generate" in entries else node
        raise context.error(node_, _GENERATE, "generate")
    return boolean(context, inner["generate"].value, "correlation.generate")


def _threshold(
    context: ParseContext, inner: dict[str, Entry], node: Node, kind: CorrelationType, rules: tuple[str, ...]
) -> _Threshold:
    if "condition" not in inner:
        if kind in _TEMPORAL:
            return _Threshold(len(rules))
        raise _wrong(context, node, "correlation: condition is missing; write one such as `condition: {gte: 10}`")
    place = inner["condition"].value
    if not isinstance(place, MappingNode):
        return _expression(context, place, kind, rules)
    entries = mapping(context, place, "correlation.condition")
    for op in _CLOSING:
        if op in entries:
            raise _wrong(context, entries[op].key, f"correlation.condition: {op} {_TOO_LATE}; use gte or gt")
    check_keys(context, entries, ("gte", "gt", "field"), "correlation.condition")
    if ("gte" in entries) == ("gt" in entries):
        raise _wrong(context, place, "correlation.condition: needs one of gte and gt")
    op = "gte" if "gte" in entries else "gt"
    at_least = whole_number(context, entries[op].value, f"correlation.condition.{op}") + (op == "gt")
    if not 1 <= at_least <= MAX_THRESHOLD:
        message = f"correlation.condition: the count must lie between 1 and {MAX_THRESHOLD:,}"
        raise _wrong(context, entries[op].value, message)
    if kind in _TEMPORAL and at_least != len(rules):
        message = f"correlation.condition: {kind} fires when all {len(rules)} rules have matched; remove the condition"
        raise _wrong(context, place, message)
    return _Threshold(at_least, _counted(context, entries, place, kind))


def _counted(context: ParseContext, entries: dict[str, Entry], place: Node, kind: CorrelationType) -> str:
    if kind != "value_count":
        if "field" in entries:
            message = f"correlation.condition: {kind} counts no field; remove it, or make it a value_count"
            raise _wrong(context, entries["field"].key, message)
        return ""
    names = texts(context, entries["field"].value, "correlation.condition.field") if "field" in entries else ()
    if len(names) != 1:
        raise _wrong(
            context, place, "correlation.condition: value_count needs `field`, one field whose values are counted"
        )
    return names[0]


def _expression(context: ParseContext, place: Node, kind: CorrelationType, rules: tuple[str, ...]) -> _Threshold:
    """``all``, or all rules joined with ``and``; anything else is decided only at the end of the window."""
    if kind not in _TEMPORAL:
        raise _wrong(context, place, f"correlation.condition: {kind} needs a mapping such as {{gte: 10}}")
    written = text(context, place, "correlation.condition")
    words = written.split()
    if "not" in words:
        raise _wrong(context, place, f"correlation.condition: `not` {_TOO_LATE}; remove it")
    joined = words[1::2] == ["and"] * (len(words) // 2) and set(words[::2]) == set(rules)
    if written != "all" and not joined:
        raise _wrong(context, place, _ONLY_ALL)
    return _Threshold(len(rules))


def _wrong(context: ParseContext, node: Node, message: str) -> Exception:
    return context.error(node, message, "correlation")

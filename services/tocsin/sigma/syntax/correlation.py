"""A document with a ``correlation``: what shows only over time, in events that match other rules."""

from typing import NamedTuple, get_args

from yaml.nodes import MappingNode, Node

from tocsin.sigma.fields import names as field_names
from tocsin.sigma.syntax import metadata
from tocsin.sigma.syntax.documents import Correlation, CorrelationType
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import Entry, count, mapping, only, seconds, text, texts, truth
from tocsin.sigma.syntax.suggestions import hint

MAX_RULES = 64
"""That one correlation refers to."""
MAX_GROUP = 16
"""Fields that it groups by."""
MAX_ALIASES = 64
MAX_THRESHOLD = 1_000_000
KEPT_S = 86_400.0
"""For so long signals are kept, from which windows are rebuilt after a restart."""
_KEYS = ("type", "rules", "group-by", "timespan", "timeframe", "condition", "aliases", "generate", "x-repeat")
_TYPES: tuple[CorrelationType, ...] = get_args(CorrelationType)
_NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")
_OUTCOMES = ("observed", "confirmed")
_TEMPORAL = ("temporal", "temporal_ordered")
_CLOSING = ("lt", "lte", "eq", "neq")
_TOO_LATE = "is decided only once the window has closed, and an alert does not wait for that"
_ONLY_ALL = (
    "correlation.condition: only `all` can be written here, or all rules with `and` between them; "
    "for `or` write a correlation for each"
)
_GENERATE = (
    "correlation: generate must be written out, inside `correlation`: "
    "true lets its rules alert by themselves, false does not"
)


class _Threshold(NamedTuple):
    at_least: int
    field: str = ""


def correlation(page: ParseContext, entries: dict[str, Entry], root: Node, source: str) -> Correlation:
    """The correlation at *root*."""
    said = metadata.about(page, entries, root, source)
    metadata.is_native(page, entries)
    for key in ("x-silence", "x-existing", "x-requires"):
        if key in entries:
            raise page.error(entries[key].key, f"{key}: does not belong to a correlation; remove it", "unknown-key")
    node = entries["correlation"].value
    inner = mapping(page, node, "correlation")
    only(page, inner, _KEYS, "correlation")
    kind = _type(page, inner, node)
    rules = _rules(page, inner, node, kind)
    timespan_s = _timespan(page, inner, node)
    aliases = _aliases(page, inner, rules)
    threshold = _threshold(page, inner, node, kind, rules)
    if threshold.field and threshold.field not in aliases:
        _check_field(page, inner["condition"].value, threshold.field, aliases)
    repeat = inner.get("x-repeat") or entries.get("x-repeat")
    return Correlation(
        **said,
        level=metadata.level(page, entries, root),
        type=kind,
        rules=rules,
        group_by=_group_by(page, inner, aliases),
        timespan_s=timespan_s,
        threshold=threshold.at_least,
        field=threshold.field,
        aliases=aliases,
        generate=_generate(page, inner, node, entries),
        repeat_s=seconds(page, repeat.value, "x-repeat") if repeat else timespan_s,
        confirms=_confirms(page, entries),
        tests=metadata.tests(page, entries),
    )


def _confirms(page: ParseContext, entries: dict[str, Entry]) -> bool:
    if "x-outcome" not in entries:
        return False
    place = entries["x-outcome"].value
    written = text(page, place, "x-outcome")
    if written not in _OUTCOMES:
        raise _wrong(page, place, f"x-outcome: {shown(written)} is not known; write one of {', '.join(_OUTCOMES)}")
    return written == _OUTCOMES[1]


def _type(page: ParseContext, inner: dict[str, Entry], node: Node) -> CorrelationType:
    if "type" not in inner:
        raise _wrong(page, node, f"correlation: type is missing; write one of {', '.join(_TYPES)}")
    place = inner["type"].value
    written = text(page, place, "correlation.type")
    if written in _NUMERIC:
        raise _wrong(page, place, f"correlation.type: {written} is not taken; events here have no numbers to add up")
    found = next((known for known in _TYPES if known == written), None)
    if found is None:
        raise _wrong(page, place, f"correlation.type: {shown(written)} is none; {hint(written, _TYPES)}")
    return found


def _rules(page: ParseContext, inner: dict[str, Entry], node: Node, kind: CorrelationType) -> tuple[str, ...]:
    if "rules" not in inner:
        raise _wrong(page, node, "correlation: rules is missing; list the ids or names of the rules")
    place = inner["rules"].value
    rules = texts(page, place, "correlation.rules")
    if not rules:
        raise _wrong(page, place, "correlation.rules: is empty; list the ids or names of the rules")
    if len(rules) > MAX_RULES:
        raise page.error(place, f"correlation.rules: more than {MAX_RULES}; split the correlation", "too-large")
    if len(set(rules)) < len(rules):
        raise _wrong(page, place, "correlation.rules: one rule stands there twice; remove it")
    if kind in _TEMPORAL and len(rules) < 2:
        raise _wrong(page, place, f"correlation.rules: {kind} needs two rules or more")
    return rules


def _timespan(page: ParseContext, inner: dict[str, Entry], node: Node) -> float:
    written = inner.get("timespan") or inner.get("timeframe")
    if written is None:
        raise _wrong(page, node, "correlation: timespan is missing; write one such as `timespan: 5m`")
    timespan_s = seconds(page, written.value, "correlation.timespan")
    if timespan_s > KEPT_S:
        told = "correlation.timespan: signals are kept for a day; after a restart a longer window is counted in part"
        page.warn(written.value, told, "timespan")
    return timespan_s


def _group_by(page: ParseContext, inner: dict[str, Entry], aliases: dict[str, dict[str, str]]) -> tuple[str, ...]:
    if "group-by" not in inner:
        return ()
    place = inner["group-by"].value
    names = tuple(dict.fromkeys(texts(page, place, "correlation.group-by")))
    if len(names) > MAX_GROUP:
        raise _wrong(page, place, f"correlation.group-by: more than {MAX_GROUP} fields; group by fewer")
    for name in names:
        if name not in aliases:
            _check_field(page, place, name, aliases)
    return names


def _check_field(page: ParseContext, place: Node, name: str, aliases: dict[str, dict[str, str]]) -> None:
    refused = field_names.refusal(name, native=True)
    if refused:
        known = f"; aliases are {', '.join(sorted(aliases))}" if aliases else ""
        raise page.error(place, f"correlation: {refused}{known}", "unknown-field")


def _aliases(page: ParseContext, inner: dict[str, Entry], rules: tuple[str, ...]) -> dict[str, dict[str, str]]:
    if "aliases" not in inner:
        return {}
    found: dict[str, dict[str, str]] = {}
    written = mapping(page, inner["aliases"].value, "correlation.aliases")
    if len(written) > MAX_ALIASES:
        raise _wrong(page, inner["aliases"].value, f"correlation.aliases: more than {MAX_ALIASES}; remove some")
    for alias, entry in written.items():
        what = f"correlation.aliases.{shown(alias)}"
        if not alias.strip() or "@" in alias:
            raise _wrong(page, entry.key, f"{what}: an alias has a name without `@`")
        found[alias] = {}
        for rule, of_rule in mapping(page, entry.value, what).items():
            if rule not in rules:
                told = f"{what}: {shown(rule)} is not among the correlation's rules; {hint(rule, rules)}"
                raise _wrong(page, of_rule.key, told)
            name = text(page, of_rule.value, what)
            _check_field(page, of_rule.value, name, {})
            found[alias][rule] = name
        missing = [rule for rule in rules if rule not in found[alias]]
        if missing:
            raise _wrong(page, entry.key, f"{what}: has no field for {shown(missing[0])}; name one for every rule")
    return found


def _generate(page: ParseContext, inner: dict[str, Entry], node: Node, entries: dict[str, Entry]) -> bool:
    if "generate" not in inner:
        place = entries["generate"].key if "generate" in entries else node
        raise page.error(place, _GENERATE, "generate")
    return truth(page, inner["generate"].value, "correlation.generate")


def _threshold(
    page: ParseContext, inner: dict[str, Entry], node: Node, kind: CorrelationType, rules: tuple[str, ...]
) -> _Threshold:
    if "condition" not in inner:
        if kind in _TEMPORAL:
            return _Threshold(len(rules))
        raise _wrong(page, node, "correlation: condition is missing; write one such as `condition: {gte: 10}`")
    place = inner["condition"].value
    if not isinstance(place, MappingNode):
        return _expression(page, place, kind, rules)
    entries = mapping(page, place, "correlation.condition")
    for op in _CLOSING:
        if op in entries:
            raise _wrong(page, entries[op].key, f"correlation.condition: {op} {_TOO_LATE}; use gte or gt")
    only(page, entries, ("gte", "gt", "field"), "correlation.condition")
    if ("gte" in entries) == ("gt" in entries):
        raise _wrong(page, place, "correlation.condition: needs one of gte and gt")
    op = "gte" if "gte" in entries else "gt"
    at_least = count(page, entries[op].value, f"correlation.condition.{op}") + (op == "gt")
    if not 1 <= at_least <= MAX_THRESHOLD:
        told = f"correlation.condition: the count must lie between 1 and {MAX_THRESHOLD:,}"
        raise _wrong(page, entries[op].value, told)
    if kind in _TEMPORAL and at_least != len(rules):
        told = f"correlation.condition: {kind} fires when all {len(rules)} rules have matched; remove the condition"
        raise _wrong(page, place, told)
    return _Threshold(at_least, _counted(page, entries, place, kind))


def _counted(page: ParseContext, entries: dict[str, Entry], place: Node, kind: CorrelationType) -> str:
    if kind != "value_count":
        if "field" in entries:
            told = f"correlation.condition: {kind} counts no field; remove it, or make it a value_count"
            raise _wrong(page, entries["field"].key, told)
        return ""
    names = texts(page, entries["field"].value, "correlation.condition.field") if "field" in entries else ()
    if len(names) != 1:
        raise _wrong(
            page, place, "correlation.condition: value_count needs `field`, one field whose values are counted"
        )
    return names[0]


def _expression(page: ParseContext, place: Node, kind: CorrelationType, rules: tuple[str, ...]) -> _Threshold:
    """``all``, or all the rules with ``and`` between them; nothing else holds before the window has closed."""
    if kind not in _TEMPORAL:
        raise _wrong(page, place, f"correlation.condition: {kind} needs a mapping such as {{gte: 10}}")
    written = text(page, place, "correlation.condition")
    words = written.split()
    if "not" in words:
        raise _wrong(page, place, f"correlation.condition: `not` {_TOO_LATE}; leave it out")
    joined = words[1::2] == ["and"] * (len(words) // 2) and set(words[::2]) == set(rules)
    if written != "all" and not joined:
        raise _wrong(page, place, _ONLY_ALL)
    return _Threshold(len(rules))


def _wrong(page: ParseContext, node: Node, told: str) -> Exception:
    return page.error(node, told, "correlation")

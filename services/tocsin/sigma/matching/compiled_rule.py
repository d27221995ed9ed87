"""A compiled rule with its filters and silences."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import Predicate, predicate
from tocsin.sigma.syntax.documents import Filter, Logsource, Rule


class Hit(Struct, frozen=True, gc=False):
    """A rule that matches."""

    rule: Rule
    silenced_by: Filter | None = None
    """The silence that excludes it from the severity."""


class CompiledRule(Struct, frozen=True, gc=False):
    """One rule, ready to match events."""

    rule: Rule
    filters: tuple[Filter, ...]
    """All filters that apply to it, including silences."""
    holds: Predicate
    """Its condition, and those of all filters that are not silences."""
    hit: Hit
    """The hit without an active silence."""
    silences: tuple[tuple[Filter, Predicate], ...] = ()
    """A silence applies to an event if its condition does *not* hold."""


def filters_by_rule(filters: Sequence[Filter], rules: Iterable[Rule]) -> dict[str, tuple[Filter, ...]]:
    """The filters of each rule, by rule id: those that name it, and those for any rule of its logsource."""
    named: dict[str, list[Filter]] = {}
    for each in filters:
        for id in each.rules:
            named.setdefault(id, []).append(each)
    general = [each for each in filters if not each.rules]
    by_rule = {}
    for rule in rules:
        selected = [*named.get(rule.id, ()), *(each for each in general if _within(rule.logsource, each.logsource))]
        if selected:
            by_rule[rule.id] = tuple(selected)
    return by_rule


def _within(narrow: Logsource, wide: Logsource) -> bool:
    """Whether *narrow* is within *wide*; an empty field of *wide* includes everything."""
    pairs = ((narrow.category, wide.category), (narrow.product, wide.product), (narrow.service, wide.service))
    return all(not there or here == there for here, there in pairs)


def compile_rule(rule: Rule, filters: tuple[Filter, ...], previous: Mapping[str, CompiledRule]) -> CompiledRule:
    """*rule* compiled with its *filters*, or that of *previous* if both are the same; ``ValueError`` as `predicate`."""
    earlier = previous.get(rule.id)
    if earlier is not None and earlier.rule is rule and earlier.filters == filters:
        return earlier
    passes = [_once(each) for each in filters if each.silence is None]
    return CompiledRule(
        rule=rule,
        filters=filters,
        hit=Hit(rule),
        holds=_and(predicate(rule.condition), *passes),
        silences=tuple((each, _once(each)) for each in filters if each.silence is not None),
    )


def _and(condition: Predicate, *passes: Predicate) -> Predicate:
    """The rule's condition comes first: it fails more often than a filter."""
    if not passes:
        return condition
    if len(passes) == 1:
        only = passes[0]
        return lambda record: condition(record) and only(record)
    return lambda record: condition(record) and all(each(record) for each in passes)


def _once(filter: Filter) -> Predicate:
    """The condition of *filter*, which several rules share, evaluated once per event."""
    inner = predicate(filter.condition)
    key = filter.id

    def passes(record: EventRecord) -> bool:
        known = record.passed.get(key)
        if known is None:
            known = record.passed[key] = inner(record)
        return known

    return passes

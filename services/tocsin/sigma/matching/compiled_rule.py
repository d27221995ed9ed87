"""A rule with what is taken out of it, compiled."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import Predicate, predicate
from tocsin.sigma.syntax.documents import Filter, Logsource, Rule


class Hit(Struct, frozen=True, gc=False):
    """A rule that matched."""

    rule: Rule
    silenced_by: Filter | None = None
    """The silence that takes it out of the grading."""


class Compiled(Struct, frozen=True, gc=False):
    """One rule, ready to be held against an event."""

    rule: Rule
    filters: tuple[Filter, ...]
    """All that apply to it, silences among them."""
    holds: Predicate
    """Its condition, and those of all filters that are no silences."""
    hit: Hit
    """What a match of it is, where no silence is in force."""
    silences: tuple[tuple[Filter, Predicate], ...] = ()
    """Each is in force where its condition does *not* hold."""


def applying(filters: Sequence[Filter], rules: Iterable[Rule]) -> dict[str, tuple[Filter, ...]]:
    """Rule id to the filters that apply: those that name it, and those for any rule of its logsource."""
    named: dict[str, list[Filter]] = {}
    for each in filters:
        for id in each.rules:
            named.setdefault(id, []).append(each)
    general = [each for each in filters if not each.rules]
    found = {}
    for rule in rules:
        chosen = [*named.get(rule.id, ()), *(each for each in general if _within(rule.logsource, each.logsource))]
        if chosen:
            found[rule.id] = tuple(chosen)
    return found


def _within(narrow: Logsource, wide: Logsource) -> bool:
    """Whether what *wide* says is true of *narrow*; what it leaves open always is."""
    pairs = ((narrow.category, wide.category), (narrow.product, wide.product), (narrow.service, wide.service))
    return all(not there or here == there for here, there in pairs)


def compiled(rule: Rule, filters: tuple[Filter, ...], previous: Mapping[str, Compiled]) -> Compiled:
    """*rule* with its *filters*, taken over from *previous* where both are the same; ``ValueError`` as `predicate`."""
    known = previous.get(rule.id)
    if known is not None and known.rule is rule and known.filters == filters:
        return known
    passes = [_once(each) for each in filters if each.silence is None]
    return Compiled(
        rule=rule,
        filters=filters,
        hit=Hit(rule),
        holds=_and(predicate(rule.condition), *passes),
        silences=tuple((each, _once(each)) for each in filters if each.silence is not None),
    )


def _and(condition: Predicate, *passes: Predicate) -> Predicate:
    """The rule's own condition first: it fails more often than a filter."""
    if not passes:
        return condition
    if len(passes) == 1:
        only = passes[0]
        return lambda record: condition(record) and only(record)
    return lambda record: condition(record) and all(each(record) for each in passes)


def _once(filter: Filter) -> Predicate:
    """The condition of *filter*, which several rules ask for, worked out once for an event."""
    inner = predicate(filter.condition)
    key = filter.id

    def passes(record: EventRecord) -> bool:
        known = record.passed.get(key)
        if known is None:
            known = record.passed[key] = inner(record)
        return known

    return passes

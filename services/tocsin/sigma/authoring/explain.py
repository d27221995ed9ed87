"""Explains why a rule matches an event or not: its condition as a tree, each part with its result and the values."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from tocsin.model.text import truncate
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Not, Or, Pattern, Wild

MAX_VALUES = 8
MAX_CHARACTERS = 256
"""Of each value, as in an alert."""
_KEYWORDS = "CommandLine"
"""The field that a keyword searches."""
_SHOWN_ALTERNATIVES = 8
"""Further failing alternatives are only counted."""


class Explanation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one part of a condition for one event."""

    passed: bool
    text: str
    values: tuple[str, ...] | None = None
    """The values of the field; empty if the event has none, ``None`` if the part has no field."""
    items: tuple["Explanation", ...] = ()


def rule(chosen: Rule, record: EventRecord, filters: Iterable[Filter] = (), *, time_ns: int = 0) -> Explanation:
    """Everything that decides whether *chosen* matches: kind, condition and *filters*."""
    items = [_kind(chosen, record), *_existing(chosen, record), node(chosen.condition, record)]
    silences = []
    for each in filters:
        if each.silence is None:
            items.append(_filter(each, record))
        elif items[-1].passed and time_ns < each.silence.expires_ns:
            silences.append(_filter(each, record))
    passed = all(item.passed for item in items)
    text = f"rule {chosen.title!r} ({chosen.level})"
    if passed and not all(each.passed for each in silences):
        text += ", silenced"
    return Explanation(passed=passed, text=text, items=(*items, *silences))


def correlation(chosen: Correlation, record: EventRecord, ruleset: RuleSet, *, time_ns: int = 0) -> Explanation:
    """Whether one of the rules of *chosen* matches, so that the event counts, and the key."""
    documents: dict[str, Rule | Correlation] = {each.id: each for each in ruleset.rules}
    documents.update((each.id, each) for each in ruleset.correlations)
    items = []
    for each in (documents[id] for id in chosen.rules if id in documents):
        if isinstance(each, Correlation):
            items.append(correlation(each, record, ruleset, time_ns=time_ns))
            continue
        below = rule(each, record, ruleset.filters_of(each), time_ns=time_ns)
        missing = [_key(key, chosen.aliases.get(key, {}).get(each.id, key), record) for key in chosen.group_by]
        items += [below, *missing] if below.passed else [below]
    passed = any(item.passed and item.items for item in items) and all(item.passed for item in items if not item.items)
    return Explanation(passed=passed, text=f"counts for {chosen.title!r} ({chosen.type})", items=tuple(items))


def _key(key: str, field: str, record: EventRecord) -> Explanation:
    values = _values(field, record)
    name = key if key == field else f"{key} ({field})"
    return Explanation(passed=bool(values), text=f"has the key {name}", values=values)


def why_not(chosen: Rule, record: EventRecord, filters: Iterable[Filter] = ()) -> str:
    """The first parts that fail, on one line; empty if none fails."""
    reasons = list(_failures(rule(chosen, record)))
    if not reasons:
        excluding = (each for each in filters if each.silence is None and not predicate(each.condition)(record))
        reasons = [f"the filter {each.title!r} ({each.file}) excludes it" for each in excluding]
    return "; ".join(reasons[:3]) + (f" (and {len(reasons) - 3} more)" if len(reasons) > 3 else "")


def _failures(explained: Explanation, *, inverted: bool = False) -> Iterable[str]:
    if explained.passed != inverted:
        return
    if not explained.items:
        yield _with_values(explained)
        return
    turned = inverted != (explained.text == "not")
    for item in explained.items:
        yield from _failures(item, inverted=turned)


def _with_values(explained: Explanation) -> str:
    if explained.values is None:
        return explained.text
    shown = ", ".join(repr(value) for value in explained.values[:2]) or "missing"
    return f"{explained.text}: it is {shown}"


def _kind(chosen: Rule, record: EventRecord) -> Explanation:
    kinds = " or ".join(sorted(chosen.kinds)) or "any"
    passed = not chosen.kinds or record.kind in chosen.kinds
    return Explanation(passed=passed, text=f"kind of event is {kinds}", values=(record.kind,))


def _existing(chosen: Rule, record: EventRecord) -> list[Explanation]:
    if not record.existing:
        return []
    text = "a process that ran before the agent is judged only with x-existing: true"
    return [Explanation(passed=chosen.existing, text=text)]


def _filter(each: Filter, record: EventRecord) -> Explanation:
    inner = node(each.condition, record)
    if each.silence is not None:
        text = f"silence {each.title!r} {'does not apply' if inner.passed else 'excludes it from the severity'}"
    else:
        text = f"filter {each.title!r} {'does not apply' if inner.passed else 'excludes it'}"
    return Explanation(passed=inner.passed, text=text, items=(inner,))


def node(condition: Node, record: EventRecord) -> Explanation:
    """*condition* and all its parts; each is decided by the engine's own `predicate`."""
    passed = predicate(condition)(record)
    if isinstance(condition, Atom):
        return Explanation(passed=passed, text=describe(condition), values=_values(condition.field, record))
    if isinstance(condition, And):
        return Explanation(passed=passed, text="all of", items=tuple(node(item, record) for item in condition.items))
    if isinstance(condition, Or):
        return Explanation(passed=passed, text="one of", items=_alternatives(condition.items, record))
    if isinstance(condition, Not):
        return Explanation(passed=passed, text="not", items=(node(condition.item, record),))
    if isinstance(condition, Named):
        return Explanation(passed=passed, text=condition.name, items=(node(condition.item, record),))
    return Explanation(passed=passed, text="always" if condition.value else "never")


def _alternatives(items: Sequence[Node], record: EventRecord) -> tuple[Explanation, ...]:
    """All alternatives that hold, and the first ones that do not: a rule may have a thousand."""
    if len(items) <= _SHOWN_ALTERNATIVES:
        return tuple(node(item, record) for item in items)
    holding = [item for item in items if predicate(item)(record)][:_SHOWN_ALTERNATIVES]
    failing = [item for item in items if item not in holding]
    room = max(1, _SHOWN_ALTERNATIVES - len(holding))
    shown = [node(item, record) for item in [*holding, *failing[:room]]]
    left_out = len(items) - len(shown)
    return (*shown, Explanation(passed=False, text=f"… and {left_out} further alternatives"))


def _values(field: str, record: EventRecord) -> tuple[str, ...]:
    values = record.values(field or _KEYWORDS)
    return tuple(truncate(value, MAX_CHARACTERS) for value in values[:MAX_VALUES])


def describe(atom: Atom) -> str:
    """One comparison as text on one line: ``Image endswith '/bash'``."""
    field = atom.field or "keyword in CommandLine:"
    return f"{field} {_WORDS[atom.op](atom)}" + (" (cased)" if atom.cased and atom.op != "re" else "")


def _pattern(parts: Pattern) -> str:
    return repr("".join(part.value if isinstance(part, Wild) else part for part in parts))


def _fieldref(atom: Atom) -> str:
    return f"{'=' if atom.mode == 'eq' else atom.mode} field {atom.value}"


def _plain(word: str) -> Callable[[Atom], str]:
    return lambda atom: f"{word} {_literal(atom)}"


def _literal(atom: Atom) -> str:
    if isinstance(atom.value, tuple):
        return _pattern(atom.value)
    return repr(truncate(atom.value, MAX_CHARACTERS)) if isinstance(atom.value, str) else str(atom.value)


_WORDS: dict[str, Callable[[Atom], str]] = {
    "eq": _plain("="),
    "contains": _plain("contains"),
    "startswith": _plain("startswith"),
    "endswith": _plain("endswith"),
    "like": lambda atom: f"like {_literal(atom)}",
    "re": _plain("matches"),
    "cidr": _plain("in"),
    "lt": _plain("<"),
    "lte": _plain("<="),
    "gt": _plain(">"),
    "gte": _plain(">="),
    "exists": lambda atom: "exists" if atom.value else "is missing",
    "null": lambda atom: "is missing",
    "fieldref": _fieldref,
}

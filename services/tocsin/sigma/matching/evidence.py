"""The evidence of a match: the fields of an event that matched a rule, with their values."""

from collections.abc import Callable, Iterable, Sequence

from tocsin.model.alert import Match
from tocsin.sigma.fields.event_view import SEAM
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import FORMS, LONG_CHARACTERS, matches_field, predicate, searched_field
from tocsin.sigma.matching.operators import is_numeric, normalized, value_test
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or

MOST = 8
CHARACTERS = 256
_BEFORE = 64
"""A long value is cut to the part around the match, from this many characters before it."""
_KEYWORD = "CommandLine"
_MOST_KNOWN = 4096

_Found = list[Match] | None
"""The fields for which a part of a condition holds; ``None`` if it does not."""
_Evidence = Callable[[EventRecord], _Found]

_known: dict[int, tuple[Rule, _Evidence]] = {}
"""Cache by identity, since the hash of a rule covers its whole condition."""


def matched_fields(rule: Rule, record: EventRecord) -> tuple[Match, ...]:
    """Up to `MOST` pairs of field and value for which *rule* matches *record*; none if it does not match."""
    cached = _known.get(id(rule))
    if cached is None or cached[0] is not rule:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        cached = _known[id(rule)] = (rule, _evidence(rule.condition))
    return tuple(dict.fromkeys(cached[1](record) or ()))[:MOST]


def _evidence(node: Node) -> _Evidence:
    if isinstance(node, Atom):
        return _of_atoms([node])
    if isinstance(node, Named):
        return _evidence(node.item)
    if isinstance(node, Const):
        always: _Found = [] if node.value else None
        return lambda record: always
    if isinstance(node, Not):
        inner = predicate(node.item)
        return lambda record: None if inner(record) else []
    if isinstance(node, And):
        return _of_all(tuple(map(_evidence, node.items)))
    return _of_any(node.items)


def _of_all(parts: Sequence[_Evidence]) -> _Evidence:
    def every(record: EventRecord) -> _Found:
        matches: list[Match] = []
        for part in parts:
            more = part(record)
            if more is None:
                return None
            matches += more
        return matches

    return every


def _of_any(items: Iterable[Node]) -> _Evidence:
    """Comparisons of one field are combined: they have the same evidence."""
    atoms: dict[str, list[Atom]] = {}
    parts: list[_Evidence] = []
    for item in items:
        inner = item.item if isinstance(item, Named) else item
        if isinstance(inner, Atom):
            atoms.setdefault(inner.field, []).append(inner)
        else:
            parts.append(_evidence(inner))
    parts += map(_of_atoms, atoms.values())

    def some(record: EventRecord) -> _Found:
        matches: _Found = None
        for part in parts:
            more = part(record)
            if more is not None:
                matches = more if matches is None else matches + more
                if len(matches) >= MOST:
                    break
        return matches

    return some if len(parts) != 1 else parts[0]


def _of_atoms(given: Sequence[Atom]) -> _Evidence:
    """One of several comparisons of one field."""
    holds = predicate(Or(tuple(given)))
    name, field = given[0].field or _KEYWORD, canonical(given[0].field)
    forms = field in FORMS  # all its values are forms of one text
    tests = [
        (atom, searched_field(field, atom.op), _test(atom, field))
        for atom in map(normalized, given)
        if not _absent(atom)
    ]

    def evidence(record: EventRecord) -> _Found:
        if not holds(record):
            return None
        values = record.values(field)
        if values and len(values[0]) <= CHARACTERS and (forms or len(values) == 1):
            return [Match(name, values[0].replace(SEAM, ""))]
        for atom, looked, test in tests:
            for value in record.values(looked):
                if test(record, value):
                    return [Match(name, _shown(value, _place(atom, value)))]
        return []

    return evidence


def _absent(atom: Atom) -> bool:
    """Whether *atom* requires an absent field."""
    return atom.op == "null" or (atom.op == "exists" and atom.value is False)


def _test(atom: Atom, name: str) -> Callable[[EventRecord, str], bool]:
    """The test of one value."""
    field = searched_field(name, atom.op)
    if atom.op == "exists":
        return lambda record, value: True
    if atom.op == "fieldref":
        return lambda record, value: _refers(atom, record, value)
    if atom.op == "contains" and isinstance(atom.value, str) and not atom.cased:
        wanted = atom.value.lower()

        def contains(record: EventRecord, value: str) -> bool:
            if len(value) <= LONG_CHARACTERS:
                return wanted in value.lower()
            texts = record.folded(field)
            return record.contains(field, texts[0], wanted) if len(texts) == 1 else wanted in value.lower()

        return contains
    test = value_test(atom)
    return lambda record, value: test(value)


def _refers(atom: Atom, record: EventRecord, value: str) -> bool:
    text, texts = (value, record.values) if atom.cased else (value.lower(), record.folded)
    return any(matches_field(text, wanted, atom.mode) for wanted in texts(canonical(str(atom.value))))


def _place(atom: Atom, value: str) -> int:
    """The position of the match in *value*, exact enough to cut it."""
    if len(value) <= CHARACTERS or is_numeric(atom) or not isinstance(atom.value, str):
        return 0
    text, wanted = (value, atom.value) if atom.cased else (value.lower(), atom.value.lower())
    if atom.op == "contains":
        return max(text.find(wanted), 0)
    return max(text.rfind(wanted), 0) if atom.op == "endswith" else 0


def _shown(value: str, place: int) -> str:
    start = max(0, min(place - _BEFORE, len(value) - CHARACTERS)) if len(value) > CHARACTERS else 0
    return value[start : start + CHARACTERS].replace(SEAM, "")

"""Compiles conditions to closures over one event."""

from collections.abc import Callable, Iterable, Sequence

from tocsin.sigma.fields.event_parts import part_of
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.operators import is_numeric, like, network, normalized, value_test
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Op, Or

Predicate = Callable[[EventRecord], bool]

LONG_CHARACTERS = 2048
"""In a longer text each literal is searched only once for all rules."""
FORMS = frozenset({"CommandLine", "ParentCommandLine"})
"""Fields with two forms, of which the second is the end of the first: contains and endswith need only the first."""
_EVERYWHERE = frozenset({"contains", "endswith"})
_GROUPED = frozenset({"eq", "contains", "startswith", "endswith"})
_COSTS = {"null": 0, "exists": 0, "eq": 1, "startswith": 2, "endswith": 2, "contains": 3, "fieldref": 5, "like": 6}
_COSTLY = 8
"""The cost of cidr, of comparing numbers, and above all of re."""
_DECODED = 4
"""Additional cost of a field in a part that is decoded on demand."""


def predicate(node: Node) -> Predicate:
    """*node* as a function of one event; ``ValueError`` if a literal is invalid."""
    return _compiled(node)[1]


_Costed = tuple[float, Predicate]


def _compiled(node: Node) -> _Costed:
    if isinstance(node, Atom):
        return _cost(node), _atom(node)
    if isinstance(node, Named):
        return _compiled(node.item)
    if isinstance(node, Not):
        cost, inner = _compiled(node.item)
        return cost, lambda record: not inner(record)
    if isinstance(node, Const):
        value = node.value
        return 0, lambda record: value
    if isinstance(node, And):
        return _all(sorted(map(_compiled, node.items), key=lambda costed: costed[0]))
    return _any(sorted(_alternatives(node.items), key=lambda costed: costed[0]))


def _cost(atom: Atom, literals: int = 1) -> float:
    cost = _COSTS.get(atom.op, _COSTLY) + (_DECODED if part_of(canonical(atom.field)) else 0)
    return cost + (literals / 4 if atom.op == "contains" else 0)


def _all(parts: Sequence[_Costed]) -> _Costed:
    cost, tests = sum(c for c, _ in parts), tuple(test for _, test in parts)
    if len(tests) == 1:
        return parts[0]
    if len(tests) == 2:
        first, second = tests
        return cost, lambda record: first(record) and second(record)

    def every(record: EventRecord) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs twice as much
            if not test(record):
                return False
        return True

    return cost, every


def _any(parts: Sequence[_Costed]) -> _Costed:
    cost, tests = sum(c for c, _ in parts), tuple(test for _, test in parts)
    if len(tests) == 1:
        return parts[0]
    if len(tests) == 2:
        first, second = tests
        return cost, lambda record: first(record) or second(record)

    def some(record: EventRecord) -> bool:
        for test in tests:  # noqa: SIM110
            if test(record):
                return True
        return False

    return cost, some


def _alternatives(nodes: Iterable[Node]) -> list[_Costed]:
    """The parts of an `Or`; comparisons of one field with one operation are combined."""
    groups: dict[tuple[str, Op, bool], list[str]] = {}
    atoms: dict[tuple[str, Op, bool], Atom] = {}
    parts: list[_Costed] = []
    networks: dict[str, list[str]] = {}
    for node in _flat(nodes):
        inner = node.item if isinstance(node, Named) else node
        atom = normalized(inner) if isinstance(inner, Atom) else inner
        if isinstance(atom, Atom) and atom.op in _GROUPED and isinstance(atom.value, str):
            key = (canonical(atom.field), atom.op, atom.cased)
            groups.setdefault(key, []).append(atom.value if atom.cased else atom.value.lower())
            atoms[key] = atom
        elif isinstance(atom, Atom) and atom.op == "cidr":
            networks.setdefault(canonical(atom.field), []).append(str(atom.value))
        else:
            parts.append(_compiled(node))
    for key, literals in groups.items():
        parts.append((_cost(atoms[key], len(literals)), _texts(*key, literals)))
    parts += [(_COSTLY, _values(field, network(*texts))) for field, texts in networks.items()]
    return parts


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        inner = node.item if isinstance(node, Named) else node
        if isinstance(inner, Or):
            yield from _flat(inner.items)
        else:
            yield node


def _atom(given: Atom) -> Predicate:
    atom, field = normalized(given), canonical(given.field)
    if atom.op == "null" or (atom.op == "exists" and atom.value is False):
        return lambda record: not record.values(field)
    if atom.op == "exists":
        return lambda record: bool(record.values(field))
    if atom.op == "fieldref":
        return _reference(atom)
    if atom.op == "like" and isinstance(atom.value, tuple):
        return _values(field, like(atom.value, cased=atom.cased), folded=not atom.cased)
    if atom.op in _GROUPED and not is_numeric(atom):
        if not isinstance(atom.value, str):
            raise ValueError(f"{atom.value!r} is no text")
        return _texts(field, atom.op, atom.cased, [atom.value if atom.cased else atom.value.lower()])
    return _values(field, value_test(atom))


def _values(field: str, test: Callable[[str], bool], *, folded: bool = False) -> Predicate:
    def some(record: EventRecord) -> bool:
        for value in record.folded(field) if folded else record.values(field):  # noqa: SIM110
            if test(value):
                return True
        return False

    return some


def _reference(atom: Atom) -> Predicate:
    field, other, mode, cased = canonical(atom.field), canonical(str(atom.value)), atom.mode, atom.cased

    def holds(record: EventRecord) -> bool:
        texts = record.values if cased else record.folded
        for other_value in texts(other):
            for text in texts(field):
                if matches_field(text, other_value, mode):
                    return True
        return False

    return holds


def matches_field(text: str, other: str, mode: str) -> bool:
    """Whether *text* compares with *other* as a fieldref with *mode* requires."""
    if mode == "contains":
        return other in text
    if mode == "startswith":
        return text.startswith(other)
    return text.endswith(other) if mode == "endswith" else text == other


def searched_field(field: str, op: str) -> str:
    """The field that *op* has to search: only the longer form if the other form is its end."""
    return f"{field}.whole" if op in _EVERYWHERE and field in FORMS else field


def _texts(field: str, op: str, cased: bool, literals: Sequence[str]) -> Predicate:  # noqa: FBT001
    """Whether one value matches one of *literals*, which are in lower case unless *cased*."""
    field = searched_field(field, op)
    literals = tuple(dict.fromkeys(literals))
    if op == "eq":
        return _equal(field, frozenset(literals), cased=cased)
    if op == "contains":
        return _contained_cased(field, literals) if cased else _contained(field, literals)
    if op == "startswith":
        return _starting(field, literals, cased=cased)
    return _ending(field, literals, cased=cased)


def _equal(field: str, literals: frozenset[str], *, cased: bool) -> Predicate:
    if cased:
        return lambda record: not literals.isdisjoint(record.values(field))
    return lambda record: not literals.isdisjoint(record.folded(field))


def _starting(field: str, literals: tuple[str, ...], *, cased: bool) -> Predicate:
    def starts(record: EventRecord) -> bool:
        for value in record.values(field) if cased else record.folded(field):  # noqa: SIM110
            if value.startswith(literals):
                return True
        return False

    return starts


def _ending(field: str, literals: tuple[str, ...], *, cased: bool) -> Predicate:
    def ends(record: EventRecord) -> bool:
        for value in record.values(field) if cased else record.folded(field):  # noqa: SIM110
            if value.endswith(literals):
                return True
        return False

    return ends


def _contained_cased(field: str, literals: tuple[str, ...]) -> Predicate:
    def contains(record: EventRecord) -> bool:
        for value in record.values(field):
            for literal in literals:
                if literal in value:
                    return True
        return False

    return contains


def _contained(field: str, literals: tuple[str, ...]) -> Predicate:
    def contains(record: EventRecord) -> bool:
        values = record.folded(field)
        for value in values:
            if len(value) > LONG_CHARACTERS and len(values) == 1:
                for literal in literals:
                    if record.contains(field, value, literal):
                        return True
            else:
                for literal in literals:
                    if literal in value:
                        return True
        return False

    return contains

"""The rules that an event may match: by its kind, by whether it was found running, and by the index of its kind."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.fields.record import EventRecord, Look
from tocsin.sigma.matching.compiled_rule import Compiled
from tocsin.sigma.matching.compiler import searched
from tocsin.sigma.matching.literal_index import Index, automaton
from tocsin.sigma.matching.operators import meant
from tocsin.sigma.matching.required_literals import witness
from tocsin.sigma.matching.specialize import known, narrowed
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or

_FOUND_RUNNING = "exec, found running"
_STUFFED = ("CommandLine.whole", "ParentCommandLine.whole", "arguments")
"""Texts that a program may fill with whatever rules look for."""


class Selection:
    """An index for each kind of event."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        """*rules*, in the order in which they shall be found."""
        self._by_kind = {kind: _index(rules, kind, existing=False) for kind in EVENT_KINDS}
        self._by_kind[_FOUND_RUNNING] = _index([each for each in rules if each.rule.existing], "exec", existing=True)
        self._looks = {field: _look(words) for field in _STUFFED if (words := _words(field, rules))}

    def candidates(self, record: EventRecord) -> list[Compiled]:
        """Every rule that may match *record*; none that does is missing."""
        record.looks = self._looks
        return self._index(record).candidates(record)

    def every(self, record: EventRecord) -> list[Compiled]:
        """All rules for events of the kind of *record*, without looking at it any closer."""
        return self._index(record).rules

    def _index(self, record: EventRecord) -> Index:
        return self._by_kind[_FOUND_RUNNING if record.existing else record.kind]


def _index(rules: Iterable[Compiled], kind: str, *, existing: bool) -> Index:
    given = known(kind, existing=existing)
    chosen = [each for each in rules if not each.rule.kinds or kind in each.rule.kinds]
    return Index([(each, witness(narrowed(each.rule.condition, kind, given))) for each in chosen])


def _words(field: str, rules: Iterable[Compiled]) -> dict[str, str]:
    return {word: word for each in rules for word in _contained(each, field)}


def _look(words: dict[str, str]) -> Look:
    """All of *words* looked for in one pass."""
    iterate, absent = automaton(words).iter, dict.fromkeys(words, False)

    def look(text: str) -> dict[str, bool]:
        known = absent.copy()
        for _, word in iterate(text):
            known[word] = True
        return known

    return look


def _contained(rule: Compiled, field: str) -> Iterator[str]:
    nodes: list[Node] = [rule.rule.condition, *(each.condition for each in rule.filters)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Atom):
            atom = meant(node)
            looked = atom.op == "contains" and not atom.cased and searched(canonical(atom.field), atom.op) == field
            if looked and isinstance(atom.value, str) and atom.value:
                yield atom.value.lower()
        elif isinstance(node, Named | Not):
            nodes.append(node.item)
        elif isinstance(node, And | Or):
            nodes.extend(node.items)
        elif not isinstance(node, Const):
            raise TypeError(f"{type(node).__name__} is no part of a condition")

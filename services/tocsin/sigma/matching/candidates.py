"""The rules that an event may match, by its kind and the literal index of this kind."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.fields.record import EventRecord, LiteralSearch
from tocsin.sigma.matching.compiled_rule import CompiledRule
from tocsin.sigma.matching.compiler import searched_field
from tocsin.sigma.matching.literal_index import LiteralIndex, build_automaton
from tocsin.sigma.matching.operators import normalized
from tocsin.sigma.matching.required_literals import required_literals
from tocsin.sigma.matching.specialize import known_fields, specialize
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or

_FOUND_RUNNING = "exec, found running"
_STUFFED = ("CommandLine.whole", "ParentCommandLine.whole", "arguments")
"""Texts that a program can fill with many literals of rules."""


class CandidateFinder:
    """Finds candidates with an index for each kind of event."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        """*rules* in the order of the results."""
        self._by_kind = {kind: _index(rules, kind, existing=False) for kind in EVENT_KINDS}
        self._by_kind[_FOUND_RUNNING] = _index([each for each in rules if each.rule.existing], "exec", existing=True)
        self._searches = {field: _literal_search(words) for field in _STUFFED if (words := _words(field, rules))}

    def candidates(self, record: EventRecord) -> list[CompiledRule]:
        """Every rule that may match *record*; no matching rule is missing."""
        record.searches = self._searches
        return self._index(record).candidates(record)

    def every(self, record: EventRecord) -> list[CompiledRule]:
        """All rules for the kind of *record*, without using the index."""
        return self._index(record).rules

    def _index(self, record: EventRecord) -> LiteralIndex:
        return self._by_kind[_FOUND_RUNNING if record.existing else record.kind]


def _index(rules: Iterable[CompiledRule], kind: str, *, existing: bool) -> LiteralIndex:
    known_ = known_fields(kind, existing=existing)
    selected = [each for each in rules if not each.rule.kinds or kind in each.rule.kinds]
    return LiteralIndex([(each, required_literals(specialize(each.rule.condition, kind, known_))) for each in selected])


def _words(field: str, rules: Iterable[CompiledRule]) -> dict[str, str]:
    return {word: word for each in rules for word in _contained(each, field)}


def _literal_search(words: dict[str, str]) -> LiteralSearch:
    """A search for all *words* in one pass."""
    iterate, absent = build_automaton(words).iter, dict.fromkeys(words, False)

    def search(text: str) -> dict[str, bool]:
        occurs = absent.copy()
        for _, word in iterate(text):
            occurs[word] = True
        return occurs

    return search


def _contained(rule: CompiledRule, field: str) -> Iterator[str]:
    nodes: list[Node] = [rule.rule.condition, *(each.condition for each in rule.filters)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Atom):
            atom = normalized(node)
            is_searched = (
                atom.op == "contains" and not atom.cased and searched_field(canonical(atom.field), atom.op) == field
            )
            if is_searched and isinstance(atom.value, str) and atom.value:
                yield atom.value.lower()
        elif isinstance(node, Named | Not):
            nodes.append(node.item)
        elif isinstance(node, And | Or):
            nodes.extend(node.items)
        elif not isinstance(node, Const):
            raise TypeError(f"{type(node).__name__} is not a part of a condition")

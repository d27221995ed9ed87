"""What must be in an event for a condition to hold: sets of texts of which one has to be there, derived from the rule.

Sound by construction: a condition holds for no event that lacks its witness, while an event that has it may still not
match. A witness is a list of ways; each way says for one or more places (a field's text, a program's name, an exact
value) which texts are wanted there, one of each. ``None`` is a condition without a witness, an empty list one that
never holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from tocsin.sigma.fields.event_parts import part_of
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.matching.operators import meant, numeric
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Wild

Kind = Literal["part", "name", "exact", "text"]


class Place(NamedTuple):
    """Where a text is looked for; comparing two tells which costs less to look at."""

    kind: Kind
    """``name`` is the last part of a path, ``exact`` a whole value, ``text`` anywhere, all in lower case; ``part`` is a
    part of the event that is there at all."""
    field: str
    """As `Record.values` knows it; of a part its name."""


Way = Mapping[Place, frozenset[str]]
Witness = Sequence[Way]

_EXACT = (
    "event_type function function_name policy_name action signal SYSCALL throttle module.name capability socket.family"
    " socket.type access DestinationPort SourcePort socket.dport pod.namespace kind type Initiated User flags"
)
EXACT = frozenset(_EXACT.split())
"""Fields of few and telling values."""
_PORTS = frozenset({"DestinationPort", "SourcePort", "socket.dport"})
"""Of these an event has a number in one spelling only."""
TEXTS = {
    **dict.fromkeys(("CommandLine", "Image", "arguments"), "CommandLine.whole"),
    **dict.fromkeys(("ParentCommandLine", "ParentImage", "parent.arguments"), "ParentCommandLine.whole"),
    "TargetFilename": "TargetFilename",
    "args": "args",
    "target": "target",
    "CurrentDirectory": "CurrentDirectory",
    "path": "path",
    "ImageLoaded": "path",
}
"""Fields in which texts are looked for, and the field whose text holds theirs: few are looked at for many."""
NAMES = frozenset({"Image", "ParentImage"})
"""Paths whose last part tells much."""

_THERE = frozenset({""})
"""Of a part of the event no text is wanted."""
_MOST_WAYS = 8
_FINAL_SIGMA = "Σ"
"""The one letter whose lower case depends on what follows: a part of a text may not be found in the whole."""
_TEXT_OPS = frozenset({"eq", "contains", "startswith", "endswith"})
_LIKELY = 0.4
"""How much less likely a text is with each further character; only the order matters."""


def witness(node: Node) -> Witness | None:
    """What must be there for *node* to hold."""
    if isinstance(node, Atom):
        return _of_atom(node)
    if isinstance(node, Named):
        return witness(node.item)
    if isinstance(node, Const):
        return None if node.value else []
    if isinstance(node, Not):
        return _of_not(node.item)
    if isinstance(node, And):
        return _of_all(node.items)
    return _of_any(node.items)


def _of_not(item: Node) -> Witness | None:
    if isinstance(item, Named):
        return _of_not(item.item)
    if isinstance(item, Not):
        return witness(item.item)
    return [] if isinstance(item, Const) and item.value else None


def _of_all(items: Iterable[Node]) -> Witness | None:
    found: Witness | None = None
    for item in items:
        other = witness(item)
        if other is None:
            continue
        found = other if found is None else _both(found, other)
        if not found:
            return found
    return found


def _both(one: Witness, other: Witness) -> Witness:
    if len(one) * len(other) > _MOST_WAYS:
        return min(one, other, key=likelihood)
    return [_joined(a, b) for a in one for b in other]


def _joined(one: Way, other: Way) -> Way:
    """Both are wanted; of two sets for one place the less likely one is enough."""
    joined = dict(one)
    for place, texts in other.items():
        known = joined.get(place)
        joined[place] = texts if known is None else min(known, texts, key=_likelihood)
    return joined


def _of_any(items: Iterable[Node]) -> Witness | None:
    ways: dict[frozenset[Place], dict[Place, set[str]]] = {}
    for item in items:
        found = witness(item)
        if found is None:
            return None
        for way in found:
            merged = ways.setdefault(frozenset(way), {place: set() for place in way})
            for place, texts in way.items():
                merged[place] |= texts
    return [{place: frozenset(texts) for place, texts in way.items()} for way in ways.values()]


def likelihood(found: Witness) -> float:
    """How likely an event has it: only for comparing."""
    return sum(min(map(_likelihood, way.values())) for way in found)


def _likelihood(texts: frozenset[str]) -> float:
    return sum(_LIKELY ** min(len(text), 24) for text in texts)


def _of_atom(given: Atom) -> Witness | None:
    atom, field = meant(given), canonical(given.field)
    if atom.op == "null" or (atom.op == "exists" and atom.value is False):
        return None
    part = part_of(field)
    if part:
        return [{Place("part", part): _THERE}]
    exact = _exact(atom, field)
    if exact is not None and field in EXACT:
        return [{Place("exact", field): frozenset({exact})}]
    found = _wanted(atom) if field in TEXTS else ""
    name = found.rpartition("/")[2] if atom.op == "eq" or (atom.op == "endswith" and "/" in found) else ""
    if name and field in NAMES:
        return [{Place("name", field): frozenset({name})}]
    return [{Place("text", TEXTS[field]): frozenset({found})}] if found else None


def _exact(atom: Atom, field: str) -> str | None:
    """The one value that *atom* may hold for, in lower case."""
    if atom.op == "eq" and field in _PORTS and isinstance(atom.value, int):
        return str(atom.value)
    if atom.op != "eq" or numeric(atom) or not isinstance(atom.value, str):
        return None
    return None if atom.cased and _FINAL_SIGMA in atom.value else atom.value.lower()


def _wanted(atom: Atom) -> str:
    """A text that stands in every value that *atom* holds for, in lower case; empty where there is none to name."""
    if atom.op in _TEXT_OPS and isinstance(atom.value, str):
        text = atom.value
    elif atom.op == "like" and isinstance(atom.value, tuple):
        text = max((part for part in atom.value if not isinstance(part, Wild)), key=len, default="")
    else:
        return ""
    return "" if _FINAL_SIGMA in text and atom.cased else text.lower()

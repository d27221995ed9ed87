"""Literals that an event must contain for a condition to hold, derived from the condition.

Sound by construction: a condition holds for no event without its required literals, while an event that has them may
still not match. Required literals are a list of alternatives; an alternative names for one or more locations (a field's
text, a program's name, an exact value) the texts of which one must be there. ``None`` is a condition without required
literals, an empty list one that never holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from tocsin.sigma.fields.event_parts import part_of
from tocsin.sigma.fields.names import canonical
from tocsin.sigma.matching.operators import is_numeric, normalized
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Wild

Kind = Literal["part", "name", "exact", "text"]


class Location(NamedTuple):
    """Where a text is searched."""

    kind: Kind
    """``name`` is the last part of a path, ``exact`` a whole value, ``text`` anywhere, all in lower case; ``part`` is
    the presence of a part of the event."""
    field: str
    """A field of `EventRecord.values`, or the name of a part."""


Alternative = Mapping[Location, frozenset[str]]
RequiredLiterals = Sequence[Alternative]

_EXACT = (
    "event_type function function_name policy_name action signal SYSCALL throttle module.name capability socket.family"
    " socket.type access DestinationPort SourcePort socket.dport pod.namespace kind type Initiated User flags"
)
EXACT = frozenset(_EXACT.split())
"""Fields with few, selective values."""
_PORTS = frozenset({"DestinationPort", "SourcePort", "socket.dport"})
"""Fields whose numbers have only one spelling."""
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
"""Fields with searched texts, and the field that contains their text, so that few fields are searched."""
NAMES = frozenset({"Image", "ParentImage"})
"""Paths with a selective last part."""

_THERE = frozenset({""})
"""The presence of a part needs no text."""
_MOST_WAYS = 8
_FINAL_SIGMA = "Σ"
"""The one letter whose lower case depends on the next letter: a part of a text may differ from the whole."""
_TEXT_OPS = frozenset({"eq", "contains", "startswith", "endswith"})
_LIKELY = 0.4
"""Factor of the likelihood of a text for each further character; only the order matters."""


def required_literals(node: Node) -> RequiredLiterals | None:
    """The literals that *node* requires."""
    if isinstance(node, Atom):
        return _of_atom(node)
    if isinstance(node, Named):
        return required_literals(node.item)
    if isinstance(node, Const):
        return None if node.value else []
    if isinstance(node, Not):
        return _of_not(node.item)
    if isinstance(node, And):
        return _of_all(node.items)
    return _of_any(node.items)


def _of_not(item: Node) -> RequiredLiterals | None:
    if isinstance(item, Named):
        return _of_not(item.item)
    if isinstance(item, Not):
        return required_literals(item.item)
    return [] if isinstance(item, Const) and item.value else None


def _of_all(items: Iterable[Node]) -> RequiredLiterals | None:
    required: RequiredLiterals | None = None
    for item in items:
        other = required_literals(item)
        if other is None:
            continue
        required = other if required is None else _both(required, other)
        if not required:
            return required
    return required


def _both(one: RequiredLiterals, other: RequiredLiterals) -> RequiredLiterals:
    if len(one) * len(other) > _MOST_WAYS:
        return min(one, other, key=likelihood)
    return [_joined(a, b) for a in one for b in other]


def _joined(one: Alternative, other: Alternative) -> Alternative:
    """Both are required; of two sets for one location the less likely one is enough."""
    joined = dict(one)
    for location, texts in other.items():
        known = joined.get(location)
        joined[location] = texts if known is None else min(known, texts, key=_likelihood)
    return joined


def _of_any(items: Iterable[Node]) -> RequiredLiterals | None:
    alternatives: dict[frozenset[Location], dict[Location, set[str]]] = {}
    for item in items:
        required = required_literals(item)
        if required is None:
            return None
        for alternative in required:
            merged = alternatives.setdefault(frozenset(alternative), {location: set() for location in alternative})
            for location, texts in alternative.items():
                merged[location] |= texts
    return [
        {location: frozenset(texts) for location, texts in alternative.items()} for alternative in alternatives.values()
    ]


def likelihood(required: RequiredLiterals) -> float:
    """How likely an event has one of these; only for comparisons."""
    return sum(min(map(_likelihood, alternative.values())) for alternative in required)


def _likelihood(texts: frozenset[str]) -> float:
    return sum(_LIKELY ** min(len(text), 24) for text in texts)


def _of_atom(original: Atom) -> RequiredLiterals | None:
    atom, field = normalized(original), canonical(original.field)
    if atom.op == "null" or (atom.op == "exists" and atom.value is False):
        return None
    part = part_of(field)
    if part:
        return [{Location("part", part): _THERE}]
    exact = _exact(atom, field)
    if exact is not None and field in EXACT:
        return [{Location("exact", field): frozenset({exact})}]
    text = _wanted(atom) if field in TEXTS else ""
    name = text.rpartition("/")[2] if atom.op == "eq" or (atom.op == "endswith" and "/" in text) else ""
    if name and field in NAMES:
        return [{Location("name", field): frozenset({name})}]
    return [{Location("text", TEXTS[field]): frozenset({text})}] if text else None


def _exact(atom: Atom, field: str) -> str | None:
    """The only value that *atom* matches, in lower case."""
    if atom.op == "eq" and field in _PORTS and isinstance(atom.value, int):
        return str(atom.value)
    if atom.op != "eq" or is_numeric(atom) or not isinstance(atom.value, str):
        return None
    return None if atom.cased and _FINAL_SIGMA in atom.value else atom.value.lower()


def _wanted(atom: Atom) -> str:
    """A text in every value that *atom* matches, in lower case; empty if there is none."""
    if atom.op in _TEXT_OPS and isinstance(atom.value, str):
        text = atom.value
    elif atom.op == "like" and isinstance(atom.value, tuple):
        text = max((part for part in atom.value if not isinstance(part, Wild)), key=len, default="")
    else:
        return ""
    return "" if _FINAL_SIGMA in text and atom.cased else text.lower()

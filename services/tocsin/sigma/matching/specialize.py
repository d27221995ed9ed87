"""Specializes a condition for one kind of event: parts with the same result for all these events are precomputed."""

from collections.abc import Mapping

from tocsin.model.hook_names import EXISTING
from tocsin.sigma.fields.names import canonical, field
from tocsin.sigma.matching.operators import normalized, value_test
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or

KnownFields = Mapping[str, tuple[str, ...]]
"""The values of fields that are the same for all events of a kind; empty if the kind does not have the field."""

_SAME: dict[str, dict[str, tuple[str, ...]]] = {
    "exec": {"function": ("execve",), "event_type": ("execve",), "type": ("EXECVE", "SYSCALL"), "SYSCALL": ("execve",)},
    "exit": {"function": ("exit",), "event_type": ("exit",)},
    "loader": {"function": ("load",), "event_type": ("load",)},
    "rate_limit": {"function": ("rate_limit",), "event_type": ("rate_limit",)},
}
_COMPARES_FIELDS = frozenset({"null", "exists", "fieldref"})


def known_fields(kind: str, *, existing: bool = False) -> KnownFields:
    """The known fields of events of *kind*; *existing*: of processes that ran before the agent."""
    fields = {"kind": (kind,), **_SAME.get(kind, {})}
    if kind == "exec":
        fields["existing"] = ("true",) if existing else ("false",)
        fields["event_type"] = (EXISTING,) if existing else ("execve",)
    return fields


def specialize(node: Node, kind: str, given: KnownFields) -> Node:
    """*node* for events of *kind* with the known fields *given*; it matches the same events."""
    if isinstance(node, Atom):
        return _atom(node, kind, given)
    if isinstance(node, Named):
        return specialize(node.item, kind, given)
    if isinstance(node, Not):
        inner = specialize(node.item, kind, given)
        return Const(not inner.value) if isinstance(inner, Const) else Not(inner)
    if isinstance(node, Const):
        return node
    items = [specialize(item, kind, given) for item in node.items]
    decides = isinstance(node, Or)  # the value of one item that decides the whole
    left = tuple(item for item in items if not isinstance(item, Const))
    if any(isinstance(item, Const) and item.value is decides for item in items):
        return Const(decides)
    if not left:
        return Const(not decides)
    if len(left) == 1:
        return left[0]
    return Or(left) if decides else And(left)


def _atom(given_atom: Atom, kind: str, given: KnownFields) -> Node:
    atom, name = normalized(given_atom), canonical(given_atom.field)
    entry = field(name)
    values = () if entry is not None and kind not in entry.kinds else given.get(name)
    if values is None:
        return given_atom
    if atom.op == "null":
        return Const(not values)
    if atom.op == "exists":
        return Const(bool(values) is atom.value)
    if atom.op == "fieldref":
        return given_atom if values else Const(value=False)
    return Const(any(map(value_test(atom), values)))

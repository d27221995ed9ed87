"""A condition as it is for one kind of event: what is certain for all events of that kind is worked out beforehand."""

from collections.abc import Mapping

from tocsin.model.hook_names import EXISTING
from tocsin.sigma.fields.names import canonical, field
from tocsin.sigma.matching.operators import meant, one
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or

Known = Mapping[str, tuple[str, ...]]
"""Field to its values, where they are the same for all events of the kind; no values where it has none."""

_SAME: dict[str, dict[str, tuple[str, ...]]] = {
    "exec": {"function": ("execve",), "event_type": ("execve",), "type": ("EXECVE", "SYSCALL"), "SYSCALL": ("execve",)},
    "exit": {"function": ("exit",), "event_type": ("exit",)},
    "loader": {"function": ("load",), "event_type": ("load",)},
    "rate_limit": {"function": ("rate_limit",), "event_type": ("rate_limit",)},
}
_COMPARES_FIELDS = frozenset({"null", "exists", "fieldref"})


def known(kind: str, *, existing: bool = False) -> Known:
    """What is certain of an event of *kind*, found running or not."""
    found = {"kind": (kind,), **_SAME.get(kind, {})}
    if kind == "exec":
        found["existing"] = ("true",) if existing else ("false",)
        found["event_type"] = (EXISTING,) if existing else ("execve",)
    return found


def narrowed(node: Node, kind: str, given: Known) -> Node:
    """*node* for events of *kind*, of which *given* is known; it holds for the same ones."""
    if isinstance(node, Atom):
        return _atom(node, kind, given)
    if isinstance(node, Named):
        return narrowed(node.item, kind, given)
    if isinstance(node, Not):
        inner = narrowed(node.item, kind, given)
        return Const(not inner.value) if isinstance(inner, Const) else Not(inner)
    if isinstance(node, Const):
        return node
    items = [narrowed(item, kind, given) for item in node.items]
    decides = isinstance(node, Or)  # what settles it: one that holds, or one that does not
    left = tuple(item for item in items if not isinstance(item, Const))
    if any(isinstance(item, Const) and item.value is decides for item in items):
        return Const(decides)
    if not left:
        return Const(not decides)
    if len(left) == 1:
        return left[0]
    return Or(left) if decides else And(left)


def _atom(given_atom: Atom, kind: str, given: Known) -> Node:
    atom, name = meant(given_atom), canonical(given_atom.field)
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
    return Const(any(map(one(atom), values)))

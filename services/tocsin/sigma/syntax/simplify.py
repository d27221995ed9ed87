"""Combines nodes: folds constants, drops duplicates, flattens nested lists."""

from collections.abc import Hashable, Iterable

from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or


def all_of(items: Iterable[Node]) -> Node:
    """All of *items*."""
    kept: dict[Hashable, Node] = {}
    for item in items:
        for part in item.items if isinstance(item, And) else (item,):
            if isinstance(part, Const):
                if not part.value:
                    return part
            else:
                kept.setdefault(_key(part), part)
    if not kept:
        return Const(value=True)
    return next(iter(kept.values())) if len(kept) == 1 else And(tuple(kept.values()))


def any_of(items: Iterable[Node]) -> Node:
    """One of *items*."""
    kept: dict[Hashable, Node] = {}
    for item in items:
        for part in item.items if isinstance(item, Or) else (item,):
            if isinstance(part, Const):
                if part.value:
                    return part
            else:
                kept.setdefault(_key(part), part)
    if not kept:
        return Const(value=False)
    return next(iter(kept.values())) if len(kept) == 1 else Or(tuple(kept.values()))


def negation(item: Node) -> Node:
    """Not *item*."""
    if isinstance(item, Const):
        return Const(not item.value)
    return item.item if isinstance(item, Not) else Not(item)


def named(name: str, item: Node) -> Node:
    """*item* under its name."""
    return item if isinstance(item, Const) else Named(name, item)


def size(node: Node) -> int:
    """The number of comparisons in *node*."""
    if isinstance(node, And | Or):
        return sum(map(size, node.items))
    return size(node.item) if isinstance(node, Not | Named) else 1


def _key(node: Node) -> Hashable:
    """Equal for equivalent nodes, independent of their positions; a named node is equal only to itself."""
    match node:
        case Atom():
            return ("atom", node.field, node.op, type(node.value), node.value, node.cased, node.mode)
        case Named():
            return ("named", node.name, id(node.item))
        case Not():
            return ("not", _key(node.item))
        case And() | Or():
            return (type(node).__name__, *map(_key, node.items))
        case Const():
            return ("const", node.value)

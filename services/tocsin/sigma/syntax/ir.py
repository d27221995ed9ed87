"""The intermediate representation of conditions: a small tree that is compiled, indexed, explained and tested."""

import enum
from typing import Literal

from msgspec import Struct


class Wild(enum.Enum):
    """A wildcard within a pattern."""

    MANY = "*"
    ONE = "?"


Pattern = tuple["str | Wild", ...]
"""Text and wildcards in turn, for the operation ``like``."""

Op = Literal[
    "eq", "contains", "startswith", "endswith", "like", "re", "cidr", "lt", "lte", "gt", "gte", "exists", "null",
    "fieldref",
]  # fmt: skip


class Atom(Struct, frozen=True, gc=False):
    """One comparison of one field; it is false if the field is absent, except for ``null`` and ``exists``.

    ``value``: text for eq, contains, startswith, endswith (wildcards resolved, escapes taken out, written case kept);
    a number for eq, lt, lte, gt, gte; a `Pattern` for like; the expression for re (with its flags as ``(?ims)``);
    text for cidr; a bool for exists; ``None`` for null; the other field's name for fieldref.
    """

    field: str
    """As written in the rule; empty for a keyword, which is searched in the command line."""
    op: Op
    value: str | int | float | bool | Pattern | None
    cased: bool = False
    """Case-sensitive (modifier ``cased``); re is always case-sensitive unless its flags say otherwise."""
    mode: Literal["eq", "contains", "startswith", "endswith"] = "eq"
    """How a fieldref compares."""
    line: int = 0
    column: int = 0


class And(Struct, frozen=True, gc=False):
    """True if all items are."""

    items: tuple["Node", ...]


class Or(Struct, frozen=True, gc=False):
    """True if one item is."""

    items: tuple["Node", ...]


class Not(Struct, frozen=True, gc=False):
    """True if the item is not."""

    item: "Node"


class Named(Struct, frozen=True, gc=False):
    """A detection with its name; equivalent to its item."""

    name: str
    item: "Node"


class Const(Struct, frozen=True, gc=False):
    """Always, or never."""

    value: bool


Node = Atom | And | Or | Not | Named | Const

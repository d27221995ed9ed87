"""A ``detection``: named selections of field comparisons, and the condition that joins them."""

from collections.abc import Iterable
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tocsin.sigma.fields import names as catalogue
from tocsin.sigma.syntax.condition import CORRELATIONS, condition
from tocsin.sigma.syntax.ir import And, Atom, Named, Not, Or
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import Entry, mapping
from tocsin.sigma.syntax.selection_items import item
from tocsin.sigma.syntax.simplify import both, either

MAX_DETECTIONS = 1_000
MAX_DEPTH = 64
"""Of lists of mappings within one another."""
_LONGEST_NAME = 256


class Names(NamedTuple):
    """Which fields may be used."""

    native: bool
    further: frozenset[str] = frozenset()


def detection(node: Node, file: str, *, native: bool, fields: Iterable[str] = ()) -> Ir:
    """What the detection at *node* of *file* means; `RuleError` says what is wrong with it.

    *native*: Tetragon's own field names are allowed; *fields* are allowed besides.
    """
    page = ParseContext(file)
    return read(page, mapping(page, node, "detection"), node, Names(native, frozenset(fields)))


def read(page: ParseContext, entries: dict[str, Entry], node: Node, names: Names) -> Ir:
    """The condition over the detections of *entries*, which stand at *node*."""
    if "timeframe" in entries:
        raise page.error(entries["timeframe"].key, f"timeframe: {CORRELATIONS}", "timeframe")
    found = {name: _selection(page, name, entry, names) for name, entry in entries.items() if name != "condition"}
    if not found:
        raise page.error(node, "no detection; write one, such as `selection: {Image|endswith: /sh}`", "empty")
    if len(found) > MAX_DETECTIONS:
        raise page.error(node, f"more than {MAX_DETECTIONS:,} detections; split the rule", "too-large")
    if "condition" not in entries:
        first = shown(next(iter(found))).strip("'")
        raise page.error(node, f"condition: is missing; for a single detection write `condition: {first}`", "condition")
    written = entries["condition"].value
    used: set[str] = set()
    nodes = written.value if isinstance(written, SequenceNode) else [written]
    if not nodes:
        raise page.error(written, "condition: is an empty list; write a text", "condition")
    whole = either([condition(page, one, found, used) for one in nodes])
    for name in found:
        if name not in used:
            told = f"the detection {shown(name)} is not used in the condition; use or remove it"
            page.warn(entries[name].key, told, "unused-detection")
    return whole


def has_not(node: Ir) -> bool:
    """Whether something in it is excluded."""
    match node:
        case Not():
            return True
        case Named():
            return has_not(node.item)
        case And() | Or():
            return any(map(has_not, node.items))
        case _:
            return False


def _selection(page: ParseContext, name: str, entry: Entry, names: Names) -> Ir:
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise page.error(entry.key, f"a detection's name has 1 to {_LONGEST_NAME} characters", "shape")
    return _definition(page, entry.value, names, 0)


def _definition(page: ParseContext, node: Node, names: Names, depth: int) -> Ir:
    """A mapping is all of its lines; a list is one of its values or mappings; a value is a keyword."""
    if depth > MAX_DEPTH:
        raise page.error(node, f"nested more than {MAX_DEPTH} levels deep", "too-deep")
    if isinstance(node, MappingNode):
        if not node.value:
            raise page.error(node, "an empty detection matches nothing; write a field or remove it", "empty")
        return both([_line(page, key, value, names) for key, value in node.value])
    if isinstance(node, SequenceNode) and not all(isinstance(one, ScalarNode) for one in node.value):
        return either([_definition(page, one, names, depth + 1) for one in node.value])
    return item(page, None, "", [], node)


def _line(page: ParseContext, key: Node, value: Node, names: Names) -> Ir:
    if not isinstance(key, ScalarNode):
        raise page.error(key, "a field's name must be a text", "shape")
    field, *modifiers = key.value.split("|")
    if field:
        _check(page, key, field, names)
    if isinstance(value, MappingNode):
        raise page.error(
            value, f"{shown(field)}: a mapping is no value; a field has a value or a list of values", "shape"
        )
    found = item(page, key, field, modifiers, value)
    if "fieldref" in modifiers:
        for atom in _atoms(found):
            if isinstance(atom.value, str):
                _check(page, value, atom.value, names)
    return found


def _check(page: ParseContext, node: Node, field: str, names: Names) -> None:
    if field not in names.further:
        refused = catalogue.refusal(field, native=names.native)
        if refused:
            raise page.error(node, refused, "unknown-field")


def _atoms(node: Ir) -> Iterable[Atom]:
    if isinstance(node, Atom):
        yield node
    elif isinstance(node, And | Or):
        for one in node.items:
            yield from _atoms(one)
    elif isinstance(node, Not):
        yield from _atoms(node.item)

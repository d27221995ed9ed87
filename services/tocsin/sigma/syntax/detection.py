"""A ``detection``: named selections of field comparisons, and the condition over them."""

from collections.abc import Iterable
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tocsin.sigma.fields import names as catalogue
from tocsin.sigma.syntax.condition import CORRELATIONS, condition
from tocsin.sigma.syntax.ir import And, Atom, Named, Not, Or
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import Entry, mapping
from tocsin.sigma.syntax.selection_items import item
from tocsin.sigma.syntax.simplify import all_of, any_of

MAX_DETECTIONS = 1_000
MAX_DEPTH = 64
"""Of lists of mappings within one another."""
_LONGEST_NAME = 256


class AllowedFields(NamedTuple):
    """The fields that a rule may use."""

    native: bool
    further: frozenset[str] = frozenset()


def detection(node: Node, file: str, *, native: bool, fields: Iterable[str] = ()) -> Ir:
    """The condition of the detection at *node* of *file*; `RuleError` if it is invalid.

    *native*: Tetragon's own field names are allowed; *fields* are allowed in addition.
    """
    context = ParseContext(file)
    return read(context, mapping(context, node, "detection"), node, AllowedFields(native, frozenset(fields)))


def read(context: ParseContext, entries: dict[str, Entry], node: Node, names: AllowedFields) -> Ir:
    """The condition over the detections of *entries* at *node*."""
    if "timeframe" in entries:
        raise context.error(entries["timeframe"].key, f"timeframe: {CORRELATIONS}", "timeframe")
    detections = {
        name: _selection(context, name, entry, names) for name, entry in entries.items() if name != "condition"
    }
    if not detections:
        raise context.error(node, "no detection; write one, such as `selection: {Image|endswith: /sh}`", "empty")
    if len(detections) > MAX_DETECTIONS:
        raise context.error(node, f"more than {MAX_DETECTIONS:,} detections; split the rule", "too-large")
    if "condition" not in entries:
        first = quoted(next(iter(detections))).strip("'")
        raise context.error(
            node, f"condition: is missing; for a single detection write `condition: {first}`", "condition"
        )
    written = entries["condition"].value
    used: set[str] = set()
    nodes = written.value if isinstance(written, SequenceNode) else [written]
    if not nodes:
        raise context.error(written, "condition: is an empty list; write a text", "condition")
    condition_ = any_of([condition(context, item_, detections, used) for item_ in nodes])
    for name in detections:
        if name not in used:
            message = f"the detection {quoted(name)} is not used in the condition; use or remove it"
            context.warn(entries[name].key, message, "unused-detection")
    return condition_


def has_not(node: Ir) -> bool:
    """Whether *node* contains a ``not``."""
    match node:
        case Not():
            return True
        case Named():
            return has_not(node.item)
        case And() | Or():
            return any(map(has_not, node.items))
        case _:
            return False


def _selection(context: ParseContext, name: str, entry: Entry, names: AllowedFields) -> Ir:
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise context.error(entry.key, f"a detection's name has 1 to {_LONGEST_NAME} characters", "shape")
    return _definition(context, entry.value, names, 0)


def _definition(context: ParseContext, node: Node, names: AllowedFields, depth: int) -> Ir:
    """A mapping needs all of its lines, a list one of its values or mappings; a single value is a keyword."""
    if depth > MAX_DEPTH:
        raise context.error(node, f"nested more than {MAX_DEPTH} levels deep", "too-deep")
    if isinstance(node, MappingNode):
        if not node.value:
            raise context.error(node, "an empty detection matches nothing; write a field or remove it", "empty")
        return all_of([_line(context, key, value, names) for key, value in node.value])
    if isinstance(node, SequenceNode) and not all(isinstance(item_, ScalarNode) for item_ in node.value):
        return any_of([_definition(context, item_, names, depth + 1) for item_ in node.value])
    return item(context, None, "", [], node)


def _line(context: ParseContext, key: Node, value: Node, names: AllowedFields) -> Ir:
    if not isinstance(key, ScalarNode):
        raise context.error(key, "a field's name must be a text", "shape")
    field, *modifiers = key.value.split("|")
    if field:
        _check(context, key, field, names)
    if isinstance(value, MappingNode):
        raise context.error(
            value,
            f"{quoted(field)}: the value of a field cannot be a mapping; write a value or a list of values",
            "shape",
        )
    comparison = item(context, key, field, modifiers, value)
    if "fieldref" in modifiers:
        for atom in _atoms(comparison):
            if isinstance(atom.value, str):
                _check(context, value, atom.value, names)
    return comparison


def _check(context: ParseContext, node: Node, field: str, names: AllowedFields) -> None:
    if field not in names.further:
        refused = catalogue.refusal(field, native=names.native)
        if refused:
            raise context.error(node, refused, "unknown-field")


def _atoms(node: Ir) -> Iterable[Atom]:
    if isinstance(node, Atom):
        yield node
    elif isinstance(node, And | Or):
        for item_ in node.items:
            yield from _atoms(item_)
    elif isinstance(node, Not):
        yield from _atoms(node.item)

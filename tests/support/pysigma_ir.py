"""What pySigma has read, as a condition of ours: so that events are made from its understanding of a rule, too."""

from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from tocsin.sigma.syntax.ir import And, Atom, Node, Not, Or, Pattern, Wild

_WILDS = {SpecialChars.WILDCARD_MULTI: Wild.MANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}


def condition(rule: SigmaRule) -> Node:
    """The condition of *rule*."""
    return Or(tuple(_node(each.parsed) for each in rule.detection.parsed_condition))


def _node(item: Any) -> Node:
    match item:
        case ConditionAND():
            return And(tuple(map(_node, item.args)))
        case ConditionOR():
            return Or(tuple(map(_node, item.args)))
        case ConditionNOT():
            return Not(_node(item.args[0]))
        case ConditionFieldEqualsValueExpression():
            return _atom(item.field, item.value)
        case ConditionValueExpression():
            return _atom("", item.value)
        case _:
            raise TypeError(f"{type(item).__name__} is no condition")


def _atom(field: str, value: Any) -> Node:
    match value:
        case SigmaExpansion():
            return Or(tuple(_atom(field, each) for each in value.values))
        case SigmaString():
            parts = tuple(part if isinstance(part, str) else _WILDS[part] for part in value.s)
            return _text(field, parts, cased=isinstance(value, SigmaCasedString))
        case SigmaNumber():
            return Atom(field, "eq", value.number)
        case SigmaBool():
            return Atom(field, "eq", "true" if value.boolean else "false")
        case SigmaNull():
            return Atom(field, "null", None)
        case SigmaExists():
            return Atom(field, "exists", value.exists)
        case SigmaRegularExpression():
            return Atom(field, "re", value.escape(escape_char="", escape_escape_char=False))
        case SigmaCIDRExpression():
            return Atom(field, "cidr", value.cidr)
        case SigmaCompareExpression():
            return Atom(field, _OPS[value.op.name], value.number.number)
        case SigmaFieldReference():
            return Atom(field, "fieldref", value.field, mode=_MODES[value.starts_with, value.ends_with])
        case _:
            raise TypeError(f"{type(value).__name__} is no value")


def _text(field: str, parts: Pattern, *, cased: bool) -> Atom:
    match parts:
        case (str(text),):
            return Atom(field, "eq" if field else "contains", text, cased)
        case (Wild.MANY, str(text), Wild.MANY):
            return Atom(field, "contains", text, cased)
        case (str(text), Wild.MANY):
            return Atom(field, "startswith", text, cased)
        case (Wild.MANY, str(text)):
            return Atom(field, "endswith", text, cased)
        case _:
            return Atom(field, "like", parts, cased)


_OPS: dict[str, Any] = {"LT": "lt", "LTE": "lte", "GT": "gt", "GTE": "gte"}
_MODES: dict[tuple[bool, bool], Any] = {
    (False, False): "eq",
    (True, False): "startswith",
    (False, True): "endswith",
    (True, True): "contains",
}

"""Detections mean what pySigma says they mean, but for what is refused here on purpose."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
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
)  # fmt: skip

from tocsin.sigma.syntax import wildcards
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Not, Or, Wild
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.simplify import all_of, any_of, negation

OPS = {CompareOperators.LT: "lt", CompareOperators.LTE: "lte", CompareOperators.GT: "gt", CompareOperators.GTE: "gte"}
FLAGS = SigmaRegularExpression.sigma_to_re_flag
FIELDS = ["Image", "CommandLine", "User", "TargetFilename"]
TEXTS = st.text(alphabet="ab-/\\*? .é", max_size=8)
MODIFIERS = st.sampled_from([
    "", "contains", "startswith", "endswith", "contains|all", "all", "cased", "contains|cased", "windash",
    "contains|windash", "windash|contains", "endswith|cased", "neq", "contains|neq", "startswith|all|neq",
    "startswith|endswith", "base64", "base64offset|contains", "base64|contains",
])  # fmt: skip


def theirs(node: object) -> Node:
    """pySigma's tree as ours."""
    match node:
        case ConditionAND():
            return all_of(map(theirs, node.args))
        case ConditionOR():
            return any_of(map(theirs, node.args))
        case ConditionNOT():
            return negation(theirs(node.args[0]))
        case ConditionFieldEqualsValueExpression():
            return value(node.field, node.value)
        case _:
            return value("", node.value)


def value(field: str, given: object) -> Node:
    match given:
        case SigmaExpansion():
            return any_of(value(field, one) for one in given.values)
        case SigmaRegularExpression():
            flags = "".join(sorted(FLAGS[flag] for flag in given.flags))
            return Atom(field, "re", (f"(?{flags})" if flags else "") + given.regexp.to_plain_regex())
        case SigmaString():
            return text(field, given)
        case SigmaNumber():
            return Atom(field, "contains", str(given.number)) if not field else Atom(field, "eq", given.number)
        case SigmaFieldReference():
            mode = {(True, True): "contains", (True, False): "startswith", (False, True): "endswith"}
            return Atom(field, "fieldref", given.field, mode=mode.get((given.starts_with, given.ends_with), "eq"))
        case _:
            return Atom(field, *simple(given))


def text(field: str, given: SigmaString) -> Node:
    wild = {SpecialChars.WILDCARD_MULTI: Wild.MANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
    parts = tuple(wild.get(part, part) for part in given.s)
    if not field:
        parts = wildcards.open_end(wildcards.open_start(parts))
    op, meant = wildcards.operation(parts)
    if not field and op == "exists":
        op, meant = "contains", ""
    return Atom(field, op, meant, isinstance(given, SigmaCasedString) and op != "exists")


def simple(given: object) -> tuple[str, object]:
    match given:
        case SigmaBool():
            return "eq", str(given).lower()
        case SigmaNull():
            return "null", None
        case SigmaExists():
            return "exists", given.exists
        case SigmaCIDRExpression():
            return "cidr", given.cidr
        case SigmaCompareExpression():
            return OPS[given.op], given.number.number
        case _:
            raise AssertionError(given)


def bare(node: Node) -> Node:
    """Without names and places."""
    match node:
        case Named():
            return bare(node.item)
        case And():
            return all_of(map(bare, node.items))
        case Or():
            return any_of(map(bare, node.items))
        case Not():
            return negation(bare(node.item))
        case Atom():
            return Atom(node.field, node.op, node.value, node.cased, node.mode)
        case _:
            return node


VALUES = st.one_of(
    TEXTS, st.integers(-5, 70_000), st.booleans(), st.none(), st.floats(-9, 9).map(lambda n: round(n, 2))
)
LINES = st.one_of(
    st.tuples(st.sampled_from(FIELDS), MODIFIERS, st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))),
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(["", "neq", "all"]), st.one_of(VALUES, st.lists(VALUES, max_size=3))),
    st.tuples(st.just("ProcessId"), st.sampled_from(["lt", "lte", "gt", "gte"]), st.integers(0, 99)),
    st.tuples(st.just("Image"), st.sampled_from(["exists"]), st.booleans()),
    st.tuples(st.just("Image"), st.sampled_from(["re", "re|i", "re|m|s", "re|s|i|m"]), st.sampled_from(["a+b", "^x|y$", "\\d{3}", "a*?b", "\\\\*"])),
    st.tuples(st.just("Image"), st.sampled_from(["fieldref", "fieldref|contains", "fieldref|endswith"]), st.just("ParentImage")),
    st.tuples(st.just("DestinationIp"), st.sampled_from(["cidr", "cidr|neq"]), st.sampled_from(["10.0.0.0/8", "fd00::/8"])),
    st.tuples(st.just(""), st.sampled_from(["all", "contains", "startswith|all", "cased"]), st.lists(TEXTS, min_size=1, max_size=3)),
)  # fmt: skip
MAPPINGS = st.lists(LINES, min_size=1, max_size=3, unique_by=lambda line: line[:2]).map(
    lambda lines: {"|".join(filter(None, line[:2])) if line[0] else f"|{line[1]}": line[2] for line in lines}
)
SELECTIONS = st.one_of(
    MAPPINGS,
    st.lists(st.one_of(MAPPINGS, TEXTS), min_size=1, max_size=3),
    st.lists(st.one_of(TEXTS, st.integers(0, 9)), min_size=1, max_size=3),
    TEXTS,
)
CONDITIONS = st.recursive(
    st.sampled_from(["a", "b", "c_x", "1 of them", "all of them", "any of c*", "1 of c_x", "all of *_*"]),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        inner.map(lambda one: f"({one})"),
        st.tuples(inner, st.sampled_from(["and", "or", "and not", "or not"]), inner).map(" ".join),
    ),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.fixed_dictionaries({"a": SELECTIONS, "b": SELECTIONS, "c_x": MAPPINGS, "_d": MAPPINGS}), CONDITIONS)
@settings(max_examples=250, deadline=None)
def test_a_detection_means_what_pysigma_says(selections: dict[str, object], condition: str) -> None:
    detection = json.dumps({**selections, "condition": condition})
    text = (
        f"title: T\nid: 5d4c1f3e-0000-4000-8000-000000000001\nlogsource: {{product: linux}}\ndetection: {detection}\n"
    )
    try:
        expected = all_of(theirs(one.parsed) for one in SigmaRule.from_yaml(text).detection.parsed_condition)
    except SigmaError:
        return  # what it refuses, such as null with `contains`, may be read or refused
    found = parse("f.yml", text.encode())
    if found.failed:
        assert found.failed[0].problem.text
        assert any(
            said in found.failed[0].problem.text for said in ("too short", "null is no keyword", "must stand before")
        ), found
        return
    (document,) = found.documents
    assert isinstance(document, Rule)
    assert bare(document.condition) == bare(expected)

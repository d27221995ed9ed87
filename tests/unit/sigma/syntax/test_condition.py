"""Conditions over named detections: precedence, selectors, bounds, and what is said of a wrong one."""

import pytest
from yaml import Mark
from yaml.nodes import ScalarNode

from tocsin.sigma.syntax.condition import condition
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Not, Or
from tocsin.sigma.syntax.parse_context import ParseContext
from tocsin.sigma.syntax.problems import RuleError
from tocsin.sigma.syntax.simplify import all_of, any_of, negation

MARK = Mark("f", 0, 6, 13, None, 0)


def atom(name: str) -> Atom:
    return Atom("Image", "eq", name)


NAMES = ("sel_a", "sel_b", "filter_1", "_hidden", "not_sel", "andy", "them2", "a-b")


def read(text: str, names: tuple[str, ...] = NAMES) -> Node:
    node = ScalarNode("tag:yaml.org,2002:str", text, MARK, MARK)
    return condition(ParseContext("rule.yml"), node, {name: atom(name) for name in names}, set())


def bare(node: Node) -> str:
    match node:
        case Named():
            return node.name
        case Not():
            return f"!{bare(node.item)}"
        case And():
            return f"({' & '.join(map(bare, node.items))})"
        case Or():
            return f"({' | '.join(map(bare, node.items))})"
        case _:
            return "?"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("sel_a", "sel_a"),
        ("sel_a and sel_b or filter_1", "((sel_a & sel_b) | filter_1)"),
        ("sel_a and (sel_b or filter_1)", "(sel_a & (sel_b | filter_1))"),
        ("not sel_a and sel_b", "(!sel_a & sel_b)"),
        ("not (sel_a or sel_b)", "!(sel_a | sel_b)"),
        ("not not sel_a", "sel_a"),
        ("sel_a and sel_a", "sel_a"),
        ("sel_a and (sel_b and filter_1)", "(sel_a & sel_b & filter_1)"),
        ("not_sel and andy", "(not_sel & andy)"),
        ("a-b", "a-b"),
        ("1 of sel_*", "(sel_a | sel_b)"),
        ("any of sel_*", "(sel_a | sel_b)"),
        ("all of sel_*", "(sel_a & sel_b)"),
        ("1 of *_a", "sel_a"),
        ("1 of s*_*b", "sel_b"),
        ("1 of sel_a", "sel_a"),
        ("sel_a and not 1 of filter_*", "(sel_a & !filter_1)"),
        ("1 of them", "(sel_a | sel_b | filter_1 | not_sel | andy | them2 | a-b)"),
        ("1 of _*", "_hidden"),
        ("(  sel_a\n  and sel_b)", "(sel_a & sel_b)"),
    ],
)
def test_a_condition_means(text: str, meaning: str) -> None:
    assert bare(read(text)) == meaning


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sel_bb", "did you mean 'sel_b'?"),
        ("sel_a and", "ends too early"),
        ("sel_a sel_b", "`and` or `or` is missing before it"),
        ("sel_a AND sel_b", "write `and` in lower case"),
        ("NOT sel_a", "write `not` in lower case"),
        ("(sel_a", "add `)`"),
        ("sel_a)", "has no opening one"),
        ("and sel_a", "needs a detection before it"),
        ("sel_*", "needs `1 of` or `all of` before it"),
        ("2 of sel_*", "only `1 of`, `any of` and `all of`"),
        ("1 of nothing*", "no detection matches"),
        ("1 of (sel_a)", "after `of`, write `them`"),
        ("sel_a | count() > 5", "the old form with a pipe"),
        ("sel_a near sel_b", "the old form with 'near'"),
        ("near sel_a", "the old form with 'near'"),
        ("count > 5", "correlation: {type: event_count"),
        (" ", "must be a text such as"),
        ("1 of", "ends too early"),
        ("()", "has no opening one"),
    ],
)
def test_a_wrong_condition_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(RuleError) as refused:
        read(text)
    assert said in refused.value.problem.text
    assert refused.value.problem.line == 7


def test_an_error_points_at_its_word() -> None:
    with pytest.raises(RuleError) as refused:
        read("sel_a and sel_x")
    assert (refused.value.problem.line, refused.value.problem.column) == (7, 14 + len("sel_a and "))


@pytest.mark.parametrize("text", ["(" * 1000 + "sel_a" + ")" * 1000, "not " * 1000 + "sel_a"])
def test_a_thousand_levels_are_refused(text: str) -> None:
    with pytest.raises(RuleError, match="more than 64 levels"):
        read(text)


def test_sixty_levels_are_taken() -> None:
    assert bare(read("(" * 60 + "sel_a" + ")" * 60)) == "sel_a"


def test_a_condition_that_multiplies_its_detections_is_refused() -> None:
    names = tuple(f"sel_{number}" for number in range(990))
    with pytest.raises(RuleError, match="comparisons; split the rule"):
        read(" and ".join(["1 of sel_*"] * 500), names)
    with pytest.raises(RuleError, match="characters; split the rule"):
        read(" and ".join(["sel_1"] * 5000), names)


def test_what_a_condition_uses_is_told() -> None:
    used: set[str] = set()
    node = ScalarNode("tag:yaml.org,2002:str", "sel_a and not 1 of filter_*", MARK, MARK)
    condition(ParseContext("rule.yml"), node, {name: atom(name) for name in NAMES}, used)
    assert used == {"sel_a", "filter_1"}


def test_nodes_are_folded() -> None:
    one, other = Atom("Image", "eq", "a", line=1), Atom("Image", "eq", "a", line=2)
    assert all_of([one, other]) == one
    assert any_of([one, negation(negation(other))]) == one
    assert any_of([one, all_of([])]) == all_of([])
    assert all_of([one, any_of([])]) == any_of([])
    assert negation(all_of([])) == any_of([])
    assert all_of([one, Atom("Image", "eq", "A")]) == And((one, Atom("Image", "eq", "A")))


def test_two_detections_of_one_name_are_not_taken_for_one() -> None:
    first, second = Named("selection", atom("a")), Named("selection", atom("b"))
    assert all_of([first, second]) == And((first, second))

"""Documents joined: references, duplicates, circles, and the order of correlations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.sigma.syntax.documents import Document
from tocsin.sigma.syntax.linker import Linked, link
from tocsin.sigma.syntax.parser import parse


def rule(id: str, name: str = "", more: str = "") -> str:
    return f"title: R\nid: {id}\nname: {name or id + '_name'}\nlevel: low\nlogsource: {{product: linux}}\ndetection: {{k: {{Image: a}}, condition: k}}\n{more}"


def correlation(id: str, rules: str, *, kind: str = "event_count", more: str = "") -> str:
    condition = "" if kind.startswith("temporal") else ", condition: {gte: 2}"
    return (
        f"title: C\nid: {id}\nname: {id}_name\nlevel: high\n"
        f"correlation: {{type: {kind}, rules: [{rules}], timespan: 1m, generate: true{condition}{more}}}\n"
    )


def silencer(id: str, rules: str) -> str:
    return f"title: F\nid: {id}\nlogsource: {{product: linux}}\nfilter: {{rules: {rules}, s: {{Image: a}}, condition: not s}}\n"


def read(*texts: str) -> tuple[Document, ...]:
    found = parse("f.yml", "---\n".join(texts).encode())
    assert not found.failed
    return found.documents


def joined(*texts: str) -> Linked:
    return link(read(*texts))


def test_names_become_ids() -> None:
    found = joined(
        rule("r1"),
        rule("r2"),
        correlation("c1", "r1_name, r2", more=", aliases: {who: {r1_name: User, r2: euid}}, group-by: who"),
        silencer("f1", "[r1_name, r1, r2]"),
        silencer("f2", "any"),
    )
    assert found.problems == ()
    assert found.correlations[0].rules == ("r1", "r2")
    assert found.correlations[0].aliases == {"who": {"r1": "User", "r2": "euid"}}
    assert [one.rules for one in found.filters] == [("r1", "r2"), ()]


def test_correlations_come_after_what_they_refer_to() -> None:
    found = joined(correlation("c3", "c2"), correlation("c2", "c1_name"), correlation("c1", "r1"), rule("r1"))
    assert [one.id for one in found.correlations] == ["c1", "c2", "c3"]
    assert found.problems == ()


def test_a_circle_is_refused_with_all_that_rests_on_it() -> None:
    found = joined(
        rule("r1"),
        correlation("c1", "c2, r1"),
        correlation("c2", "c3"),
        correlation("c3", "c1"),
        correlation("c4", "c3"),
        correlation("c5", "c4"),
        correlation("c6", "r1"),
        correlation("c7", "c7"),
    )
    assert [one.id for one in found.correlations] == ["c6"]
    told = {problem.rule: (problem.code, problem.text) for problem in found.problems}
    assert told["c1"] == (
        "cycle",
        "correlation.rules: they form a cycle: 'c1_name' -> 'c2_name' -> 'c3_name' -> 'c1_name'; remove one reference",
    )
    assert [told[id][0] for id in ("c2", "c3", "c4", "c5", "c7")] == [
        "cycle",
        "cycle",
        "refused-rule",
        "refused-rule",
        "cycle",
    ]
    assert "'c4_name' is not loaded; fix that one first" in told["c5"][1]
    assert not any(problem.warning for problem in found.problems)


@pytest.mark.slow
def test_a_circle_of_thousands_is_told_in_short() -> None:
    found = joined(*(correlation(f"c{n}", f"c{(n + 1) % 1500}") for n in range(1500)))
    assert len(found.problems) == 1500
    assert len(found.problems[0].text) < 300


def test_an_unknown_reference_is_refused_with_what_was_likely_meant() -> None:
    found = joined(
        rule("r1", "reverse_shell"),
        correlation("c1", "reverse_shel"),
        correlation("c2", "c1"),
        silencer("f1", "[revers_shell]"),
    )
    assert (found.correlations, found.filters) == ((), ())
    assert [(problem.rule, problem.code) for problem in found.problems] == [
        ("c1", "unknown-rule"),
        ("c2", "refused-rule"),
        ("f1", "unknown-rule"),
    ]
    assert "did you mean 'reverse_shell'?" in found.problems[0].text
    assert "did you mean 'reverse_shell'?" in found.problems[2].text
    assert (found.problems[0].file, found.problems[0].line) == ("f.yml", 8)


def test_of_two_rules_with_one_id_the_first_is_kept_and_both_places_are_named() -> None:
    found = joined(rule("r1"), rule("r1", more="status: test\n"))
    assert [one.line for one in found.rules] == [1]
    (problem,) = found.problems
    assert (problem.code, problem.warning, problem.line) == ("duplicate-id", False, 8)
    assert "f.yml:1" in problem.text


def test_one_document_twice_is_only_warned_of() -> None:
    found = joined(rule("r1"), rule("r1"))
    assert len(found.rules) == 1
    assert [(problem.code, problem.warning) for problem in found.problems] == [("duplicate-id", True)]


def test_a_name_of_two_rules_cannot_be_referred_to() -> None:
    found = joined(rule("r1", "same"), rule("r2", "same"), correlation("c1", "same"), correlation("c2", "r1"))
    assert [one.id for one in found.correlations] == ["c2"]
    assert [(problem.code, problem.warning) for problem in found.problems] == [
        ("duplicate-name", True),
        ("ambiguous", False),
    ]


def test_one_rule_by_id_and_by_name_is_refused() -> None:
    found = joined(rule("r1"), correlation("c1", "r1, r1_name", kind="temporal"))
    assert "twice" in found.problems[0].text


def test_a_filter_acts_on_rules_only() -> None:
    found = joined(rule("r1"), correlation("c1", "r1"), silencer("f1", "[c1]"))
    assert found.filters == ()
    assert "is a correlation" in found.problems[0].text


def test_nothing_links_to_nothing() -> None:
    assert link(()) == Linked()


@pytest.mark.slow
@given(
    st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 14), min_size=1, max_size=3, unique=True), max_size=12)
)
@settings(max_examples=150, deadline=None)
def test_whatever_refers_to_whatever_what_is_linked_is_complete(references: dict[int, list[int]]) -> None:
    texts = [
        correlation(f"c{id}", ", ".join(f"c{one}" if one < 13 else "r1" for one in to))
        for id, to in references.items()
        if to.count(13) + to.count(14) < 2
    ]
    documents = read(rule("r1"), *texts)
    found = link(documents)
    known = {"r1"}
    for one in found.correlations:
        assert set(one.rules) <= known
        known.add(one.id)
    refused = {problem.rule for problem in found.problems}
    assert refused == {document.id for document in documents} - known
    assert len(found.problems) == len(refused)

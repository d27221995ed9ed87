"""Filters and silences read from files."""

import pytest

from tocsin.sigma.syntax.documents import Filter
from tocsin.sigma.syntax.ir import Not
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import Problem

ID = "5d4c1f3e-0000-4000-8000-000000000001"
BODY = "{rules: [a, b, a], selection: {Image: a}, condition: not selection}"
SILENCE = "{owner: team-a, reason: known, expires: 2026-12-31}"


def text(body: str = BODY, more: str = "", logsource: str = "{product: linux}") -> str:
    return f"title: T\nid: {ID}\nlogsource: {logsource}\nfilter: {body}\n{more}"


def only(written: str) -> Filter:
    found = parse("f.yml", written.encode())
    assert not found.failed
    (document,) = found.documents
    assert isinstance(document, Filter)
    return document


def refused(written: str) -> Problem:
    found = parse("f.yml", written.encode())
    assert not found.documents
    return found.failed[0].problem


def test_a_whole_filter_is_read() -> None:
    found = only(text())
    assert found.rules == ("a", "b")
    assert found.logsource.product == "linux"
    assert isinstance(found.condition, Not)
    assert found.silence is None
    assert not found.native


@pytest.mark.parametrize("rules", ["any", "ANY", "[]"])
def test_any_rule_is_written_in_words_or_as_an_empty_list(rules: str) -> None:
    assert only(text(BODY.replace("[a, b, a]", rules))).rules == ()


def test_a_single_rule_needs_no_list() -> None:
    assert only(text(BODY.replace("[a, b, a]", "a"))).rules == ("a",)


def test_native_names_need_tetragons_taxonomy_or_product() -> None:
    body = "{rules: any, selection: {pod.name: a}, condition: not selection}"
    assert "taxonomy: tetragon" in refused(text(body)).text
    assert only(text(body, "taxonomy: tetragon\n")).native
    assert only(text(body, logsource="{product: tetragon}")).native


def test_a_filter_that_excludes_nothing_is_warned_of() -> None:
    found = parse("f.yml", text(BODY.replace("not selection", "selection")).encode())
    assert [(warning.code, warning.line) for warning in found.warnings] == [("filter-without-not", 4)]
    found = parse("f.yml", text("{rules: any, s: {Image|neq: a}, condition: s}").encode())
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("expires", "rfc3339", "ns"),
    [
        ("2026-12-31", "2026-12-31T00:00:00Z", 1_798_675_200_000_000_000),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z", 1_798_740_000_000_000_000),
        ("'2026-12-31T19:00:00+01:00'", "2026-12-31T18:00:00Z", 1_798_740_000_000_000_000),
        ("2026-12-31T18:00:00.5Z", "2026-12-31T18:00:00.500000000Z", 1_798_740_000_500_000_000),
    ],
)
def test_a_silence_has_an_owner_a_reason_and_an_end(expires: str, rfc3339: str, ns: int) -> None:
    found = only(text(more=f"x-silence: {SILENCE.replace('2026-12-31', expires)}\n"))
    assert found.silence is not None
    assert (found.silence.owner, found.silence.reason) == ("team-a", "known")
    assert (found.silence.expires, found.silence.expires_ns) == (rfc3339, ns)


def test_a_silence_of_everything_is_warned_of() -> None:
    found = parse("f.yml", text(BODY.replace("[a, b, a]", "any"), f"x-silence: {SILENCE}\n").encode())
    assert [warning.code for warning in found.warnings] == ["silence-any"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (text("{selection: {Image: a}, condition: not selection}"), "rules is missing"),
        (text(BODY.replace("[a, b, a]", "")), "is empty"),
        (text("{rules: any, selection: {Image: a}}"), "condition: is missing"),
        (text("{rules: any, condition: not selection}"), "no detection"),
        (text(BODY.replace("not selection", "[not selection]")), "one condition, not a list"),
        (text(BODY.replace("not selection", "not selectoin")), "did you mean 'selection'?"),
        (text("[a]"), "filter: must be a mapping"),
        (text().replace("logsource: {product: linux}\n", ""), "logsource: is missing"),
        (text(logsource="{product: windows}"), "is not supported: Tetragon sees only Linux"),
        (text(more="x-silence: {owner: a, reason: b}\n"), "expires is missing"),
        (text(more="x-silence: {owner: a, expires: 2026-12-31}\n"), "reason is missing"),
        (text(more="x-silence: {reason: a, expires: 2026-12-31}\n"), "owner is missing"),
        (text(more="x-silence: {owner: '', reason: a, expires: 2026-12-31}\n"), "owner: is empty"),
        (text(more="x-silence: {owner: a, reason: b, expires: tomorrow}\n"), "write 2026-12-31"),
        (text(more="x-silence: {owner: a, reason: b, expires: 2026-02-31}\n"), "is not a time"),
        (text(more="x-silence: {owner: a, reason: b, expire: 2026-12-31}\n"), "did you mean 'expires'?"),
    ],
)
def test_a_wrong_filter_is_refused_with_what_to_do(written: str, said: str) -> None:
    problem = refused(written)
    assert said in problem.text
    assert problem.line > 0

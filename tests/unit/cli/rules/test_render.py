"""Whatever a rule or a container wrote: a terminal obeys none of it, and a build server can read it."""

from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.cli.rules import check, explain, render, test
from tocsin.sigma.authoring.explain import Explanation
from tocsin.sigma.authoring.rule_tests import Result
from tocsin.sigma.syntax.problems import Problem

_TEXT = st.text(max_size=40)
_shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _harmless(shown: str) -> bool:
    return all(character.isprintable() for line in shown.removesuffix("\n").split("\n") for character in line)


@_shared
@given(text=_TEXT)
def test_a_line_stays_one_line_without_what_a_terminal_obeys(capsys, text: str) -> None:
    render.line(check.line(Problem(file=text, line=1, column=2, text=text, code=text)))
    shown = capsys.readouterr().out
    assert _harmless(shown)
    assert shown.count("\n") == 1


@_shared
@given(rows=st.lists(st.tuples(_TEXT, _TEXT), max_size=4))
def test_a_table_has_as_many_lines_as_rows(capsys, rows: list[tuple[str, str]]) -> None:
    render.table(["a", "b"], rows, right=(0,))
    shown = capsys.readouterr().out
    assert _harmless(shown)
    assert shown.count("\n") == len(rows) + 1


@_shared
@given(text=_TEXT, values=st.lists(_TEXT, max_size=3))
def test_a_tree_shows_values_harmlessly(capsys, text: str, values: list[str]) -> None:
    inner = Explanation(passed=False, text=text, values=tuple(values))
    for line in explain.lines(Explanation(passed=True, text=text, items=(inner, inner))):
        render.line(line)
    assert _harmless(capsys.readouterr().out)


@given(text=_TEXT)
def test_junit_can_be_read_whatever_a_test_is_called(text: str) -> None:
    result = Result(rule=text, title=text, file=text, test=text, passed=False, why=text)
    root = ElementTree.fromstring(test.junit([result]))
    assert root.get("failures") == "1"


def test_a_failure_is_told_in_one_line(capsys) -> None:
    def broken(_: object) -> int:
        raise OSError("no space\nleft")

    assert render.guarded(broken)(None) == 1
    assert capsys.readouterr().err == "tocsin: no space\\nleft\n"

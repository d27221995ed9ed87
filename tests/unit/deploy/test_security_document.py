"""docs/security.md: every test that it names is there, and every actor has what is not stopped."""

import ast
import functools
import re

import pytest

from support.metric_names import ROOT

_TEXT = (ROOT / "docs" / "security.md").read_text()
_NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", _TEXT)))
_ACTORS = ("A workload", "Somebody on the pod network", "A stolen session", "A malicious rule", "A compromised node")


@functools.cache
def _tests(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("path", "name"), _NAMED, ids=[name for _, name in _NAMED])
def test_a_named_test_exists(path: str, name: str) -> None:
    assert name in _tests(path)


def test_every_reference_is_of_the_form_that_is_checked() -> None:
    assert len(_NAMED) > 30
    assert _TEXT.count("tests/") == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", _TEXT))


@pytest.mark.parametrize("actor", _ACTORS)
def test_every_actor_has_its_tests_and_what_is_not_stopped(actor: str) -> None:
    (section,) = re.findall(rf"^## {actor}.*?(?=^## )", _TEXT, re.MULTILINE | re.DOTALL)
    rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| attempt")]
    assert rows
    assert all("::test_" in row for row in rows)
    assert "**Not stopped.**" in section

"""docs/security.md: every attempt has a test that exists, and every actor has what is not stopped."""

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
def test_every_attempt_has_its_tests_and_every_actor_what_is_not_stopped(actor: str) -> None:
    (section,) = re.findall(rf"^## {actor}.*?(?=^## )", _TEXT, re.MULTILINE | re.DOTALL)
    attempts = re.findall(r"^(\d+)\. \*\*.+?\*\* \S", section, re.MULTILINE)
    shown = re.findall(r"^- (\d+): `tests/[\w/]+\.py::test_\w+`$", section, re.MULTILINE)
    assert attempts == [str(number) for number in range(1, len(attempts) + 1)]
    assert len(attempts) > 5
    assert set(shown) == set(attempts)
    assert re.search(r"^\*\*Not stopped\.\*\*\n\n- \S", section, re.MULTILINE)

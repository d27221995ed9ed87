"""The oldest Python that the project supports runs its patterns as the newest does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "services" / "tocsin"
# `(...)++`, `(...)*+`, `(...)?+`, `(...){1,2}+` and `(?>...)`: Python before 3.11.5 matches a possessive group wrongly.
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of each string in *source*; joined strings count as one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes | str):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            yield node.lineno, text


def test_the_check_finds_a_possessive_group() -> None:
    [(_, wrong)] = literals(r'a = rb"(?:a|b)" rb"c" rb"(?:a)++"')
    assert POSSESSIVE_GROUP.search(wrong)
    [(_, right)] = literals(r'b = r"(?:[ab]++\d*+)*"')
    assert not POSSESSIVE_GROUP.search(right)


def test_no_pattern_has_a_possessive_group() -> None:
    wrong = [
        f"{path.relative_to(SOURCES)}:{line}"
        for path in sorted(SOURCES.rglob("*.py"))
        for line, text in literals(path.read_text())
        if POSSESSIVE_GROUP.search(text)
    ]
    assert wrong == [], "write these without a possessive group: Python before 3.11.5 matches one wrongly"

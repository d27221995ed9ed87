"""No text that a user or a reader of the documents sees holds an expression that reads as translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_GAP = r"[\s#*]+"
"""Between two words of an expression: a line may end there, and the next one may begin as a comment does."""
_EXPRESSIONS = (
    "none of ours",
    "anew",
    "the like",
    "so many",
    "held against",
    "told with",
    "at hand",
    "nobody knows",
)
_FORBIDDEN = re.compile(
    "|".join(rf"\b{_GAP.join(words.split())}\b" for words in _EXPRESSIONS)
    + rf"|\bby{_GAP}which\b[^.;]*?\bis{_GAP}judged\b",
    re.IGNORECASE,
)
_FILES = (
    "*.md",
    "Makefile",
    "docker-compose.yml",
    "docs/**/*.md",
    "ui/README.md",
    "deploy/**/*",
    "policies/**/*.y*ml",
)
"""Read as whole texts: documents, and files whose comments and descriptions an operator reads."""
_SCRIPT = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|/\*.*?\*/|//[^\n]*|(?P<jsx>>[^<>{}]*<)""",
    re.DOTALL,
)


def _found(text: str) -> list[str]:
    return [" ".join(hit[0].split()) for hit in _FORBIDDEN.finditer(text)]


def _documents() -> Iterator[Path]:
    for pattern in _FILES:
        yield from (path for path in sorted(_ROOT.glob(pattern)) if path.is_file())


def _texts(tree: ast.AST) -> Iterator[str]:
    """Every string of a module, an f-string as one; its docstrings are among them."""
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
            yield "…".join(part.value for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.value


def _docstrings(tree: ast.AST) -> set[str]:
    """Docstrings of modules and functions, which only a reader of the source sees; those of classes reach OpenAPI."""
    kinds = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)
    return {ast.get_docstring(node, clean=False) or "" for node in ast.walk(tree) if isinstance(node, kinds)}


def _modules() -> list[Path]:
    return sorted((_ROOT / "services").rglob("*.py"))


def _in_modules(*, docstrings: bool) -> dict[str, list[str]]:
    hits = {}
    for path in _modules():
        tree = ast.parse(path.read_text())
        inner = _docstrings(tree)
        found = [hit for text in _texts(tree) if (text in inner) is docstrings for hit in _found(text)]
        if found:
            hits[str(path.relative_to(_ROOT))] = found
    return hits


def _in_script(text: str) -> list[str]:
    """Expressions in strings and in the text of elements; comments are passed over."""
    return [hit for part in _SCRIPT.finditer(text) for hit in _found(part["text"] or part["jsx"] or "")]


def test_no_document_and_no_text_of_a_deployment_holds_a_forbidden_expression() -> None:
    paths = set(_documents())
    assert {_ROOT / "README.md", _ROOT / "docs" / "operations.md", _ROOT / "policies" / "severity.yaml"} <= paths
    hits = {str(path.relative_to(_ROOT)): _found(path.read_text(errors="ignore")) for path in sorted(paths)}
    assert {path: found for path, found in hits.items() if found} == {}


def test_no_text_that_a_service_shows_holds_a_forbidden_expression() -> None:
    assert _in_modules(docstrings=False) == {}


def test_no_docstring_holds_a_forbidden_expression() -> None:
    assert _in_modules(docstrings=True) == {}


def test_no_text_of_the_dashboard_holds_a_forbidden_expression() -> None:
    paths = [path for path in sorted((_ROOT / "ui" / "src").rglob("*.ts*")) if path.is_file()]
    assert paths
    hits = {str(path.relative_to(_ROOT)): _in_script(path.read_text()) for path in paths}
    assert {path: found for path, found in hits.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    [
        "a host that is None of Ours",
        "# it is read\n# anew",
        "Slack and the\nlike",
        "stop after so many events",
        "counts held against each other",
        "told with what is wrong",
        "By which rules an event is judged",
        "rows kept at hand",
        "how many, nobody knows",
    ],
)
def test_a_planted_expression_is_found(text: str) -> None:
    assert len(_found(text)) == 1


@pytest.mark.parametrize("text", ["a new rule", "likewise", "the likely cause", "somebody knows", "by which he judges"])
def test_other_words_are_left_alone(text: str) -> None:
    assert _found(text) == []


def test_a_planted_expression_is_found_in_code_and_not_in_its_comments() -> None:
    python = ast.parse('"""Read anew."""\n# at hand\nX = f"stop after {1} so many {2}"\nY = f"so {1} many"\n')
    assert [hit for text in _texts(python) for hit in _found(text)] == ["anew", "so many"]
    assert _docstrings(python) == {"Read anew."}
    script = "// anew\n/* at hand */ const a = `starts anew`; b = <p title='the like'>\n so many rows</p>;"
    assert _in_script(script) == ["anew", "the like", "so many"]

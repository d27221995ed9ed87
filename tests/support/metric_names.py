"""Which metrics there are and which labels they may have, read from the documents and from the sources themselves."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
from promql_parser import AggregateExpr, Call, Expr, MatrixSelector, SubqueryExpr, VectorSelector

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "services" / "tocsin"
_ROW = re.compile(r"^\| `(tocsin_\w+)` \|", re.MULTILINE)
_MAKERS = frozenset({"counter", "gauge", "histogram"})

LABELS = {
    "severity": "one of four words of ours",
    "reason": "a class of reasons, in words of ours",
    "place": "where an agent loses events, in words of ours",
    "hop": "a hop of the ledger, in words of ours",
    "stream": "a stream that we declare",
    "reader": "a durable reader that an operator declares",
    "rule": "the id of a rule, which its author writes",
    "kind": "a class of secrets, in words of ours",
    "key": "a former name of a field of filters, one of seven",
    "node": "a node's name, as its agent tells it: who runs in a pod does not choose it",
}
"""Every label that a metric may have, and why no workload can fill it. One more needs such a reason."""
OWN_LABELS = frozenset({"service", "instance", "le"})
"""What is added where metrics are told."""


def documented() -> set[str]:
    """The metrics in the table of docs/metrics.md."""
    return set(_ROW.findall((ROOT / "docs" / "metrics.md").read_text()))


def constants() -> set[str]:
    """Every text in the sources."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def is_made(name: str, texts: set[str]) -> bool:
    """Whether the sources hold *name*."""
    return name in texts


def label_uses(text: str) -> Iterator[tuple[int, str]]:
    """Line and label of each metric that *text*, the source of a module, makes; ``**…`` where its labels cannot be told."""
    tree = ast.parse(text)
    dicts = {
        target.id: {key.value for key in found.keys if isinstance(key, ast.Constant)}
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        for found in ast.walk(node.value)
        if isinstance(found, ast.Dict) and found.keys
    }
    passed_on = {
        node.args.kwarg.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.args.kwarg is not None and node.name in _MAKERS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _MAKERS:
            for keyword in node.keywords:
                yield from _uses(keyword, node.lineno, dicts, passed_on)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _uses(
    keyword: ast.keyword, line: int, dicts: dict[str, set[Any]], passed_on: set[str]
) -> Iterator[tuple[int, str]]:
    if keyword.arg is not None:
        yield line, keyword.arg
    elif isinstance(keyword.value, ast.Name) and keyword.value.id in dicts:
        yield from ((line, str(key)) for key in dicts[keyword.value.id])
    elif not (isinstance(keyword.value, ast.Name) and keyword.value.id in passed_on):
        yield line, f"**{ast.unparse(keyword.value)}"


class Query:
    """What one expression of PromQL looks at."""

    def __init__(self, text: str) -> None:
        """``ValueError`` where it is none."""
        self.metrics: set[str] = set()
        self.labels: set[str] = set()
        self.grown: set[str] = set()
        """Metrics whose growth is looked at (`increase`, `rate`)."""
        self._walk(promql_parser.parse(text), "")

    def _walk(self, node: Expr, inside: str) -> None:
        if isinstance(node, VectorSelector):
            self._select(node, inside)
        elif isinstance(node, MatrixSelector):
            self._select(node.vector_selector, inside)
        elif isinstance(node, Call):
            for argument in node.args:
                self._walk(argument, node.func.name)
        elif isinstance(node, AggregateExpr):
            if node.modifier is not None:
                self.labels |= set(node.modifier.labels)
            self._walk(node.expr, inside)
        elif isinstance(node, SubqueryExpr):
            self._walk(node.expr, inside)
        else:
            for name in ("lhs", "rhs", "expr"):
                if hasattr(node, name):
                    self._walk(getattr(node, name), inside)

    def _select(self, node: VectorSelector, inside: str) -> None:
        assert node.name, "each selector names its metric"
        name = node.name.removesuffix("_bucket")
        self.metrics.add(name)
        self.labels |= {matcher.name for matcher in node.matchers.matchers}
        if inside in ("increase", "rate"):
            self.grown.add(name)

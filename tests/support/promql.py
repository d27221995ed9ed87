"""As much of PromQL as the alarms use, over samples that a test writes down: to see when an alarm goes off, and when not.

Series are sampled every 30 s. `increase` is not extrapolated as Prometheus does it, which only scales it.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import promql_parser
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    VectorSelector,
)

STEP_S = 30

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]
Numbers = Sequence[float | None]
"""One value each 30 s; ``None`` where the series was not told."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
}
_OVER: Mapping[str, Callable[[list[float]], float]] = {
    "min_over_time": min,
    "avg_over_time": lambda values: sum(values) / len(values),
}


def series(name: str, numbers: Numbers, **labels: str) -> tuple[str, Labels, Numbers]:
    """One series; with ``service`` and ``instance`` as a gateway tells them."""
    return name, tuple(sorted({"instance": "a", **labels}.items())), numbers


class Store:
    """Some series from time 0 on."""

    def __init__(self, *all_series: tuple[str, Labels, Numbers]) -> None:
        self._series = all_series
        self._now = 0

    def evaluate(self, text: str, at_s: int) -> Vector:
        """The vector that *text* gives at a time."""
        self._now = at_s
        found = self._eval(promql_parser.parse(text))
        assert isinstance(found, dict)
        return found

    def fires(self, rule: Mapping[str, Any], until_s: int) -> bool:
        """Whether the alarm goes off at any time up to *until_s*: true for as long as its ``for`` says."""
        held_s = _seconds(rule.get("for", "0s"))
        since: dict[Labels, int] = {}
        for at_s in range(0, until_s + 1, STEP_S):
            now = self.evaluate(rule["expr"], at_s)
            since = {labels: since.get(labels, at_s) for labels in now}
            if any(at_s - start >= held_s for start in since.values()):
                return True
        return False

    def _eval(self, node: Any) -> Vector | float:
        if isinstance(node, NumberLiteral):
            return float(node.val)
        if isinstance(node, ParenExpr):
            return self._eval(node.expr)
        if isinstance(node, VectorSelector):
            return self._instant(node)
        if isinstance(node, AggregateExpr):
            return _aggregate(str(node.op), self._vector(node.expr), _by(node))
        if isinstance(node, Call):
            return self._call(node)
        assert isinstance(node, BinaryExpr), type(node)
        return self._binary(node)

    def _vector(self, node: Any) -> Vector:
        found = self._eval(node)
        assert isinstance(found, dict)
        return found

    def _instant(self, node: VectorSelector) -> Vector:
        """What is told at that moment: a series that a scrape lacks is gone at once."""
        index = (self._now - _offset_s(node)) // STEP_S
        found = {}
        for labels, numbers in self._matching(node):
            value = numbers[index] if 0 <= index < len(numbers) else None
            if value is not None:
                found[labels] = value
        return found

    def _matching(self, node: VectorSelector) -> list[tuple[Labels, Numbers]]:
        return [
            (labels, numbers)
            for name, labels, numbers in self._series
            if name == node.name and all(_matches(matcher, dict(labels)) for matcher in node.matchers.matchers)
        ]

    def _call(self, node: Call) -> Vector:
        name = node.func.name
        if name == "absent":
            selector = node.args[0]
            labels = tuple(sorted((m.name, m.value) for m in selector.matchers.matchers if m.op == MatchOp.Equal))
            return {} if self._vector(selector) else {labels: 1.0}
        if name == "histogram_quantile":
            return _quantile(float(node.args[0].val), self._vector(node.args[1]))
        window = node.args[0]
        assert isinstance(window, MatrixSelector), name
        at_s, length_s = self._now - _offset_s(window.vector_selector), int(window.range.total_seconds())
        found = {}
        for labels, numbers in self._matching(window.vector_selector):
            values = _within(numbers, at_s - length_s, at_s)
            if name in _OVER and values:
                found[labels] = _OVER[name](values)
            elif name in ("increase", "rate") and len(values) > 1:
                grown = sum(b - a if b >= a else b for a, b in itertools.pairwise(values))
                found[labels] = grown / (length_s if name == "rate" else 1)
        return found

    def _binary(self, node: BinaryExpr) -> Vector | float:
        op, left, right = str(node.op), self._eval(node.lhs), self._eval(node.rhs)
        if op == "*":
            if isinstance(left, dict):
                left, right = right, left
            assert isinstance(left, float)
            assert isinstance(right, dict)
            return {labels: left * value for labels, value in right.items()}
        assert isinstance(left, dict)
        if op == "or":
            assert isinstance(right, dict)
            return {**right, **left}
        if op == "and":
            assert isinstance(right, dict)
            if node.modifier is not None and node.modifier.matching is not None:
                assert str(node.modifier.matching).strip() == "on ()"
                return left if right else {}
            return {labels: v for labels, v in left.items() if labels in right}
        compare = _COMPARE[op]
        if isinstance(right, float):
            return {labels: v for labels, v in left.items() if compare(v, right)}
        return {labels: v for labels, v in left.items() if labels in right and compare(v, right[labels])}


def _within(numbers: Numbers, after_s: int, at_s: int) -> list[float]:
    """The values told after *after_s*, up to *at_s*."""
    return [value for index, value in enumerate(numbers) if value is not None and after_s < index * STEP_S <= at_s]


def _matches(matcher: Any, labels: Mapping[str, str]) -> bool:
    value = labels.get(matcher.name, "")
    if matcher.op == MatchOp.Equal:
        return value == matcher.value
    assert matcher.op == MatchOp.NotRe, matcher.op
    return re.fullmatch(matcher.value, value) is None


def _by(node: AggregateExpr) -> list[str]:
    return [] if node.modifier is None else list(node.modifier.labels)


def _aggregate(op: str, vector: Vector, by: Sequence[str]) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        own = dict(labels)
        groups.setdefault(tuple(sorted((name, own[name]) for name in by if name in own)), []).append(value)
    make = {"max": max, "min": min, "sum": sum}[op]
    return {labels: float(make(values)) for labels, values in groups.items()}


def _quantile(share: float, vector: Vector) -> Vector:
    """The upper bound of the bucket in which the share lies: near enough for a threshold at a bound."""
    buckets = sorted((float(dict(labels)["le"]), value) for labels, value in vector.items())
    if not buckets or not buckets[-1][1]:
        return {}
    return {(): next(bound for bound, value in buckets if value >= share * buckets[-1][1])}


def _offset_s(node: VectorSelector) -> int:
    return 0 if node.offset is None else int(node.offset.total_seconds())


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3_600}[text[-1]]

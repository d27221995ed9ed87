"""The condition of a rule: ``selection and not 1 of filter_*`` over named detections."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from yaml.nodes import Node, ScalarNode

from tocsin.model.text import suggest
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.simplify import all_of, any_of, named, negation, size

MAX_DEPTH = 64
"""Of parentheses and ``not`` within one another."""
MAX_LENGTH = 8_192
"""Characters of a condition."""
MAX_SIZE = 100_000
"""Comparisons of a condition; a detection counts as often as it is named."""
CORRELATIONS = "to count over time, write a correlation: `correlation: {type: event_count, …}`"
_TOKEN = re.compile(r"[()]|[^\s()]+")
_QUANTIFIERS = ("1", "any", "all")
_OPERATORS = ("and", "or", "not")
_OLD = ("near", "count", "min", "max", "avg", "sum")
"""Aggregations of Sigma's first version."""


class Token(NamedTuple):
    """A word of a condition and where it begins."""

    text: str
    offset: int


def condition(context: ParseContext, node: Node, detections: Mapping[str, Ir], used: set[str]) -> Ir:
    """The condition at *node* over *detections*; the names that it refers to are added to *used*."""
    if not isinstance(node, ScalarNode) or not node.value.strip():
        raise context.error(node, "condition: must be a text such as `selection and not filter`", "condition")
    return _Parser(context, node, detections, used).parse()


class _Parser:
    def __init__(self, context: ParseContext, node: ScalarNode, detections: Mapping[str, Ir], used: set[str]) -> None:
        self._context = context
        self._node = node
        self._detections = detections
        self._used = used
        self._depth = 0
        self._size = 0
        self._next = 0
        if len(node.value) > MAX_LENGTH:
            raise context.error(node, f"condition: more than {MAX_LENGTH:,} characters; split the rule", "too-large")
        self._tokens = [Token(match[0], match.start()) for match in _TOKEN.finditer(node.value)]

    def parse(self) -> Ir:
        pipe = next((token for token in self._tokens if "|" in token.text), None)
        if pipe is not None:
            raise self._error(pipe, f"the old form with a pipe is not supported; {CORRELATIONS}")
        node = self._chain("or", any_of)
        token = self._peek()
        if token is not None:
            raise self._unexpected(token)
        return node

    def _chain(self, word: str, join: Callable[[list[Ir]], Ir]) -> Ir:
        """Operands with *word* between them; ``and`` binds closer than ``or``."""
        items = [self._operand_of(word)]
        while self._is(word):
            self._next += 1
            items.append(self._operand_of(word))
        return join(items) if len(items) > 1 else items[0]

    def _operand_of(self, word: str) -> Ir:
        return self._chain("and", all_of) if word == "or" else self._operand()

    def _operand(self) -> Ir:
        token = self._take()
        if token.text == "not":
            return negation(self._deeper(token, self._operand))
        if token.text == "(":
            node = self._deeper(token, lambda: self._chain("or", any_of))
            closing = self._peek()
            if closing is None or closing.text != ")":
                raise self._error(token, "this parenthesis is not closed; add `)`")
            self._next += 1
            return node
        if token.text == ")" or token.text in ("and", "or"):
            raise self._unexpected(token)
        if self._is("of"):
            return self._selector(token)
        return self._named(token)

    def _deeper(self, token: Token, parse: Callable[[], Ir]) -> Ir:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(
                token, f"nested more than {MAX_DEPTH} levels deep; move parts of it to detections", "too-deep"
            )
        node = parse()
        self._depth -= 1
        return node

    def _selector(self, quantifier: Token) -> Ir:
        if quantifier.text not in _QUANTIFIERS:
            raise self._error(
                quantifier, f"{quoted(quantifier.text)} of: only `1 of`, `any of` and `all of` are supported"
            )
        self._next += 1
        pattern = self._take()
        if pattern.text in ("(", ")"):
            raise self._error(pattern, "after `of`, write `them` or a name with a star, such as `selection_*`")
        names = [name for name in self._detections if _fits(pattern.text, name)]
        if not names:
            known = suggest(pattern.text, self._detections)
            raise self._error(pattern, f"no detection matches {quoted(pattern.text)}; {known}")
        items = [self._detection(pattern, name) for name in names]
        return all_of(items) if quantifier.text == "all" else any_of(items)

    def _named(self, token: Token) -> Ir:
        name = token.text
        if name not in self._detections:
            raise self._unknown(token)
        return self._detection(token, name)

    def _detection(self, token: Token, name: str) -> Ir:
        detection = self._detections[name]
        self._size += size(detection)
        if self._size > MAX_SIZE:
            raise self._error(token, f"condition: more than {MAX_SIZE:,} comparisons; split the rule", "too-large")
        self._used.add(name)
        return named(name, detection)

    def _unknown(self, token: Token) -> Exception:
        name = token.text
        if name.lower() in (*_OPERATORS, "of", "them"):
            return self._error(token, f"write `{name.lower()}` in lower case")
        if name in _OLD:
            return self._error(token, f"the old form with {name!r} is not supported; {CORRELATIONS}")
        if "*" in name:
            return self._error(token, f"{quoted(name)} needs `1 of` or `all of` before it")
        return self._error(token, f"{quoted(name)} is not a detection of this rule; {suggest(name, self._detections)}")

    def _unexpected(self, token: Token) -> Exception:
        if token.text in ("and", "or"):
            return self._error(token, f"`{token.text}` needs a detection before it")
        if token.text == ")":
            return self._error(token, "this parenthesis has no opening one; remove it")
        if token.text.lower() in _OPERATORS:
            return self._error(token, f"write `{token.text.lower()}` in lower case")
        if token.text in _OLD and token.text not in self._detections:
            return self._error(token, f"the old form with {token.text!r} is not supported; {CORRELATIONS}")
        return self._error(token, f"{quoted(token.text)}: `and` or `or` is missing before it")

    def _is(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token.text == word

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> Token:
        token = self._peek()
        if token is None:
            raise self._error(self._tokens[-1], "the condition ends too early; a detection is missing after this")
        self._next += 1
        return token

    def _error(self, token: Token, text: str, code: str = "condition") -> Exception:
        offset = token.offset + (1 if self._node.style in ("'", '"') else 0)
        one_line = self._node.style in (None, "", "'", '"') and "\n" not in self._node.value
        text = text if text.startswith("condition: ") else f"condition: {text}"
        return self._context.error(self._node, text, code, offset=offset if one_line else 0)


def _fits(pattern: str, name: str) -> bool:
    """Whether *pattern* after ``of`` includes *name*; a leading underscore hides *name* from patterns without one."""
    if name.startswith("_") and not pattern.startswith("_"):
        return False
    if pattern == "them":
        return True
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == name
    last = middle.pop()
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    position, end = len(first), len(name) - len(last)
    for part in middle:
        index = name.find(part, position, end)
        if index < 0:
            return False
        position = index + len(part)
    return True

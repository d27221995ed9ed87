"""One document while it is read: where its problems belong, and how much it may still hold."""

from yaml.nodes import Node

from tocsin.sigma.syntax.problems import Problem, RuleError

MAX_LITERALS = 20_000
"""Of a rule, after windash and base64offset have multiplied them."""
MAX_CHARACTERS = 1 << 20
"""Of all literals of a rule together."""
MAX_LITERAL = 8_192
"""Characters of one literal; of a longer text only the first 32 KiB and the last 4 KiB are matched anyway."""
MAX_EFFORT = 2_000_000
"""Instructions of all the regular expressions of a file: about two seconds of compiling."""
MAX_WARNINGS = 50
"""Of a document; no more are looked for."""
_SHOWN = 80
"""Characters of a wrong word that a message repeats."""


def shown(text: str) -> str:
    """*text* in quotes, cut, and on one line, whatever it holds."""
    return repr(text) if len(text) <= _SHOWN else repr(text[:_SHOWN]) + "…"


class Budget:
    """How much a file may still hold that is dear."""

    def __init__(self) -> None:
        self.effort = MAX_EFFORT


class ParseContext:
    """Where problems are made, so that each names its file, line and column."""

    def __init__(self, file: str, rule: str = "", budget: Budget | None = None) -> None:
        self.file = file
        self.rule = rule
        self.warnings: list[Problem] = []
        self._budget = budget or Budget()
        self._literals = 0
        self._characters = 0

    def error(self, node: Node | None, text: str, code: str = "", *, offset: int = 0) -> RuleError:
        """What is wrong at *node*, *offset* characters further in its line; for the caller to raise."""
        return RuleError(self._problem(node, text, code, offset=offset, warning=False))

    @property
    def is_full(self) -> bool:
        """Whether no further warning is kept."""
        return len(self.warnings) >= MAX_WARNINGS

    def warn(self, node: Node | None, text: str, code: str, *, offset: int = 0) -> None:
        """Note what is likely not meant at *node*; the document is loaded all the same."""
        if not self.is_full:
            self.warnings.append(self._problem(node, text, code, offset=offset, warning=True))

    def count_literal(self, node: Node, length: int = 0) -> None:
        """One more literal of *length* characters; too many are refused."""
        self._literals += 1
        self._characters += length
        if self._characters > MAX_CHARACTERS:
            raise self.error(
                node, f"the values of one rule have more than {MAX_CHARACTERS:,} characters; split it", "too-large"
            )
        if self._literals > MAX_LITERALS:
            raise self.error(
                node, f"more than {MAX_LITERALS:,} literals in one rule; split it into several", "too-large"
            )

    def count_expression(self, node: Node, effort: int) -> None:
        """One more regular expression, of *effort* instructions; too much of it is refused."""
        self._budget.effort -= effort
        if self._budget.effort < 0:
            told = "the regular expressions of this file are too large together; use smaller ones, or split the file"
            raise self.error(node, told, "too-large")

    def _problem(self, node: Node | None, text: str, code: str, *, offset: int, warning: bool) -> Problem:
        line = node.start_mark.line + 1 if node is not None else 0
        column = node.start_mark.column + 1 + offset if node is not None else 0
        return Problem(file=self.file, line=line, column=column, text=text, warning=warning, rule=self.rule, code=code)

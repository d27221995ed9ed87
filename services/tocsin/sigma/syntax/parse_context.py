"""State while a document is parsed: its position for error messages, its warnings, and its size limits."""

from yaml.nodes import Node

from tocsin.sigma.syntax.problems import Problem, RuleError

MAX_LITERALS = 20_000
"""Of a rule, counted after windash and base64offset have multiplied them."""
MAX_CHARACTERS = 1 << 20
"""Of all literals of a rule together."""
MAX_LITERAL = 8_192
"""Characters of one literal; only the first 32 KiB and the last 4 KiB of an event's text are matched anyway."""
MAX_EFFORT = 2_000_000
"""Instructions of all regular expressions of a file; compiling them takes about two seconds."""
MAX_WARNINGS = 50
"""Of a document; further ones are not reported."""
_SHOWN = 80
"""Maximum length of a wrong word in a message."""


def quoted(text: str) -> str:
    """*text* in quotes, shortened, and on one line."""
    return repr(text) if len(text) <= _SHOWN else repr(text[:_SHOWN]) + "…"


class Budget:
    """The effort that a file may still cost."""

    def __init__(self) -> None:
        self.effort = MAX_EFFORT


class ParseContext:
    """Creates errors and warnings with file, line and column."""

    def __init__(self, file: str, rule: str = "", budget: Budget | None = None) -> None:
        self.file = file
        self.rule = rule
        self.warnings: list[Problem] = []
        self._budget = budget or Budget()
        self._literals = 0
        self._characters = 0

    def error(self, node: Node | None, text: str, code: str = "", *, offset: int = 0) -> RuleError:
        """An error at *node*, *offset* characters to the right, for the caller to raise."""
        return RuleError(self._problem(node, text, code, offset=offset, warning=False))

    @property
    def is_full(self) -> bool:
        """Whether further warnings are dropped."""
        return len(self.warnings) >= MAX_WARNINGS

    def warn(self, node: Node | None, text: str, code: str, *, offset: int = 0) -> None:
        """Report a likely mistake at *node*; the document is still loaded."""
        if not self.is_full:
            self.warnings.append(self._problem(node, text, code, offset=offset, warning=True))

    def count_literal(self, node: Node, length: int = 0) -> None:
        """Count a literal of *length* characters; an error if there are too many."""
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
        """Count a regular expression of *effort* instructions; an error if there are too many."""
        self._budget.effort -= effort
        if self._budget.effort < 0:
            text = "all regular expressions of this file together are too large; use smaller ones, or split the file"
            raise self.error(node, text, "too-large")

    def _problem(self, node: Node | None, text: str, code: str, *, offset: int, warning: bool) -> Problem:
        line = node.start_mark.line + 1 if node is not None else 0
        column = node.start_mark.column + 1 + offset if node is not None else 0
        return Problem(file=self.file, line=line, column=column, text=text, warning=warning, rule=self.rule, code=code)

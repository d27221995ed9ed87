"""Errors and warnings of a rule file, with their positions; every message for a rule author is one of these."""

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One error, or one likely mistake (a warning)."""

    file: str
    line: int = 0
    """From 1; 0 for the whole file."""
    column: int = 0
    text: str
    """What is wrong, and what to do."""
    warning: bool = False
    """The document is still loaded."""
    rule: str = ""
    """Id of the rule, if it is known."""
    code: str = ""
    """A stable code for programs: ``unknown-field``, ``duplicate-id``, ``no-witness``."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.text}"


class RuleError(Exception):
    """A document that cannot be loaded."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

"""What is wrong with a rule file, and where: every message a rule author gets is one of these."""

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong, or (as a warning) that is likely not meant."""

    file: str
    line: int = 0
    """From 1; 0 where the file as a whole is meant."""
    column: int = 0
    text: str
    """For a person: what is wrong and what to do."""
    warning: bool = False
    """The document is loaded all the same."""
    rule: str = ""
    """Id of the rule, where it is known."""
    code: str = ""
    """A short word for programs: ``unknown-field``, ``duplicate-id``, ``no-witness``."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.text}"


class RuleError(Exception):
    """A document that cannot be loaded."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

"""Which stages of the pipeline fail in this process, and why."""


class Health:
    """The stages that fail now; a process without any is healthy."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        """Hop to the reason, in words for a person."""

    def failing(self, hop: str, why: str) -> None:
        """*hop* does not work now."""
        self.problems[hop] = why

    def recovered(self, hop: str) -> None:
        """*hop* works (again)."""
        self.problems.pop(hop, None)

    @property
    def ready(self) -> bool:
        """Whether no hop fails."""
        return not self.problems

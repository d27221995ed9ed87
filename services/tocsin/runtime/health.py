"""Which hop is broken and why, as this process sees it."""


class Health:
    """Hops that are broken now; empty is healthy."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        """Hop to the reason, in words for a person."""

    def broken(self, hop: str, why: str) -> None:
        """*hop* does not work."""
        self.problems[hop] = why

    def mended(self, hop: str) -> None:
        """*hop* works (again)."""
        self.problems.pop(hop, None)

    @property
    def ready(self) -> bool:
        """Whether nothing is broken."""
        return not self.problems

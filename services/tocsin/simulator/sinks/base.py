"""What the service asks of every sink."""

from collections.abc import Sequence
from typing import Protocol


class Sink(Protocol):
    """Takes whole lines; ``OSError`` from any call is the end."""

    def write(self, lines: Sequence[bytes], *, now_ns: int, singly: bool) -> None:
        """Take *lines* with their ends; *singly* with a write for each, as Tetragon does."""

    def flush(self) -> bool:
        """Pass on what the receiver takes now; whether nothing is left."""

    def close(self) -> None:
        """Done."""

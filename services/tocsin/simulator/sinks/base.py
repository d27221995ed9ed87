"""The contract of a sink."""

from collections.abc import Sequence
from typing import Protocol


class Sink(Protocol):
    """Takes complete lines; an ``OSError`` from any call ends the simulator."""

    def write(self, lines: Sequence[bytes], *, now_ns: int, singly: bool) -> None:
        """Take *lines* with their ends; *singly* with a separate write for each, as Tetragon does."""

    def flush(self) -> bool:
        """Pass on the bytes that the receiver takes now; whether none are left."""

    def close(self) -> None:
        """Release the file."""

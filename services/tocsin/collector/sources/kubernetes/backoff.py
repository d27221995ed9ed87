"""How long to wait before the next attempt: longer after each failure, with jitter. Pure."""

import random


class Backoff:
    """Doubling pauses with full jitter."""

    def __init__(self, *, least_s: float = 0.2, most_s: float = 30.0, chance: random.Random | None = None) -> None:
        """Pauses are between half of *least_s* and *most_s*."""
        self._least = least_s
        self._most = most_s
        self._chance = chance or random.Random()  # noqa: S311
        self._failures = 0
        self._floor = 0.0

    def next(self) -> float:
        """Seconds to wait now."""
        ceiling = min(self._most, self._least * 2.0 ** min(self._failures, 30))
        self._failures += 1
        floor, self._floor = self._floor, 0.0
        return max(floor, self._chance.uniform(min(self._least, ceiling) / 2, ceiling))

    def reset(self) -> None:
        """The last attempt succeeded."""
        self._failures = 0

    def wait(self, seconds: float) -> None:
        """The next pause is at least *seconds* long."""
        self._floor = seconds

"""Alerts that arrive long after they happened: after an outage they come by the thousand, and are no attack now."""

from typing import Any

from tocsin.gateway.window.rows import Row
from tocsin.model.hook_names import EXISTING

QUIET_S = 60.0
"""Late alerts belong together until none came for so long."""


class LateArrivals:
    """How many came late, and how late, since it began."""

    def __init__(self) -> None:
        self._n = 0
        self._most_s = 0
        self._from_ms = 0
        self._at = 0.0

    def note(self, row: Row, now: float) -> None:
        """One more came late; *now* is of the monotonic clock.

        A process that an agent found running when it started is as old as it is, and was not delayed.
        """
        if row.shape.fn == EXISTING:
            return
        if not self._n or now - self._at > QUIET_S:
            self._n, self._most_s, self._from_ms = 0, 0, row.t
        self._at = now
        self._n += 1
        self._most_s = max(self._most_s, row.late_s)
        self._from_ms = min(self._from_ms, row.t)

    def fields(self, now: float) -> dict[str, Any]:
        """What clients are told of it; nothing once it is over."""
        if not self._n or now - self._at > QUIET_S:
            return {}
        return {"late": {"n": self._n, "most_s": self._most_s, "from": self._from_ms}}

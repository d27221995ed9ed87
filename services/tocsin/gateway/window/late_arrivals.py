"""Alerts that arrive long after they happened: after an outage there are thousands, and none is an attack of now."""

from typing import Any

from tocsin.gateway.window.rows import Row
from tocsin.model.hook_names import EXISTING

QUIET_S = 60.0
"""An episode of late alerts ends when none arrived for this long."""


class LateArrivals:
    """How many alerts of the current episode were late, and how late."""

    def __init__(self) -> None:
        self._n = 0
        self._most_s = 0
        self._from_ms = 0
        self._at = 0.0

    def add(self, row: Row, now: float) -> None:
        """One more arrived late; *now* is of the monotonic clock.

        A process that an agent finds running when it starts is old, but was not delayed: it does not count.
        """
        if row.shape.event_type == EXISTING:
            return
        if not self._n or now - self._at > QUIET_S:
            self._n, self._most_s, self._from_ms = 0, 0, row.t
        self._at = now
        self._n += 1
        self._most_s = max(self._most_s, row.late_s)
        self._from_ms = min(self._from_ms, row.t)

    def fields(self, now: float) -> dict[str, Any]:
        """The fields of a frame; empty once the episode is over."""
        if not self._n or now - self._at > QUIET_S:
            return {}
        return {"late": {"n": self._n, "most_s": self._most_s, "from": self._from_ms}}

"""The four grades of an alert, ordered."""

import enum


class Severity(enum.StrEnum):
    """How bad an alert is; compare by `rank`, never by text."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}

WORST_FIRST: tuple[Severity, ...] = tuple(reversed(Severity))
"""Critical first: the order of every list that people see."""

KEPT: tuple[Severity, ...] = (Severity.CRITICAL, Severity.HIGH)
"""Kept apart in ALERTS_KEPT as well, so that no flood of the others evicts them."""

"""The four severities of an alert, ordered."""

import enum


class Severity(enum.StrEnum):
    """The severity of an alert; compare by `rank`, never by text."""

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
"""Critical first: the order of every list in the UI."""

KEPT: tuple[Severity, ...] = (Severity.CRITICAL, Severity.HIGH)
"""Also stored in ALERTS_KEPT, so that no flood of the others evicts them."""

"""The four severities in the order of every array on the wire, and numbers for each of them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tocsin.model.severity import WORST_FIRST

SEVERITIES: tuple[str, ...] = tuple(severity.value for severity in WORST_FIRST)
"""Critical first: the order of every array on the wire."""


class BySeverity(Struct, frozen=True, kw_only=True):
    """One number for each severity."""

    critical: int = 0
    """Of severity critical."""
    high: int = 0
    """Of severity high."""
    medium: int = 0
    """Of severity medium."""
    low: int = 0
    """Of severity low."""


def by_severity(counts: Sequence[int]) -> dict[str, int]:
    """One number for each severity, under its name."""
    return dict(zip(SEVERITIES, counts, strict=True))


def totals(subjects: Mapping[str, int]) -> BySeverity:
    """The messages of each severity, summed over the subjects of alerts."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for subject, n in subjects.items():
        severity = subject.split(".", 2)[1:2]
        if severity and severity[0] in counts:
            counts[severity[0]] += n
    return BySeverity(**counts)

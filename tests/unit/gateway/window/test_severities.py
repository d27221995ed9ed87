"""Numbers for each severity."""

from tocsin.gateway.window import severities


def test_totals_are_sums_over_subjects() -> None:
    held = severities.totals({"alerts.low.c.n.x": 3, "alerts.low.c.n.y": 4, "alerts.critical.c.n.x": 1, "other": 9})
    assert (held.low, held.critical, held.high) == (7, 1, 0)

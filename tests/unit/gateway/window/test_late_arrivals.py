"""Alerts that arrive long after they happened are counted together until none came for a while."""

from tocsin.gateway.window.late_arrivals import QUIET_S, LateArrivals

from support.rows import START_MS, row


def test_what_comes_late_is_counted_until_none_comes_for_a_minute() -> None:
    spell = LateArrivals()
    assert spell.fields(0.0) == {}
    spell.add(row(1, t=START_MS + 5_000, late_s=3_600), 1.0)
    spell.add(row(2, t=START_MS, late_s=1_800), 2.0)
    assert spell.fields(3.0) == {"late": {"n": 2, "most_s": 3_600, "from": START_MS}}
    assert spell.fields(3.0 + QUIET_S) == {}
    spell.add(row(3, t=START_MS, late_s=120), 100.0)
    assert spell.fields(100.0) == {"late": {"n": 1, "most_s": 120, "from": START_MS}}


def test_a_process_that_an_agent_found_running_is_old_and_not_late() -> None:
    spell = LateArrivals()
    spell.add(row(1, late_s=950_400, event_type="existing"), 1.0)
    assert spell.fields(1.0) == {}

"""The equations, on numbers."""

import pytest

from tocsin.bus import streams
from tocsin.model.checkpoint import Checkpoint, Counts
from tocsin.runtime.ledger import Facts, Reader, balance, render


def facts(
    *,
    stored: int = 90,
    dead: int = 4,
    events: int = 90,
    alerts: int = 87,
    buried: int = 1,
    waiting: int = 2,
    raised: int = 0,
    position: int = 40,
) -> Facts:
    counts = Counts(lines=stored + dead + 6, stored=stored, dead=dead, repeated=5, skipped=1)
    return Facts(
        sources=[Checkpoint(source="file x", cluster="c", counts=counts)],
        last={
            streams.EVENTS: events,
            streams.ALERTS: alerts,
            streams.RAISED: raised,
            streams.SIGNALS: 40,
            streams.dead("collector"): dead,
            streams.dead("classifier"): buried,
        },
        waiting=waiting,
        position=position,
    )


def test_counts_that_agree_balance() -> None:
    ledger = balance(facts())
    assert ledger.balanced, render(ledger)
    assert "balances" in render(ledger)


@pytest.mark.parametrize(
    ("changed", "hop", "difference"),
    [
        ({"events": 89, "alerts": 86}, "collector to EVENTS", 1),
        ({"alerts": 85}, "EVENTS to ALERTS", 2),
        ({"alerts": 90}, "EVENTS to ALERTS", -3),
        ({"raised": 1}, "EVENTS to ALERTS", 1),
        ({"position": 41}, "SIGNALS to the correlator", -1),
    ],
)
def test_a_difference_is_named_with_its_hop_and_size(changed: dict[str, int], hop: str, difference: int) -> None:
    ledger = balance(facts(**changed))
    wrong = [line for line in ledger.lines if not line.balanced]
    assert [(line.hop, line.difference) for line in wrong] == [(hop, difference)]
    assert hop in ledger.problems[0]


def test_what_a_correlation_raised_is_no_event_s_alert() -> None:
    assert balance(facts(alerts=90, raised=3)).balanced


def test_signals_that_wait_for_the_correlator_are_said_and_are_no_difference() -> None:
    ledger = balance(facts(position=30))
    assert ledger.balanced
    assert [line.waiting for line in ledger.lines if "SIGNALS" in line.hop] == [10]
    assert not ledger.done


def test_while_events_run_what_is_in_flight_is_no_difference() -> None:
    running = facts(events=400, alerts=397)
    assert balance(running, rate=100, at_rest=False).balanced
    assert not balance(running).balanced
    assert not balance(facts(events=90_000, alerts=89_997), rate=100, at_rest=False).balanced


def test_what_was_evicted_unread_is_said() -> None:
    reader = Reader(stream="ALERTS_KEPT", name="siem", waiting=3, evicted_unread=7)
    found = balance(Facts(sources=[], last=facts().last | {"EVENTS": 0, "ALERTS": 0}, waiting=0, readers=[reader]))
    assert any("7 messages were evicted" in problem for problem in found.problems)

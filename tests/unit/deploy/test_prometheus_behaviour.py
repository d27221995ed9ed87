"""When an alarm goes off, and when it must not: over series as they are when something breaks, restarts, or is idle."""

from typing import Any

import pytest
import yaml

from support.metric_names import ROOT
from support.promql import Numbers, Store, series

_GROUPS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yaml").read_text())["groups"]
_RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in _GROUPS for rule in group["rules"]}

HOUR = 120
"""Samples."""
MINUTE = 2
CALM = [0.0] * 4 * HOUR
GROWING = [float(n) for n in range(4 * HOUR)]
GATEWAY = series("tocsin_bus_up", [1.0] * 4 * HOUR, service="gateway")
NONE: list[float | None] = [None]


def _step(value: float, at: int, before: float = 0.0) -> list[float]:
    return [before] * at + [value] * (4 * HOUR - at)


def _fires(alarm: str, *all_series: Any, until: int = 4 * HOUR - 1) -> bool:
    return Store(*all_series).fires(_RULES[alarm], until * 30)


COUNTERS = {
    "TocsinExportFileVanished": "tocsin_collector_vanished_files_total",
    "TocsinLogsUnread": "tocsin_collector_unread_intervals_total",
    "TocsinSignalsUnread": "tocsin_correlator_unread_signals_total",
    "TocsinDeadLetters": "tocsin_bus_dead_letters_total",
    "TocsinRulesFail": "tocsin_classifier_failed_rules_total",
}


@pytest.mark.parametrize("alarm", COUNTERS)
def test_one_loss_raises_an_alarm_and_a_count_that_stands_still_does_not(alarm: str) -> None:
    name = COUNTERS[alarm]
    assert _fires(alarm, series(name, _step(1, HOUR), service="collector"))
    assert not _fires(alarm, series(name, _step(7, 0), service="collector"))


@pytest.mark.parametrize("alarm", COUNTERS)
def test_a_process_that_starts_again_raises_none(alarm: str) -> None:
    before: Numbers = [7.0] * HOUR
    after: Numbers = NONE * HOUR + [7.0] * HOUR
    old = series(COUNTERS[alarm], before, service="collector", instance="host-1")
    new = series(COUNTERS[alarm], after, service="collector", instance="host-2")
    assert not _fires(alarm, old, new)


SUSTAINED = {
    "TocsinMessagesRefused": ("tocsin_bus_refused_messages_total", {"service": "collector"}),
    "TocsinReadErrors": ("tocsin_collector_read_errors_total", {}),
    "TocsinAgentLosesEvents": ("tocsin_collector_agent_lost_events_total", {"node": "n", "place": "queue"}),
    "TocsinKeysEvicted": ("tocsin_correlator_evicted_keys_total", {"rule": "r"}),
    "TocsinReconnects": ("tocsin_bus_reconnects_total", {"service": "collector"}),
}


@pytest.mark.parametrize("alarm", SUSTAINED)
def test_what_goes_on_raises_an_alarm(alarm: str) -> None:
    name, labels = SUSTAINED[alarm]
    assert _fires(alarm, series(name, GROWING, **labels))
    assert not _fires(alarm, series(name, CALM, **labels))


def test_a_single_reconnect_or_a_single_failed_read_raises_none() -> None:
    assert not _fires("TocsinReconnects", series("tocsin_bus_reconnects_total", _step(1, HOUR), service="collector"))
    assert not _fires("TocsinReadErrors", series("tocsin_collector_read_errors_total", _step(1, HOUR)))


GAUGES = {
    "TocsinReaderEvicted": ("tocsin_reader_evicted_messages", 3, {"stream": "ALERTS", "reader": "siem"}),
    "TocsinCollectorBehind": ("tocsin_collector_lag_bytes", 3e7, {}),
    "TocsinCorrelatorBehind": ("tocsin_correlator_lag_messages", 5_000, {}),
    "TocsinGatewayBehind": ("tocsin_gateway_waiting_alerts", 5_000, {}),
    "TocsinNodeSilent": ("tocsin_gateway_silent_nodes", 1, {}),
    "TocsinPodsUnreadable": ("tocsin_collector_unreadable_pods", 1, {}),
    "TocsinAgentCountersOld": ("tocsin_collector_agent_age_seconds", 500, {"node": "n"}),
    "TocsinLedgerUnbalanced": ("tocsin_ledger_unexplained_messages", 4, {"hop": "alerts"}),
    "TocsinPositionUnsaved": ("tocsin_correlator_unsaved", 1, {}),
    "TocsinWindowsPartial": ("tocsin_correlator_partial", 1, {}),
    "TocsinRuleProblems": ("tocsin_gateway_rule_problems", 1, {}),
    "TocsinRulesDiffer": ("tocsin_gateway_rule_hashes_differ", 1, {}),
    "TocsinSilencesExpired": ("tocsin_classifier_expired_silences", 1, {}),
    "TocsinCollectorPaused": ("tocsin_collector_paused", 1, {}),
}


@pytest.mark.parametrize("alarm", GAUGES)
def test_a_state_that_stays_raises_an_alarm_and_one_that_was_seen_once_does_not(alarm: str) -> None:
    name, value, labels = GAUGES[alarm]
    assert _fires(alarm, series(name, _step(value, HOUR), **labels))
    assert not _fires(alarm, series(name, CALM, **labels))
    once = [*CALM[:HOUR], float(value), *CALM[: 2 * HOUR]]
    assert not _fires(alarm, series(name, once, **labels))


def test_a_collector_that_waits_and_reads_by_turns_is_paused_where_it_mostly_waits() -> None:
    mostly = [0.0, 1.0, 1.0] * HOUR
    seldom = [1.0, 0.0, 0.0] * HOUR
    assert _fires("TocsinCollectorPaused", series("tocsin_collector_paused", mostly))
    assert not _fires("TocsinCollectorPaused", series("tocsin_collector_paused", seldom))


def test_a_collector_that_catches_up_after_an_outage_raises_no_alarm() -> None:
    falling = [*CALM[:HOUR], *(max(0.0, 5e7 - n * 5e6) for n in range(3 * HOUR))]
    assert not _fires("TocsinCollectorBehind", series("tocsin_collector_lag_bytes", falling))


def _buckets(slow: float) -> tuple[Any, ...]:
    """A hundred events in each half minute, of which *slow* wait between 30 and 60 s."""
    name = "tocsin_classifier_event_lag_seconds_bucket"
    rows = {"0.1": 100 - slow, "30": 100 - slow, "60": 100.0, "+Inf": 100.0}
    return tuple(series(name, [value * n for n in range(2 * HOUR)], le=le) for le, value in rows.items())


def test_events_are_late_where_one_in_a_hundred_waits_for_longer() -> None:
    assert _fires("TocsinJudgementLate", *_buckets(5), until=2 * HOUR - 1)
    assert not _fires("TocsinJudgementLate", *_buckets(0.5), until=2 * HOUR - 1)


def _waiting(numbers: Numbers, reader: str = "classifier", stream: str = "EVENTS") -> Any:
    return series("tocsin_reader_waiting_messages", numbers, stream=stream, reader=reader)


def test_a_classifier_is_stuck_where_events_wait_and_none_is_taken() -> None:
    taken = "tocsin_classifier_received_events_total"
    assert _fires("TocsinClassifierStuck", _waiting(_step(9, HOUR)), series(taken, [5.0] * 4 * HOUR))
    assert not _fires("TocsinClassifierStuck", _waiting(_step(9, HOUR)), series(taken, GROWING))
    assert not _fires("TocsinClassifierStuck", _waiting(CALM), series(taken, [5.0] * 4 * HOUR))


@pytest.mark.slow
def test_a_reader_is_away_where_it_comes_no_nearer_and_not_while_it_catches_up() -> None:
    falling = [float(10_000 - n * 10) for n in range(4 * HOUR)]
    assert _fires("TocsinReaderAway", _waiting(GROWING[1:], "siem", "ALERTS"))
    assert not _fires("TocsinReaderAway", _waiting(falling, "siem", "ALERTS"))
    assert not _fires("TocsinReaderAway", _waiting([0.0, 5.0] * 2 * HOUR, "siem", "ALERTS"))
    assert not _fires("TocsinReaderAway", _waiting(GROWING[1:]))


def test_redelivery_counts_against_what_is_received() -> None:
    received = series("tocsin_classifier_received_events_total", [100.0 * n for n in range(2 * HOUR)])
    for each, fires in ((20.0, True), (1.0, False)):
        again = series("tocsin_classifier_redelivered_events_total", [each * n for n in range(2 * HOUR)])
        assert _fires("TocsinRedelivery", received, again, until=2 * HOUR - 1) is fires


def test_two_gateways_that_tell_the_same_do_not_count_twice() -> None:
    name = "tocsin_classifier_received_events_total"
    rule = {**_RULES["TocsinNoEvents"], "expr": f"sum(max by (instance) (increase({name}[10m])))"}
    once = series(name, GROWING, pod="gateway-1")
    twice = series(name, GROWING, pod="gateway-2")
    assert Store(once).evaluate(rule["expr"], 3_600) == Store(once, twice).evaluate(rule["expr"], 3_600)


def test_no_events_at_all_is_silence_and_a_few_are_not() -> None:
    name = "tocsin_collector_received_lines_total"
    assert _fires("TocsinNoEvents", series(name, [5.0] * 4 * HOUR))
    few = [float(n // (10 * MINUTE)) for n in range(4 * HOUR)]
    assert not _fires("TocsinNoEvents", series(name, few))
    one_of_two = series(name, [5.0] * 4 * HOUR, instance="b")
    assert not _fires("TocsinNoEvents", series(name, GROWING), one_of_two)


@pytest.mark.parametrize("service", ["collector", "classifier", "correlator"])
def test_a_service_is_absent_once_it_has_not_been_heard_for_a_while(service: str) -> None:
    alarm = f"Tocsin{service.capitalize()}Absent"
    gone = series("tocsin_bus_up", [1.0] * HOUR, service=service)
    replaced = series("tocsin_bus_up", NONE * (HOUR + MINUTE) + [1.0] * 3 * HOUR, service=service, instance="b")
    assert _fires(alarm, GATEWAY, gone)
    assert not _fires(alarm, GATEWAY, gone, replaced)
    assert not _fires(alarm, gone), "where no gateway is heard, that is the alarm"


def test_a_gateway_that_is_gone_or_without_nats_has_its_own_alarm() -> None:
    read = series("tocsin_gateway_read_sequence", [5.0] * HOUR)
    assert _fires("TocsinGatewayAbsent", read)
    assert not _fires("TocsinGatewayAbsent", read, until=HOUR - 1)
    assert _fires("TocsinGatewayWithoutNats", series("tocsin_bus_up", _step(0, HOUR, 1), service="gateway"))
    assert not _fires("TocsinGatewayWithoutNats", GATEWAY)


def test_a_ledger_that_grows_old_or_is_never_taken_is_told() -> None:
    taken, fresh = (
        series("tocsin_ledger_balanced", [1.0] * 4 * HOUR),
        series("tocsin_ledger_age_seconds", [20.0] * 4 * HOUR),
    )
    assert not _fires("TocsinLedgerOld", taken, fresh)
    assert _fires("TocsinLedgerOld", taken, series("tocsin_ledger_age_seconds", [30.0 * n for n in range(4 * HOUR)]))
    assert _fires("TocsinLedgerOld", GATEWAY)


def test_many_refused_logins_raise_an_alarm_and_a_mistyped_token_does_not() -> None:
    name = "tocsin_gateway_refused_logins_total"
    assert _fires("TocsinLoginsRefused", series(name, [4.0 * n for n in range(2 * HOUR)], reason="token"), until=HOUR)
    assert not _fires("TocsinLoginsRefused", series(name, _step(3, HOUR), reason="token"))


def test_every_alarm_is_tried_here() -> None:
    text = (ROOT / "tests" / "unit" / "deploy" / "test_prometheus_behaviour.py").read_text()
    absent = {f"Tocsin{service}Absent" for service in ("Collector", "Classifier", "Correlator")}
    assert {name for name in _RULES if f'"{name}"' not in text} == absent

"""The hops of the way, made of what services tell, what streams hold and what is broken."""

from tocsin.gateway.pipeline.hops import Facts, Flow, GatewayNumbers, HopAnswer, hops
from tocsin.gateway.pipeline.service_reports import Instance, ServiceReports
from tocsin.model import subjects
from tocsin.runtime import service_report
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport

GATEWAY = GatewayNumbers(in_s=3.0, out_s=2.0, lag_s=0.041, waiting=0, undecodable=0)


def instance(
    service: str, totals: dict[str, float], rates: dict[str, float] | None = None, age_s: float = 2.0
) -> Instance:
    said = ServiceReport(service=service, instance="a", time="")
    return Instance(said, age_s, totals, {} if rates is None else rates)


def made(*instances: Instance, connected: bool = True, **fields: object) -> dict[str, HopAnswer]:
    facts = {"events": Flow(), "alerts": Flow(), "gateway": GATEWAY, "problems": {}, **fields}
    found = hops(Facts(instances=instances, connected=connected, **facts))  # type: ignore[arg-type]
    return {hop.name: hop for hop in found}


def test_what_nobody_told_is_unknown_and_not_zero() -> None:
    found = made()
    assert list(found) == ["collector", "EVENTS", "classifier", "correlator", "ALERTS", "gateway"]
    hop = found["collector"]
    assert (hop.in_s, hop.out_s, hop.lag_s, hop.waiting, hop.dropped, hop.last_seen_s) == (None,) * 6
    assert (hop.instances, found["gateway"].instances) == (0, 1)
    assert made(connected=False)["collector"].instances is None
    assert (found["ALERTS"].dropped, found["ALERTS"].lag_s) == (None, None)


def test_numbers_of_all_instances_are_summed() -> None:
    totals = {"tocsin_collector_unsettled_lines": 3.0, "tocsin_collector_lag_bytes": 5_000.0}
    rates = {"tocsin_collector_received_lines_total": 40.0, "tocsin_collector_received_bytes_total": 1_000.0}
    hop = made(instance("collector", totals, rates), instance("collector", totals, rates, age_s=0.5))["collector"]
    assert (hop.instances, hop.in_s, hop.waiting, hop.lag_s, hop.last_seen_s) == (2, 80.0, 6, 5.0, 0.5)


def test_undecodable_lines_are_dropped_with_the_place_where_they_are_kept() -> None:
    hop = made(instance("collector", {"tocsin_collector_dead_letters_total": 4.0}))["collector"]
    assert hop.dropped == 4
    assert "DEAD_COLLECTOR" in hop.dropped_why


def test_of_files_that_vanished_nobody_knows_how_many_events_they_held() -> None:
    totals = {"tocsin_collector_dead_letters_total": 4.0, "tocsin_collector_vanished_files_total": 2.0}
    hop = made(instance("collector", totals))["collector"]
    assert hop.dropped is None
    assert hop.dropped_why.startswith("2 export files were gone before they were read")
    sized = made(instance("collector", {**totals, "tocsin_collector_vanished_bytes_total": 5_000.0}))["collector"]
    assert "5,000 bytes" in sized.dropped_why


def test_the_lag_of_the_classifier_is_the_mean_of_the_last_seconds() -> None:
    name = "tocsin_classifier_event_lag_seconds"
    assert made(instance("classifier", {}, {name: 0.5, f"{name}_count": 100.0}))["classifier"].lag_s == 0.005
    assert made(instance("classifier", {}, {name: 0.0, f"{name}_count": 0.0}))["classifier"].lag_s is None


def test_a_stream_lags_by_what_waits_at_the_speed_at_which_it_is_read() -> None:
    hop = made(events=Flow(in_s=50.0, out_s=20.0, waiting=1_000, idle_s=0.21, evicted=0))["EVENTS"]
    assert (hop.lag_s, hop.waiting, hop.dropped, hop.last_seen_s) == (50.0, 1_000, 0, 0.21)
    assert made(events=Flow(out_s=0.0, waiting=0))["EVENTS"].lag_s == 0.0
    assert made(events=Flow(out_s=0.0, waiting=9))["EVENTS"].lag_s is None


def test_a_problem_stands_at_its_hop() -> None:
    problems = {
        "collector.source": "no file", "collector.pressure": "paused", "classifier": "no classifier has reported",
        "classifier.backlog": "20,000 events wait", "nats": "no connection", "window": "being read back",
    }  # fmt: skip
    found = {name: hop.problem for name, hop in made(problems=problems).items()}
    assert found == {
        "collector": "no file; paused",
        "EVENTS": "no connection",
        "classifier": "no classifier has reported; 20,000 events wait",
        "correlator": "",
        "ALERTS": "no connection",
        "gateway": "being read back",
    }


def test_rates_come_from_two_reports_of_one_instance() -> None:
    reports = ServiceReports(0.0)
    for now, lines in ((1.0, 100.0), (6.0, 600.0)):
        said = ServiceReport(service="collector", instance="a", time="", samples=[Sample("n", "counter", "", lines)])
        reports.receive(subjects.metrics("collector", "a"), service_report._encoder.encode(said), now)
    (own,) = reports.instances(8.0)
    assert (own.age_s, own.totals, own.rates) == (2.0, {"n": 600.0}, {"n": 100.0})
    assert reports.instances(40.0) == []


def test_reports_that_were_held_up_on_their_way_and_come_at_once_make_no_rate() -> None:
    reports = ServiceReports(0.0)
    for made, now, lines in ((1, 1.0, 100.0), (6, 6.0, 600.0), (11, 30.0, 1_100.0), (16, 30.001, 1_600.0)):
        time = f"2026-11-24T10:00:{made:02d}Z"
        said = ServiceReport(service="collector", instance="a", time=time, samples=[Sample("n", "counter", "", lines)])
        reports.receive(subjects.metrics("collector", "a"), service_report._encoder.encode(said), now)
    (own,) = reports.instances(31.0)
    assert own.rates == {"n": 100.0}

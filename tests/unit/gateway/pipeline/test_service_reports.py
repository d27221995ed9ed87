"""Reports of services: what is failing, who is not reporting, and bounds against hostile reports."""

import msgspec

from tocsin.gateway.pipeline.service_reports import ServiceReports
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport


def reported(service: str, instance: str = "a", **fields: object) -> bytes:
    return msgspec.json.encode(ServiceReport(service=service, instance=instance, time="", **fields))  # type: ignore[arg-type]


def test_a_service_that_falls_silent_is_a_broken_hop() -> None:
    reports = ServiceReports(0.0)
    reports.receive("tocsin.metrics.collector.a", reported("collector", problems={"file": "gone"}), 0.0)
    for service in ("classifier", "correlator"):
        reports.receive(f"tocsin.metrics.{service}.a", reported(service), 20.0)
    assert reports.problems(20.0) == {"collector.file": "gone"}
    assert reports.problems(31.0) == {"collector": "no collector has reported for 30 s"}


def test_just_after_the_start_a_service_that_was_not_heard_is_awaited_and_not_broken() -> None:
    reports = ServiceReports(100.0)
    for service in ("classifier", "correlator"):
        reports.receive(f"tocsin.metrics.{service}.a", reported(service), 101.0)
    assert reports.problems(109.0) == {}
    assert reports.awaited(109.0) == {"collector": "no collector has reported yet"}
    assert reports.problems(112.0) == {"collector": "no collector has reported for 12 s"}
    assert reports.awaited(112.0) == {}


def test_a_report_speaks_for_its_own_service_alone() -> None:
    reports = ServiceReports(0.0)
    reports.receive("tocsin.metrics.collector.a", reported("classifier"), 0.0)
    reports.receive("tocsin.metrics.collector.a", b"{", 0.0)
    reports.receive("tocsin.metrics.collector.a", b"\xff" * 2_000_000, 0.0)
    reports.receive("tocsin.metrics.collector.a", b'{"samples":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 0.0)
    reports.receive("tocsin.metrics.collector.a", b'{"more":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 0.0)
    assert reports.fresh(0.0) == []
    assert reports.unreadable == 5


def test_the_number_of_instances_is_bounded() -> None:
    reports = ServiceReports(0.0)
    for n in range(5_100):
        reports.receive("tocsin.metrics.collector.a", reported("collector", f"i{n}"), 0.0)
    assert len(reports.fresh(0.0)) == 5_000
    for n in range(100):
        large = reported("collector", f"i{n}", problems={"x": "y" * 900_000})
        reports.receive("tocsin.metrics.collector.a", large, 1.0)
    assert 60 < len(reports.fresh(1.0)) < 80
    assert reports.fresh(32.0) == []
    reports.receive("tocsin.metrics.collector.a", reported("collector", "i"), 33.0)
    assert len(reports.fresh(33.0)) == 1


def test_samples_with_names_that_prometheus_cannot_read_are_left_out() -> None:
    samples = [
        Sample("good_total", "counter", "", 1),
        Sample("bad\nname", "counter", "", 1),
        Sample("kind", "evil\n", "", 1),
        Sample("label", "gauge", "", 1, {'a="': "x"}),
    ]
    reports = ServiceReports(0.0)
    reports.receive("tocsin.metrics.collector.a", reported("collector", samples=samples), 0.0)
    ((labels, kept),) = reports.groups(0.0, but=("gateway", "own"))
    assert labels == {"service": "collector", "instance": "a"}
    assert [sample.name for sample in kept] == ["good_total"]
    assert list(reports.groups(0.0, but=("collector", "a"))) == []

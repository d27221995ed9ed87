"""Cursors, parameters, where reading back begins, who may ask, and what services report."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from tocsin.gateway.feed import frames
from tocsin.gateway.http import security_headers
from tocsin.gateway.pipeline.service_reports import ServiceReports
from tocsin.gateway.queries import params, schemas
from tocsin.gateway.queries.params import QueryError
from tocsin.gateway.window import backfill, cursor
from tocsin.gateway.window.row_filter import EVERYTHING
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport


def test_a_cursor_reads_back() -> None:
    epoch = cursor.epoch("2025-11-23T14:08:12.641999999Z")
    assert cursor.parse(cursor.render(epoch, 9_182_204)) == (epoch, 9_182_204)
    assert epoch != cursor.epoch("2025-11-23T14:08:12.642000000Z")


@pytest.mark.parametrize("text", ["", "a1f3", "a1f3:", ":1", "a1f3:-1", "A1:1", "a1:1 ", "a1:" + "9" * 20, "a1:٣"])
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert cursor.parse(text) is None


@given(st.lists(st.booleans(), max_size=400), st.integers(1, 60), st.integers(1, 500))
async def test_reading_back_begins_where_enough_of_a_severity_lie(stream: list[bool], wanted: int, first: int) -> None:
    last = first + len(stream) - 1
    asked = 0

    async def count(seq: int) -> int:
        nonlocal asked
        asked += 1
        return sum(stream[max(0, seq - first) :])

    begin = await backfill.begin(first, last, wanted, count)
    held = sum(stream)
    found = sum(stream[begin - first :])
    assert begin >= first
    assert found >= min(held, wanted)
    assert begin == first or found <= wanted * (1 + backfill.SLACK) + 1
    assert asked <= 12


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"severity": "urgent"}, "severity"),
        ({"severity": "critical,"}, "severity"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "201", "full": "1"}, "limit"),
        ({"full": "yes"}, "full"),
        ({"q": "x" * 513}, "q"),
        ({"q": " ".join(map(str, range(17)))}, "q"),
        ({"sevrity": "low"}, "sevrity"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], named: str) -> None:
    with pytest.raises(QueryError, match=f"^{named}"):
        params.parse(parameters)


def test_a_parameter_that_comes_twice_is_named() -> None:
    with pytest.raises(QueryError, match=r"^severity must be given once"):
        params.parse(MultiDict([("severity", "low"), ("severity", "high")]))


def test_without_parameters_the_newest_thousand_are_asked_for() -> None:
    assert params.parse({}) == params.Query(EVERYTHING, 1_000, full=False)
    assert params.parse({"full": "1"}).limit == 200
    assert params.parse({"limit": "7", "full": "0"}).limit == 7


def test_totals_are_sums_over_subjects() -> None:
    held = schemas.totals({"alerts.low.c.n.x": 3, "alerts.low.c.n.y": 4, "alerts.critical.c.n.x": 1, "other": 9})
    assert (held.low, held.critical, held.high) == (7, 1, 0)


@pytest.mark.parametrize(
    ("host", "bound", "allowed", "fine"),
    [
        ("127.0.0.1:8080", "127.0.0.1", "", True),
        ("localhost:8080", "127.0.0.1", "", True),
        ("LOCALHOST", "127.0.0.1", "", True),
        ("[::1]:8080", "127.0.0.1", "", True),
        ("evil.example", "127.0.0.1", "", False),
        ("127.0.0.1.evil.example:8080", "127.0.0.1", "", False),
        ("10.0.0.7:8080", "127.0.0.1", "", False),
        ("10.0.0.7:8080", "0.0.0.0", "", True),
        ("evil.example", "0.0.0.0", "", False),
        ("tocsin.example.com", "0.0.0.0", "tocsin.example.com", True),
        ("tocsin.example.com.:443", "0.0.0.0", "tocsin.example.com", True),
        ("", "127.0.0.1", "", False),
        ("localhost@evil.example", "127.0.0.1", "", False),
        ("localhost/evil", "127.0.0.1", "", False),
        ("localhost:port", "127.0.0.1", "", False),
        ("[::1", "127.0.0.1", "", False),
    ],
)
def test_only_our_own_names_are_answered(host: str, bound: str, allowed: str, fine: bool) -> None:
    assert security_headers.host_allowed(host, bound, {allowed}) is fine


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        (None, True),
        ("http://localhost:8080", True),
        ("https://LOCALHOST:8080", True),
        ("http://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        ("file://localhost:8080", False),
        ("http://[", False),
    ],
)
def test_only_our_own_page_may_open_the_stream(origin: str | None, fine: bool) -> None:
    assert security_headers.origin_allowed(origin, "localhost:8080") is fine


def reported(service: str, instance: str = "a", **fields: object) -> bytes:
    return msgspec.json.encode(ServiceReport(service=service, instance=instance, time="", **fields))  # type: ignore[arg-type]


def test_a_service_that_falls_silent_is_a_broken_hop() -> None:
    reports = ServiceReports(0.0)
    reports.hear("tocsin.metrics.collector.a", reported("collector", problems={"file": "gone"}), 0.0)
    for service in ("classifier", "correlator"):
        reports.hear(f"tocsin.metrics.{service}.a", reported(service), 20.0)
    assert reports.problems(20.0) == {"collector.file": "gone"}
    assert reports.problems(31.0) == {"collector": "no collector has reported for 30 s"}


def test_just_after_the_start_a_service_that_was_not_heard_is_awaited_and_not_broken() -> None:
    reports = ServiceReports(100.0)
    for service in ("classifier", "correlator"):
        reports.hear(f"tocsin.metrics.{service}.a", reported(service), 101.0)
    assert reports.problems(109.0) == {}
    assert reports.awaited(109.0) == {"collector": "no collector was heard yet"}
    assert reports.problems(112.0) == {"collector": "no collector has reported for 12 s"}
    assert reports.awaited(112.0) == {}


def test_a_report_speaks_for_its_own_service_alone() -> None:
    reports = ServiceReports(0.0)
    reports.hear("tocsin.metrics.collector.a", reported("classifier"), 0.0)
    reports.hear("tocsin.metrics.collector.a", b"{", 0.0)
    reports.hear("tocsin.metrics.collector.a", b"\xff" * 2_000_000, 0.0)
    reports.hear("tocsin.metrics.collector.a", b'{"samples":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 0.0)
    reports.hear("tocsin.metrics.collector.a", b'{"more":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 0.0)
    assert reports.fresh(0.0) == []
    assert reports.unreadable == 5


def test_the_number_of_instances_is_bounded() -> None:
    reports = ServiceReports(0.0)
    for n in range(5_100):
        reports.hear("tocsin.metrics.collector.a", reported("collector", f"i{n}"), 0.0)
    assert len(reports.fresh(0.0)) == 5_000
    for n in range(100):
        large = reported("collector", f"i{n}", problems={"x": "y" * 900_000})
        reports.hear("tocsin.metrics.collector.a", large, 1.0)
    assert 60 < len(reports.fresh(1.0)) < 80
    assert reports.fresh(32.0) == []
    reports.hear("tocsin.metrics.collector.a", reported("collector", "i"), 33.0)
    assert len(reports.fresh(33.0)) == 1


def test_samples_with_names_that_prometheus_cannot_read_are_left_out() -> None:
    samples = [
        Sample("good_total", "counter", "", 1),
        Sample("bad\nname", "counter", "", 1),
        Sample("kind", "evil\n", "", 1),
        Sample("label", "gauge", "", 1, {'a="': "x"}),
    ]
    reports = ServiceReports(0.0)
    reports.hear("tocsin.metrics.collector.a", reported("collector", samples=samples), 0.0)
    ((labels, kept),) = reports.groups(0.0, but=("gateway", "own"))
    assert labels == {"service": "collector", "instance": "a"}
    assert [sample.name for sample in kept] == ["good_total"]
    assert list(reports.groups(0.0, but=("collector", "a"))) == []


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("10s", 60), ("16m", 1_800), ("24h", 86_400), ("9d", 86_400)]
)
def test_a_window_is_rounded_up_to_one_that_is_kept(text: str, seconds: int) -> None:
    assert frames.window_s(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"k":1}',
        '{"k":"open","window":"x"}',
        '{"k":"view","rows":-1}',
        '{"k":"ack"}',
        "\udcff",
        '{"k":"open","x":' + "[" * 9_999,
    ],
)
def test_a_frame_that_is_none_is_refused(text: str) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeError)):
        frames.decode(text)


def test_frames_and_fields_that_are_not_known_are_ignored() -> None:
    assert frames.decode('{"k":"dance"}') is None
    assert frames.decode('{"k":"open","more":[1]}') == frames.Open()

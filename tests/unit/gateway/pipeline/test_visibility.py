"""Nodes that stop, what share of their events comes here, and how fast numbers grow."""

import msgspec
import pytest

from tocsin.gateway.pipeline import coverage, nodes
from tocsin.gateway.pipeline.coverage import Agent, ExportGap
from tocsin.gateway.pipeline.nodes import Minutes, Nodes
from tocsin.gateway.pipeline.rates import Rate, growth, totals
from tocsin.gateway.pipeline.visibility import Visibility
from tocsin.model import metric_names
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport

from support.rows import row

NOW_MS = 1_763_906_892_000
MINUTE = NOW_MS // 60_000
HOUR_MS = 3_600_000


def watched(silent_s: float = 120.0) -> Nodes:
    return Nodes(24 * HOUR_MS, silent_s)


def silent(own: Nodes, later_s: float) -> dict[str, str]:
    return {one.node: one.why for one in own.silent(NOW_MS + int(later_s * 1_000))}


def test_a_node_that_stopped_is_named_and_one_that_sends_is_not() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.add("b", NOW_MS + 100_000, MINUTE)
    assert silent(own, 119) == {}
    assert silent(own, 121) == {"a": "no event has come from it for 2 min"}
    assert nodes.summary(own.silent(NOW_MS + 121_000)) == "node a is silent: no event has come from it for 2 min"
    assert nodes.summary(own.silent(NOW_MS + 400_000)) == "2 nodes are silent: a, b"


def test_a_node_that_often_pauses_gets_more_time() -> None:
    own = watched()
    for minute in (0, 9, 18):
        own.add("a", NOW_MS, MINUTE - minute)
    assert silent(own, 17 * 60) == {}
    assert list(silent(own, 19 * 60)) == ["a"]


def test_however_seldom_a_node_sends_after_an_hour_it_is_silent() -> None:
    own = watched()
    for hours in (0, 10):
        own.add("a", NOW_MS, MINUTE - 60 * hours)
    assert silent(own, 3_500) == {}
    assert list(silent(own, 3_700)) == ["a"]


def test_while_nobody_can_be_heard_nobody_is_silent() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.outage(NOW_MS + 600_000)
    assert silent(own, 700) == {}
    assert list(silent(own, 721)) == ["a"]


def test_the_end_of_a_nodes_collector_is_told_at_once() -> None:
    own = watched(silent_s=600.0)
    own.add("a", NOW_MS, MINUTE)
    own.collector_reported("a", NOW_MS)
    assert silent(own, 59) == {}
    assert silent(own, 61) == {"a": "its collector has not reported for 61 s"}


def test_a_node_of_which_only_the_collector_is_heard_is_silent_from_the_start() -> None:
    own = watched()
    for second in range(0, 200, 5):
        own.collector_reported("a", NOW_MS + second * 1_000)
    assert silent(own, 196) == {"a": "its collector reports, but no event has come for 3 min"}


def test_a_node_is_forgotten_after_the_window() -> None:
    own = watched()
    own.add("a", NOW_MS, MINUTE)
    own.tick(NOW_MS // 1_000 + 24 * 3_600 - 10)
    assert len(own) == 1
    own.tick(NOW_MS // 1_000 + 24 * 3_600 + 10)
    assert len(own) == 0


def test_the_number_of_nodes_has_a_bound_and_who_was_silent_for_longest_goes() -> None:
    own = watched()
    for number in range(5_001):
        own.add(f"n{number}", NOW_MS + number, MINUTE)
    assert len(own) == 5_000
    assert own.find("n0") is None


def test_the_rate_of_a_node_is_that_of_the_last_seconds() -> None:
    own = watched()
    second = NOW_MS // 1_000
    own.add("a", NOW_MS, MINUTE)
    assert own.rate("a", second) is None
    own.tick(second)
    for _ in range(50):
        own.add("a", NOW_MS, MINUTE)
    assert own.rate("a", second + 10) == 5.0
    for later in (5, 10, 15, 20):
        own.tick(second + later)
    assert own.rate("a", second + 20) == 0.0


def test_gaps_are_found_whatever_the_order() -> None:
    own = Minutes(1_440)
    assert own.longest_gap == 0
    for minute in (100, 90, 97, 103, 100, 0):
        own.add(minute)
    assert own.longest_gap == 89
    own.add(1_500)
    assert own.longest_gap == 1_396
    own.add(90_000)
    assert own.longest_gap == 0


def node(events: int = 0) -> nodes.Node:
    own = watched().add("a", NOW_MS, MINUTE)
    own.events = events
    return own


def test_what_nobody_tells_is_unknown_with_the_reason() -> None:
    found = coverage.cover(node(7), None, None, 0)
    assert (found.produced, found.reached, found.share, found.losses) == (None, 7, None, [])
    assert "TOCSIN_COLLECTOR_AGENT_METRICS" in found.why
    old = coverage.cover(node(7), Agent(exported=100, age_s=61.0), None, 0)
    assert (old.share, old.why) == (None, "The agent's counters could not be read for 61 s.")
    assert coverage.cover(node(), Agent(age_s=3.0), None, 0).why == "The agent's counters have not been read yet."
    assert coverage.cover(node(), Agent(exported=0, age_s=3.0), None, 0).share is None


def test_the_share_is_what_came_of_what_was_exported_and_lost() -> None:
    agent = Agent(exported=900, lost={"ring_buffer": 60, "queue": 0, "rate_limit": 40}, age_s=1.0)
    found = coverage.cover(node(900), agent, None, 0)
    assert (found.produced, found.reached, found.share, found.why) == (1_000, 900, 0.9, "")
    assert [(loss.what, loss.n) for loss in found.losses] == [
        ("lost by the kernel's ring buffer", 60), ("dropped by the agent's export rate limit", 40),
    ]  # fmt: skip


def test_what_the_stream_says_counts_where_the_counters_say_less() -> None:
    own = node()
    own.dropped.extend([(NOW_MS - 10, 267), (NOW_MS, 48)])
    assert coverage.cover(own, None, None, NOW_MS).losses[0].n == 48
    found = coverage.cover(own, Agent(exported=100, lost={"rate_limit": 3}, age_s=1.0), None, 0)
    assert (found.losses[0].n, found.produced) == (315, 415)
    assert coverage.cover(own, Agent(exported=100, lost={"rate_limit": 400}, age_s=1.0), None, 0).produced == 500


def test_where_events_were_throttled_nobody_knows_the_share() -> None:
    own = node()
    own.throttled.append(NOW_MS)
    found = coverage.cover(own, Agent(exported=100, lost={}, age_s=1.0), None, 0)
    assert (found.share, found.losses[-1].n) == (None, 1)
    assert "does not tell how many" in found.why


def test_what_was_exported_and_has_not_come_is_missing_until_it_comes() -> None:
    followed = ExportGap(1_000, 50, 1_000, 1_000)
    for exported in (1_100, 1_200):
        followed = followed.update(exported, 60)
    assert followed.missing(150) == 0
    assert followed.missing(90) == 60
    found = coverage.cover(node(90), Agent(exported=1_200, lost={}, age_s=1.0), followed, 0)
    assert (found.produced, found.reached) == (1_200, 1_140)
    again = followed.update(3, 300)
    assert (again.base_exported, again.base_events, again.missing(300)) == (3, 300, 0)


def test_agents_are_told_by_node_and_a_nameless_one_is_that_of_the_only_node() -> None:
    def sample(name: str, value: float, **labels: str) -> Sample:
        return Sample(name, "counter", "", value, labels)

    said = [
        sample(metric_names.AGENT_EXPORTED_EVENTS, 5, node="a"), sample(metric_names.AGENT_LOST_EVENTS, 2, node="a", place="queue"),
        sample(metric_names.AGENT_LOST_EVENTS, 9, node="a", place="<script>"), sample(metric_names.AGENT_AGE, 3.5, node="a"),
        sample(metric_names.AGENT_EXPORTED_EVENTS, float("inf"), node="b"),
    ]  # fmt: skip
    reports = [
        ServiceReport(service="collector", instance="x", time="", samples=said),
        ServiceReport(
            service="gateway", instance="y", time="", samples=[sample(metric_names.AGENT_EXPORTED_EVENTS, 7, node="c")]
        ),
    ]
    found = coverage.agents(reports)
    assert sorted(found) == ["a", "b"]
    assert (found["a"].exported, found["a"].lost, found["a"].age_s) == (5, {"queue": 2}, 3.5)
    assert found["b"].exported == 10**15
    nameless = {"": Agent(exported=1)}
    assert coverage.of_node("a", nameless, 1) is nameless[""]
    assert coverage.of_node("a", nameless, 2) is None


@pytest.mark.parametrize(
    ("event", "n"),
    [
        ({"rate_limit_info": {"number_of_dropped_process_events": "267"}}, 267),
        ({"rate_limit_info": {"number_of_dropped_process_events": 12}}, 12),
        ({"rate_limit_info": {"number_of_dropped_process_events": "-5"}}, 0),
        ({"rate_limit_info": {"number_of_dropped_process_events": str(2**64 - 1)}}, 10**15),
        ({"rate_limit_info": {}}, 0), ({"rate_limit_info": {"number_of_dropped_process_events": []}}, 0), (None, 0),
    ],
)  # fmt: skip
def test_what_the_agent_dropped_is_read_from_its_event(event: object, n: int) -> None:
    assert coverage.dropped(msgspec.json.encode({"id": "x", "event": event})) == n


def test_an_alert_is_seen_by_kind_function_node_and_cluster() -> None:
    own = Visibility(24 * HOUR_MS, 120.0)
    host = "alerts.low.c1._host.execve"
    own.add(host, row(1, node="a", t=NOW_MS), "c1", b"", NOW_MS)
    call = row(2, node="a", kind="kprobe", event_type="security_file_permission", t=NOW_MS)
    own.add("alerts.low.c1.payments.x", call, "c2", b"", NOW_MS)
    own.add("alerts.low.c1.payments.x", row(3, kind="correlation", event_type="correlation", node="z"), "c1", b"", 0)
    limited = msgspec.json.encode({"event": {"rate_limit_info": {"number_of_dropped_process_events": "4"}}})
    own.add(host, row(4, node="a", kind="rate_limit", event_type="rate_limit", t=NOW_MS), "c1", limited, 0)
    throttled = row(5, node="b", kind="throttle", event_type="throttle_start", t=NOW_MS)
    own.add(host, throttled, "c1", b"", 0)
    found = own.kinds.summary(NOW_MS // 1_000)
    assert found.kinds == {"exec": 1, "kprobe": 1, "rate_limit": 1, "throttle": 1}
    assert ("kprobe", "file_permission") in found.functions
    assert (found.host, found.total, own.cluster) == (1, 4, "c1, c2")
    told = dict(own.nodes)
    assert sorted(told) == ["a", "b"]
    assert list(told["a"].dropped) == [(NOW_MS, 4)]
    assert list(told["b"].throttled) == [NOW_MS]
    assert own.kinds.summary(NOW_MS // 1_000 + 30 * 3_600).total == 0


def test_a_meter_tells_the_rate_of_the_last_seconds_and_when_it_moved() -> None:
    own = Rate()
    assert (own.rate(0.0), own.known, own.idle_s(0.0)) == (None, False, None)
    for second in range(20):
        own.add(min(second, 10) * 100, float(second))
        if second == 8:
            assert own.rate(8.0) == 100.0
    assert own.rate(19.0) == 0.0
    assert own.idle_s(19.0) == 9.0
    assert own.rate(60.0) is None
    own.add(5, 20.0)
    assert own.rate(20.0) is None


def test_counters_of_a_report_are_summed_over_labels_and_begin_anew_at_zero() -> None:
    samples = [
        Sample("a", "counter", "", 3, {"severity": "low"}), Sample("a", "counter", "", 4, {"severity": "high"}),
        Sample("h", "histogram", "", 1.5, {}, {"1": 2, "+Inf": 5}),
    ]  # fmt: skip
    before = totals(samples)
    assert before == {"a": 7, "h": 1.5, "h_count": 5}
    assert growth(before, {"a": 17.0, "h": 0.5, "new": 4.0}, 5.0) == {"a": 2.0, "h": 0.1}
    assert growth(before, {"a": 9.0}, 0.0) == {}

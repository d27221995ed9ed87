"""The share of a node's events that arrived, and what is known of the rest."""

import msgspec
import pytest

from tocsin.gateway.pipeline import coverage, nodes
from tocsin.gateway.pipeline.coverage import Agent, ExportGap
from tocsin.gateway.pipeline.nodes import Nodes
from tocsin.model import metric_names
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport

NOW_MS = 1_763_906_892_000
MINUTE = NOW_MS // 60_000
HOUR_MS = 3_600_000


def watched(silent_s: float = 120.0) -> Nodes:
    return Nodes(24 * HOUR_MS, silent_s)


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

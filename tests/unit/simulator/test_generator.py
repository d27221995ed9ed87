import base64
import json
from typing import Any

import pytest

from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.simulator import Generator, number_of

pytestmark = pytest.mark.slow

START_NS = 1_790_000_000_123_456_789
MINUTE_NS = 60 * 10**9


def events(count: int = 30_000, seed: int = 5, **more: Any) -> list[dict[str, Any]]:
    generator = Generator(seed, START_NS, attacks_per_minute=120, **more)
    return [json.loads(line) for line in generator.take(count, START_NS, START_NS + MINUTE_NS)]


@pytest.fixture(scope="module")
def minute() -> list[dict[str, Any]]:
    return events()


def body(event: dict[str, Any]) -> dict[str, Any]:
    return next(iter(event.values()))


def test_the_same_seed_and_times_make_the_same_bytes():
    one, two = Generator(11, START_NS), Generator(11, START_NS)
    assert one.take(4_000, START_NS, START_NS + MINUTE_NS) == two.take(4_000, START_NS, START_NS + MINUTE_NS)


def test_another_seed_makes_other_bytes():
    assert events(100, 1) != events(100, 2)


def test_how_lines_are_batched_changes_nothing():
    one, two = Generator(11, START_NS), Generator(11, START_NS)
    together = one.take(600, START_NS, START_NS + 600)
    assert together == [two.line(START_NS + i + 1) for i in range(600)]


def test_times_rise_even_when_the_clock_does_not():
    generator = Generator(5, START_NS)
    lines = generator.take(50, START_NS, START_NS) + generator.take(50, START_NS - MINUTE_NS, START_NS - MINUTE_NS)
    times = [parse_ns(json.loads(line)["time"]) for line in lines]
    assert times == sorted(set(times))


def test_exec_ids_are_unique_and_true(minute):
    seen = set()
    for event in minute:
        if "process_exec" not in event:
            continue
        process = body(event)["process"]
        if "procFS" in process["flags"] and process["exec_id"] in seen:
            continue  # an agent was restarted
        assert process["exec_id"] not in seen
        seen.add(process["exec_id"])
        node, ktime, pid = base64.b64decode(process["exec_id"]).decode().split(":")
        assert (node, int(pid)) == (event["node_name"], process["pid"])
        assert 0 < int(ktime) < 70 * 86_400 * 10**9


def test_every_process_was_started_before_it_acts_and_has_its_true_parent(minute):
    known: dict[str, dict[str, Any]] = {}
    for event in minute:
        process, parent = body(event).get("process"), body(event).get("parent")
        if process is None:
            continue
        if "process_exec" in event:
            known[process["exec_id"]] = process
        elif process["exec_id"] not in known:
            assert "clone" not in process["flags"], "only a fork without exec was not announced"
        if parent and "<kernel>" not in process["binary"]:
            assert process["parent_exec_id"] == parent["exec_id"]
            assert parent["exec_id"] in known
            assert {**known[parent["exec_id"]], "binary_properties": None} == {**parent, "binary_properties": None}


def test_a_process_ends_once_and_does_nothing_after(minute):
    ended = set()
    for event in minute:
        process = body(event).get("process")
        if process is None:
            continue
        assert process["exec_id"] not in ended
        if "process_exit" in event:
            ended.add(process["exec_id"])
    assert len(ended) > 1_000


def test_a_process_starts_no_later_than_its_events(minute):
    for event in minute:
        process = body(event).get("process")
        if process and "time" in event:
            assert parse_ns(process["start_time"]) <= parse_ns(event["time"])


def test_the_stream_begins_with_what_the_agents_found_running(minute):
    found = [event for event in minute if "procFS" in body(event).get("process", {}).get("flags", "")]
    execs = [event for event in found if "process_exec" in event]
    first = execs[: len({body(event)["process"]["exec_id"] for event in execs})]
    assert minute[: len(first)] == first
    assert len({event["node_name"] for event in first}) == 3
    assert all(parse_ns(body(event)["process"]["start_time"]) < START_NS for event in first)


def test_a_restarted_agent_tells_again_of_what_was_told_at_first(minute):
    told: dict[str, list[dict[str, Any]]] = {}
    for event in minute:
        process = body(event).get("process", {})
        if "process_exec" in event and "procFS" in process["flags"]:
            told.setdefault(process["exec_id"], []).append(event)
    again = [events for events in told.values() if len(events) > 1]
    assert again
    for first, *later in again:
        for event in later:
            assert body(event) == body(first)
            assert event["time"] == body(event)["process"]["start_time"] < first["time"]


def test_a_restart_on_the_same_day_finds_the_same_processes():
    def ids(start_ns: int) -> list[str]:
        lines = Generator(5, start_ns).take(30, start_ns, start_ns + 1_000)
        return [body(json.loads(line))["process"]["exec_id"] for line in lines]

    assert ids(START_NS) == ids(START_NS + MINUTE_NS)


def test_many_namespaces_workloads_and_nodes_take_part():
    minute = events(20_000, nodes=4)
    pods = [body(e)["process"]["pod"] for e in minute if "pod" in body(e).get("process", {})]
    assert len({p["namespace"] for p in pods}) >= 6
    assert len({p["workload"] for p in pods}) >= 10
    assert {p["workload_kind"] for p in pods} == {"Deployment", "StatefulSet", "DaemonSet", "CronJob"}
    assert {e["node_name"] for e in minute} == {f"worker-{i}" for i in range(1, 5)}
    assert any("pod" not in body(e)["process"] for e in minute if "process_kprobe" in e)


def test_one_node_is_a_cluster_too():
    assert {event["node_name"] for event in events(3_000, nodes=1)} == {"worker-1"}


def test_without_attacks_there_are_none():
    generator = Generator(5, START_NS, attacks_per_minute=0)
    assert b"stratum+tcp" not in b"".join(generator.take(20_000, START_NS, START_NS + MINUTE_NS))


def lines(seed: int, **more: Any) -> list[bytes]:
    generator = Generator(seed, START_NS, attacks_per_minute=120, **more)
    return generator.take(15_000, START_NS, START_NS + 2 * MINUTE_NS)


def test_late_events_are_of_pods_and_no_more_than_half_a_minute_late():
    late = [json.loads(line) for line in lines(5, late_share=0.01)]
    newest, behind = 0, []
    for event in late:
        time = parse_ns(event["time"]) if "time" in event else 0
        if "procFS" in body(event).get("process", {}).get("flags", "") or not time:
            continue
        if time < newest:
            behind.append(newest - time)
            assert "pod" in body(event)["process"]
        newest = max(newest, time)
    assert 50 < len(behind) < 200
    assert min(behind) > 1.9e9
    assert 25e9 < max(behind) < 30.1e9


def test_late_events_are_missing_nowhere_once_they_are_sorted_by_time():
    late = lines(5, late_share=0.01)
    assert lines(5, late_share=0.01) == late
    assert [number_of(line) for line in late] == list(range(15_000))
    timed = [event for event in map(json.loads, late) if "process_loader" not in event]
    timed.sort(key=lambda event: parse_ns(event["time"]) or 0)
    known = set()
    for event in timed:
        process = body(event).get("process", {})
        if "process_exec" in event:
            known.add(process["exec_id"])
        # what waits at the end is not written, and a fork without exec is not announced
        elif (parse_ns(event["time"]) or 0) < START_NS + 80 * 10**9 and "clone" in process.get("flags", ""):
            assert process["exec_id"] in known


def test_times_are_written_like_everywhere_else():
    line = json.loads(Generator(5, START_NS).line(START_NS))
    assert line["time"] == format_ns(START_NS)

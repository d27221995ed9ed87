import base64
import json
import random
from typing import Any

import pytest

from tocsin.simulator.bursts import agent_rollout, fork_storm
from tocsin.simulator.cluster import build_nodes, build_pods
from tocsin.simulator.processes import Home, build_homes
from tocsin.simulator.script import Scene, Script
from tocsin.simulator.stories import Story, stories
from tocsin.simulator.template import exec_id_of

START_NS = 1_790_000_000_000_000_000
STORIES = stories(40, 50)
ATTACKS = [story for story in STORIES if story.name != "agent_rollout"]


@pytest.fixture(scope="module")
def homes() -> list[Home]:
    rng = random.Random(2)
    nodes = build_nodes(rng, 3)
    return build_homes(rng, nodes, build_pods(rng, nodes, START_NS), START_NS - 86_400 * 10**9)


def home_for(story: Story, homes: list[Home]) -> Home:
    wanted = story.roles[0] if story.roles else "web"
    return next(h for h in homes if (h.pod.workload.role if h.pod else "host") == wanted)


def scene_of(story: Story, home: Home) -> Scene:
    script = Script(story.name, home, random.Random(1))
    story.attack(script)
    return script.scene()


def play(scene: Scene) -> list[dict[str, Any]]:
    """The events with plain values in the slots: what stands in them does not matter here, that they fit does."""
    values = [str(9_000 + i).encode() for i in range(scene.size)]
    values[0] = b"2026-09-21T14:13:20Z"
    born: set[int] = set()
    told = []
    for step in scene.steps:
        for birth in step.births:
            born.add(birth.process)
            if birth.pid_from is not None:
                values[exec_id_of(birth.process) + 1] = values[exec_id_of(birth.pid_from) + 1]
        told.append(json.loads(step.template.fill(values)))
    assert len(born) == (scene.size - exec_id_of(0)) // 3, "every process is born"
    return told


def body(event: dict[str, Any]) -> dict[str, Any]:
    return next(iter(event.values()))


def test_there_are_at_least_ten():
    assert len(STORIES) >= 14
    assert len({story.name for story in STORIES}) == len(STORIES)


@pytest.mark.parametrize("story", ATTACKS, ids=lambda story: story.name)
def test_all_events_of_an_attack_hang_on_running_processes_of_one_place(story, homes):
    home = home_for(story, homes)
    running = {p.exec_id for p in (home.main, home.worker, *home.daemons.values())}
    known = set(running)
    for event in play(scene_of(story, home)):
        assert event["node_name"] == home.node.name
        process = body(event).get("process")
        if process is None:
            continue
        assert process["parent_exec_id"] in known or process["exec_id"] in running
        assert process["parent_exec_id"] == body(event)["parent"]["exec_id"]
        known.add(process["exec_id"])
        if home.pod:
            assert process["pod"]["name"] == home.pod.name
    assert len(known) > len(running), "the attack starts a process of its own"


@pytest.mark.parametrize("story", ATTACKS, ids=lambda story: story.name)
def test_what_an_attack_starts_it_ends(story, homes):
    started: dict[str, int] = {}
    for event in play(scene_of(story, home_for(story, homes))):
        if "process_exec" in event:
            started[body(event)["process"]["exec_id"]] = body(event)["process"]["pid"]
        if "process_exit" in event:
            pid = body(event)["process"]["pid"]
            started = {k: v for k, v in started.items() if v != pid}
    assert started == {}


def test_a_second_exec_of_a_process_keeps_its_pid(homes):
    story = next(s for s in STORIES if s.name == "container_escape")
    told = [body(e)["process"] for e in play(scene_of(story, home_for(story, homes))) if "process_exec" in e]
    enter = next(p for p in told if p["binary"].endswith("nsenter"))
    host = next(p for p in told if p["parent_exec_id"] == enter["exec_id"])
    assert host["pid"] == enter["pid"]
    assert host["exec_id"] != enter["exec_id"]
    assert "clone" not in host["flags"]


def test_what_kubectl_exec_starts_is_outside_the_first_process_tree(homes):
    story = next(s for s in STORIES if s.name == "exec_recon")
    first = body(play(scene_of(story, home_for(story, homes)))[0])
    assert first["process"]["in_init_tree"] is False
    assert "pod" in first["process"]
    assert first["parent"]["binary"].endswith("containerd-shim-runc-v2")
    assert "pod" not in first["parent"]


def test_a_fork_storm_is_one_exec_and_many_exits(homes):
    home = next(h for h in homes if h.pod and h.pod.workload.role == "ci")
    script = Script("storm", home, random.Random(1))
    fork_storm(500)(script)
    told = play(script.scene())
    assert sum("process_exec" in e for e in told) == 1
    exits = [body(e)["process"] for e in told if "process_exit" in e]
    assert len(exits) == 501
    assert len({p["exec_id"] for p in exits}) == 501
    assert sum("clone" in p["flags"] for p in exits) == 1


def events_of(name: str, homes: list[Home]) -> list[dict[str, Any]]:
    story = next(story for story in stories() if story.name == name)
    return play(scene_of(story, home_for(story, homes)))


def connects(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    sockets = [body(e)["args"][0]["sock_arg"] for e in events if body(e).get("function_name") == "tcp_connect"]
    return [(sock["daddr"], sock["dport"]) for sock in sockets]


def test_an_exec_storm_is_a_flood_of_execs(homes):
    execs = [body(e)["process"] for e in events_of("exec_storm", homes) if "process_exec" in e]
    assert len(execs) > 500
    assert len({p["exec_id"] for p in execs}) == len(execs)


def test_a_connect_storm_is_a_flood_of_connections_to_one_place(homes):
    found = connects(events_of("connect_storm", homes))
    assert len(found) > 1_000
    assert len(set(found)) == 1


def test_a_port_scan_tries_many_ports_of_one_address_and_many_addresses(homes):
    found = connects(events_of("port_scan", homes))
    ports = {port for address, port in found if address == found[0][0]}
    assert len(ports) >= 20
    assert len({address for address, _ in found}) >= 50


def test_a_crash_burst_is_many_crashes_of_one_workload(homes):
    crashes = [body(e)["process"] for e in events_of("crash_burst", homes) if body(e).get("signal") == "SIGSEGV"]
    assert len(crashes) >= 10
    assert len({p["pod"]["workload"] for p in crashes}) == 1


def test_each_of_the_repeated_enforcements_is_confirmed_by_the_exit_of_its_process(homes):
    events = events_of("repeated_enforcement", homes)
    ordered = [body(e)["process"]["exec_id"] for e in events if body(e).get("action") == "KPROBE_ACTION_SIGKILL"]
    killed = [body(e)["process"]["exec_id"] for e in events if body(e).get("signal") == "SIGKILL"]
    assert len(ordered) >= 5
    assert ordered == killed


def test_a_dropper_fetches_marks_and_starts_one_file(homes):
    execs = [body(e)["process"] for e in events_of("dropper", homes) if "process_exec" in e]
    fetch, mark, dropped = execs[1:]
    assert dropped["binary"].startswith("/tmp/")
    assert dropped["binary"] in fetch["arguments"]
    assert mark["arguments"] == f"+x {dropped['binary']}"


def test_a_restarted_agent_tells_of_all_that_runs_on_its_node_as_it_was(homes):
    home = next(home for home in homes if home.pod is None)
    script = Script("rollout", home, random.Random(1))
    agent_rollout(script)
    events = play(script.scene())
    running = {p.exec_id: p for other in homes if other.node is home.node for p in other.running}
    assert [body(e)["process"]["exec_id"] for e in events] == list(running)
    for event in events:
        process = body(event)["process"]
        assert "procFS" in process["flags"]
        assert process["start_time"] == event["time"] == running[process["exec_id"]].start


def test_exec_ids_of_running_processes_are_tetragons(homes):
    node, ktime, pid = base64.b64decode(homes[0].main.exec_id).decode().split(":")
    assert (node, pid) == ("worker-1", "1")
    assert int(ktime) > 0


def test_only_a_process_of_the_scene_can_be_replaced(homes):
    script = Script("wrong", homes[0], random.Random(1))
    with pytest.raises(ValueError, match="of the scene"):
        script.replace(homes[0].main, "/bin/true")

"""The tree of processes around an alert, from a running gateway."""

from typing import Any

from msgspec import Raw

from tocsin.model.alert import Correlated

from support.gateway import alert, gateway, publisher
from support.process_trees import process, told
from support.server import NatsServer

INIT = process("init", second=1)
SHIM = process("shim", "init", second=2)
APP = process("app", "shim", second=3)
SHELL = process("shell", "app", second=4)


def path(number: int) -> str:
    return f"/api/v1/alerts/{number:032x}/ancestry"


def shape(answer: dict[str, Any]) -> dict[str, str]:
    return {node["exec_id"]: node["parent_exec_id"] for node in answer["nodes"]}


async def test_a_chain_is_followed_through_other_alerts_with_siblings_and_children(declared: NatsServer) -> None:
    curl = process("curl", "app", second=5)
    cat = process("cat", "shell", second=6)
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(
            told(1, SHIM, INIT),
            told(2, APP, SHIM),
            told(3, curl, APP, severity="high"),
            told(4, SHELL, APP, severity="critical"),
            told(5, SHELL, APP, kind="kprobe", severity="medium"),
            told(6, cat, SHELL),
            told(7, process("other", "elsewhere")),
        )
        await own.rows(7)
        answer = await own.get(path(4))
        assert (answer["root"], answer["source"]) == ("init", "window")
        assert shape(answer) == {
            "init": "",
            "shim": "init",
            "app": "shim",
            "shell": "app",
            "curl": "app",
            "cat": "shell",
        }
        nodes = {node["exec_id"]: node for node in answer["nodes"]}
        assert [node["exec_id"] for node in answer["nodes"] if node["this"]] == ["shell"]
        assert [(one["severity"], one["title"]) for one in nodes["shell"]["alerts"]] == [
            ("critical", "A program was started"),
            ("medium", "A program was started"),
        ]
        assert [one["severity"] for one in nodes["curl"]["alerts"]] == ["high"]
        assert (nodes["curl"]["process"], nodes["curl"]["arguments"], nodes["curl"]["pid"]) == (
            "/bin/curl",
            "of curl",
            105,
        )
        assert nodes["curl"]["started"] == "2026-11-23T14:00:05Z"
        assert nodes["init"]["alerts"] == []
        assert all(node["recorded"] for node in answer["nodes"])


async def test_the_events_own_ancestors_come_first_and_a_missing_parent_is_said_to_be_missing(
    declared: NatsServer,
) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(told(1, SHELL, APP, SHIM), told(2, process("lost", "never-seen", second=9)))
        await own.rows(2)
        answer = await own.get(path(1))
        assert (answer["source"], answer["root"]) == ("event", "init")
        assert [(node["exec_id"], node["recorded"]) for node in answer["nodes"]] == [
            ("init", False),
            ("shim", True),
            ("app", True),
            ("shell", True),
        ]
        missing = (await own.get(path(2)))["nodes"][0]
        assert (missing["exec_id"], missing["recorded"], missing["process"]) == ("never-seen", False, "")


async def test_more_than_twenty_children_are_folded_the_worst_are_told(declared: NatsServer) -> None:
    many = [
        told(10 + n, process(f"child{n}", "app", second=n % 60), APP, severity="critical" if n == 3 else "low")
        for n in range(50)
    ]
    again = [told(100 + n, APP, SHIM, severity="high") for n in range(30)]
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(told(1, SHELL, APP), told(2, APP, SHIM), *many, *again)
        await own.rows(82)
        answer = await own.get(path(1))
        nodes = {node["exec_id"]: node for node in answer["nodes"]}
        children = [node for node in answer["nodes"] if node["parent_exec_id"] == "app" and not node["this"]]
        assert len(children) == 20
        assert "child3" in nodes
        assert nodes["app"]["folded"] == {"processes": 30, "alerts": 30, "high": 0}
        assert len(nodes["app"]["alerts"]) == 20
        assert nodes["app"]["more"] == {"processes": 0, "alerts": 11, "high": 10}


async def test_processes_that_claim_to_have_started_each_other_end_somewhere(declared: NatsServer) -> None:
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(
            told(1, process("a", "b"), process("b", "a")),
            told(2, process("self", "self")),
            told(3, process("x", "y", arguments="\x1b[31m<img>" * 20_000), process("y", "x")),
        )
        await own.rows(3)
        assert shape(await own.get(path(1))) == {"a": "b", "b": "a"}
        assert shape(await own.get(path(2))) == {"self": ""}
        answer = await own.get(path(3))
        assert max(len(node["arguments"]) for node in answer["nodes"]) == 1_024


async def test_a_correlation_shows_the_processes_of_what_it_rests_on(declared: NatsServer) -> None:
    found = Correlated(rule="storm", to="2026-11-23T14:00:00Z", count=2, from_="2026-11-23T14:00:00Z")
    bare = {"kind": "correlation", "event_type": "correlation", "process": ""}
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(
            told(1, SHELL, APP),
            alert(2, "high", correlation=found, evidence=(f"{1:032x}", f"{9:032x}"), **bare),
            alert(3, "high", correlation=found, **bare),
        )
        await own.rows(3)
        assert [node["exec_id"] for node in (await own.get(path(2)))["nodes"] if node["this"]] == ["shell"]
        assert await own.get(path(3)) == {"nodes": [], "root": "", "source": "window"}
        await own.get(path(99), status=404)


async def test_what_is_no_event_of_tetragon_gives_what_the_alert_itself_says(declared: NatsServer) -> None:
    broken = Raw(b'{"process_exec":{"process":{"exec_id":7}}}')
    async with publisher(declared) as bus, gateway(declared) as own:
        await bus.send(
            alert(1, exec_id="e1", parent_exec_id="e0", parent_process="/sbin/init", event=broken),
            alert(2, event=Raw(b"[]"), exec_id="e2", parent_exec_id="e0"),
        )
        await own.rows(2)
        assert shape(await own.get(path(1))) == {"e0": "", "e1": "e0", "e2": "e0"}
        assert {node["exec_id"]: node["this"] for node in (await own.get(path(2)))["nodes"]} == {
            "e0": False,
            "e1": False,
            "e2": True,
        }

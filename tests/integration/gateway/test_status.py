"""The way of an event as `/api/v1/status` shows it: hops, nodes, what of them is seen, and what is broken."""

import msgspec

from tocsin.bus import open_bus
from tocsin.gateway.pipeline.rule_status import RulesAnswer
from tocsin.gateway.pipeline.status import StatusAnswer
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleReport, RuleState
from tocsin.runtime.metrics import Sample
from tocsin.runtime.service_report import ServiceReport

from support.gateway import Gateway, alert, gateway, publisher
from support.server import NatsServer
from support.waiting import until


async def tell(server: NatsServer, service: str, *samples: Sample, node: str = "") -> None:
    """A service's report, as it makes one every five seconds."""
    said = ServiceReport(
        service=service, instance="a", time="", samples=list(samples), facts={"node": node} if node else {}
    )
    async with open_bus(server.settings(service), service) as bus:
        await bus.publish_unstored(subjects.metrics(service, "a"), msgspec.json.encode(said))


async def status(own: Gateway) -> StatusAnswer:
    return msgspec.convert(await own.get("/api/v1/status"), StatusAnswer)


async def seeing(own: Gateway, events: int) -> StatusAnswer:
    """The answer once so many events are in it."""
    found: list[StatusAnswer] = []

    async def enough() -> bool:
        found[:] = [await status(own)]
        return sum(found[0].kinds_seen.values()) >= events

    await until(enough, what=f"{events} events")
    return found[0]


async def test_every_hop_is_told_with_what_is_known_of_it(declared: NatsServer) -> None:
    async with gateway(declared, grace_s=0.1) as own, publisher(declared) as classifier:
        await own.ready()
        await tell(declared, "collector", Sample("tocsin_collector_received_lines_total", "counter", "", 7.0))
        await classifier.send(*(alert(number, "high") for number in range(3)))
        found = await seeing(own, 3)
        hops = {hop.name: hop for hop in found.hops}
        assert list(hops) == ["collector", "EVENTS", "classifier", "correlator", "ALERTS", "gateway"]
        assert (hops["collector"].instances, hops["collector"].problem) == (1, "")
        assert hops["collector"].in_s is None
        assert hops["classifier"].instances == 0
        assert "no classifier has reported" in hops["classifier"].problem
        assert "no classifier has reported" in found.broken
        assert (hops["EVENTS"].waiting, hops["ALERTS"].waiting, hops["ALERTS"].dropped) == (0, 0, 0)
        assert (found.cluster, found.kinds_seen, found.host_events) == ("c1", {"exec": 3}, False)
        assert found.ledger is not None
        assert (found.clients.open, found.clients.slow) == (0, 0)
        (node,) = found.nodes
        assert (node.node, node.silent, node.coverage.share, node.coverage.reached) == ("worker-1", False, None, 3)
        assert "TOCSIN_COLLECTOR_AGENT_METRICS" in node.coverage.why


async def test_rates_are_told_once_they_are_known(declared: NatsServer) -> None:
    name = "tocsin_collector_received_lines_total"
    async with gateway(declared) as own:
        await own.ready()
        for lines in (0.0, 500.0):
            await tell(declared, "collector", Sample(name, "counter", "", lines))

        async def known() -> bool:
            return bool((await status(own)).hops[0].in_s)

        await until(known, what="the rate")


async def test_a_browser_is_counted(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await socket.open()
        await socket.until("snapshot")
        assert (await status(own)).clients.open == 1


async def test_a_silent_node_is_named_to_clients_and_the_gateway_stays_ready(declared: NatsServer) -> None:
    async with gateway(declared, silent_s=0.5) as own, publisher(declared) as classifier, own.socket() as socket:
        await socket.open()
        await tell(declared, "classifier")
        await tell(declared, "collector")
        await tell(declared, "correlator")
        await classifier.send(alert(1, node="worker-<b>"))
        frame = await socket.until(lambda frame: frame["k"] == "stats" and "silent" in frame["lag"].get("broken", ""))
        assert frame["lag"]["broken"].startswith("node worker-<b> is silent: no event has come from it for ")
        found = await status(own)
        assert [(node.node, node.silent) for node in found.nodes] == [("worker-<b>", True)]
        assert "worker-<b>" in found.broken
        assert (await own.get("/readyz"))["ready"]


async def test_what_the_agent_says_in_the_stream_is_told_without_its_counters(declared: NatsServer) -> None:
    event = msgspec.Raw(b'{"rate_limit_info":{"number_of_dropped_process_events":"267"},"node_name":"worker-1"}')
    limited = alert(1, kind="rate_limit", event_type="rate_limit", namespace="", event=event)
    throttled = alert(2, kind="throttle", event_type="throttle_start", namespace="")
    async with publisher(declared) as classifier:
        await classifier.send(limited, throttled)
    async with gateway(declared) as own:
        await own.ready()
        (node,) = (await seeing(own, 2)).nodes
        assert [loss.n for loss in node.coverage.losses] == [267, 1]
        assert node.coverage.share is None


async def test_a_share_is_told_from_what_a_collector_passes_on(declared: NatsServer) -> None:
    def of(name: str, value: float, **labels: str) -> Sample:
        return Sample(f"tocsin_collector_agent_{name}", "counter", "", value, {"node": "worker-1", **labels})

    async with gateway(declared) as own, publisher(declared) as classifier:
        await own.ready()
        lost = of("lost_events_total", 10, place="ring_buffer")
        await tell(declared, "collector", of("exported_events_total", 990), lost, of("age_seconds", 2))
        await classifier.send(alert(1))
        (node,) = (await seeing(own, 1)).nodes
        assert (node.coverage.produced, node.coverage.reached, node.coverage.share) == (1_000, 990, 0.99)
        assert [(loss.what, loss.n) for loss in node.coverage.losses] == [("lost by the kernel's ring buffer", 10)]


async def test_a_rule_is_told_with_what_it_needs_and_whether_that_comes(declared: NatsServer) -> None:
    exec_rule = RuleState(id="r1", title="R", level="high", kinds=("exec",), runbook="Look.", falsepositives=("Us",))
    library = RuleState(id="r2", title="L", level="low", kinds=("loader",), hooks=("load",))
    both = RuleState(id="r3", title="C", level="low", type="temporal", rules=("r1", "r2"))
    book = RuleReport(service="classifier", instance="a", time="", hash="h", rules=[exec_rule, library, both])
    async with gateway(declared) as own, publisher(declared) as classifier:
        await own.ready()
        await classifier.send(alert(1))
        await seeing(own, 1)
        await classifier.bus.publish_unstored(subjects.rules("classifier", "a"), rule_report.encode(book))
        found: list[RulesAnswer] = []

        async def told() -> bool:
            found[:] = [msgspec.convert(await own.get("/api/v1/rules"), RulesAnswer)]
            return len(found[0].rules) == 3

        await until(told, what="the rules")
        first, second, third = found[0].rules
        assert (first.can_fire.is_, first.runbook, first.falsepositives) == ("yes", "Look.", ["Us"])
        assert (second.can_fire.is_, second.hooks, second.kinds) == ("unknown", ["load"], ["loader"])
        assert third.can_fire.why.startswith("it counts L: never seen: ")

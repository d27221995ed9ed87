"""What the judges tell on the bus, as REST, the WebSocket and the metrics show it."""

import msgspec

from tocsin.bus import open_bus
from tocsin.gateway.pipeline.rule_status import RulesAnswer
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleProblem, RuleReport, RuleState, SilenceState

from support.gateway import Gateway, gateway
from support.server import NatsServer
from support.waiting import until


async def tell(server: NatsServer, service: str, instance: str, **fields: object) -> None:
    book = RuleReport(service=service, instance=instance, time="", hash="h1", **fields)  # type: ignore[arg-type]
    async with open_bus(server.settings(service), service) as bus:
        await bus.publish_unstored(subjects.rules(service, instance), rule_report.encode(book))


async def shown(own: Gateway, judges: int) -> RulesAnswer:
    """The answer once so many judges are in it."""
    found: list[RulesAnswer] = []

    async def enough() -> bool:
        found[:] = [msgspec.convert(await own.get("/api/v1/rules"), RulesAnswer)]
        return len(found[0].judges) == judges

    await until(enough, what=f"{judges} judges")
    return found[0]


async def test_what_a_judge_tells_is_shown(declared: NatsServer) -> None:
    async with gateway(declared) as own:
        await own.ready()
        assert (await shown(own, 0)).rules == []
        rule = RuleState(id="r1", title="Reverse shell", level="critical", file="rules/a.yml", line=1, hits=2)
        silence = SilenceState(id="s1", title="Quiet", expires="2026", expired=True, hidden={"high": 3})
        problem = RuleProblem(file="rules/b.yml", line=7, column=3, text="no field <b>Imge</b>", kept=True)
        await tell(declared, "classifier", "a", rules=[rule], silences=[silence], problems=[problem])
        await tell(declared, "classifier", "b", rules=[rule], problems=[problem])
        found = await shown(own, 2)
        assert [(rule.id, rule.hits) for rule in found.rules] == [("r1", 4)]
        assert [(silence.id, silence.expired, silence.hidden.high) for silence in found.silences] == [("s1", True, 3)]
        (wrong,) = found.problems
        assert (wrong.file, wrong.line, wrong.text, wrong.kept) == ("rules/b.yml", 7, "no field <b>Imge</b>", True)
        assert wrong.instances == ["classifier/a", "classifier/b"]
        assert found.hashes_differ == []


async def test_clients_hear_of_problems_without_asking_and_readiness_is_not_their_matter(declared: NatsServer) -> None:
    async with gateway(declared) as own, own.socket() as socket:
        await socket.open()
        assert "rules" not in await socket.until("stats")
        await tell(declared, "correlator", "a", problems=[RuleProblem(file="a.yml", text="no title")])
        stats = await socket.until(lambda frame: frame["k"] == "stats" and "rules" in frame)
        assert stats["rules"] == {"problems": 1}
        async with own.http.get(f"{own.url}/metrics") as answer:
            text = await answer.text()
        assert 'tocsin_gateway_rule_problems{service="gateway",instance="test"} 1' in text
        assert 'tocsin_gateway_rule_hashes_differ{service="gateway",instance="test"} 0' in text
        assert not any("rule" in hop for hop in (await own.get("/readyz", status=503))["broken"])

"""Counters of an agent, asked for over HTTP and passed on in the collector's report."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tocsin.collector.settings import Settings
from tocsin.collector.sources import agent
from tocsin.collector.sources.agent import Agents
from tocsin.gateway.pipeline import coverage
from tocsin.model import metric_names, subjects
from tocsin.model.errors import SettingsError
from tocsin.runtime import service_report, settings
from tocsin.runtime.metrics import Metrics, Sample
from tocsin.runtime.service_report import ServiceReport

from support import corpus
from support.buses import opened
from support.collector_harness import collecting, event, reads
from support.lumberjack import ExportFile
from support.server import NatsServer
from support.waiting import until

TEXT = b"""tetragon_events_exported_total 990
tetragon_events_total{binary="/bin/sh",node_name="worker-1",pod="p",type="PROCESS_EXEC"} 3
tetragon_bpf_missed_events_total{error="ENOSPC",msg_op="23"} 10
"""


@asynccontextmanager
async def serving(answer: Callable[[web.Request], web.StreamResponse]) -> AsyncIterator[str]:
    """Someone in an agent's place; the address of its metrics."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return answer(request)

    app = web.Application()
    app.router.add_get("/metrics", handle)
    app.router.add_get("/elsewhere", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
    finally:
        await runner.cleanup()


async def read_agents(
    urls: list[str], node: str = "", *, until_read: bool = True
) -> tuple[Agents, dict[str, list[Sample]]]:
    """What is passed on once all are read, or failed."""
    agents, metrics = Agents(urls, node), Metrics()
    agent.watch(metrics, agents)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(agents.keep_reading())

        async def done() -> bool:
            return all(own.counters is not None if until_read else own.problem for own in agents._agents)

        await until(done, what="the agents")
        reading.cancel()
    found: dict[str, list[Sample]] = {}
    for sample in metrics.snapshot():
        found.setdefault(sample.name, []).append(sample)
    return agents, found


async def test_a_real_agents_counters_are_passed_on() -> None:
    (text, *_) = corpus.scrapes()
    async with serving(lambda _: web.Response(body=text)) as url:
        _, found = await read_agents([url], "worker-7")
    (exported,) = found[metric_names.AGENT_EXPORTED_EVENTS]
    assert (exported.value, exported.labels) == (351, {"node": "worker-7"})
    assert {sample.labels["place"]: sample.value for sample in found[metric_names.AGENT_LOST_EVENTS]} == dict.fromkeys(
        coverage.PLACES, 0
    )
    assert found[metric_names.AGENT_AGE][0].value < 10


async def test_the_gateway_reads_what_is_passed_on() -> None:
    async with serving(lambda _: web.Response(body=TEXT)) as url:
        _, found = await read_agents([url])
    said = ServiceReport(service="collector", instance="a", time="", samples=[s for own in found.values() for s in own])
    known = coverage.agents([service_report.decode(service_report._encoder.encode(said))])["worker-1"]
    assert (known.exported, known.lost["ring_buffer"], known.throttled) == (990, 10, 0)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: web.Response(status=500), "it answers 500"),
        (lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}), "it answers 302"),
        (lambda _: web.Response(text="<html>hello</html>"), "not Tetragon's metrics"),
    ],
)
async def test_what_is_no_answer_of_an_agent_is_a_problem_and_no_number(
    answer: Callable[[web.Request], web.StreamResponse], why: str
) -> None:
    async with serving(answer) as url:
        agents, found = await read_agents([url], "n", until_read=False)
    assert why in agents._agents[0].problem
    assert metric_names.AGENT_EXPORTED_EVENTS not in found
    assert found[metric_names.AGENT_AGE][0].labels == {"node": "n"}


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "_MOST_BYTES", 1 << 20)
    body = b"tetragon_events_total{} 1\n" * (4 << 20 >> 4)
    async with serving(lambda _: web.Response(body=body)) as url:
        agents, _ = await read_agents([url], "n", until_read=False)
    assert "larger than 1 MiB" in agents._agents[0].problem


async def test_an_agent_that_is_away_is_named_without_the_password_of_its_address() -> None:
    agents, _ = await read_agents(["http://me:secret@127.0.0.1:1/metrics"], "n", until_read=False)
    assert "secret" not in agents._agents[0].problem
    assert agent._host(agents._agents[0].url) == "127.0.0.1:1"


def test_addresses_are_checked_at_the_start() -> None:
    def load(text: str) -> tuple[str, ...]:
        environ = {"TOCSIN_COLLECTOR_AGENT_METRICS": text}
        return settings.load(Settings, environ, prefix="TOCSIN_COLLECTOR").agents

    assert load("") == ()
    assert load("http://a:2112/metrics, https://b/metrics") == ("http://a:2112/metrics", "https://b/metrics")
    for wrong in ("file:///etc/passwd", "http://a,b", "a:2112", "http://a b"):
        with pytest.raises(SettingsError, match="AGENT_METRICS"):
            load(wrong)


async def test_a_collector_tells_its_node_and_its_agents_counters(declared: NatsServer, tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "tetragon.log")
    export.write(event(1))
    said: list[ServiceReport] = []

    def hear(_: str, payload: bytes) -> None:
        said.append(service_report.decode(payload))

    async def complete() -> bool:
        return any(coverage.agents([own]).get("n1") for own in said)

    async with serving(lambda _: web.Response(body=TEXT)) as url, opened(declared, "gateway") as bus:
        await bus.subscribe(subjects.ALL_METRICS, hear)
        async with collecting(declared, reads(export.path, node="n1", agent_metrics=url)):
            await until(complete, 15, what="a report")
    assert said[-1].facts["node"] == "n1"

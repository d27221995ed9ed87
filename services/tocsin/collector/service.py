"""The shell of the collector: wires one source, or those of all pods, to what all sources share."""

import asyncio

from tocsin.bus import Bus
from tocsin.collector import redaction
from tocsin.collector.background import Background
from tocsin.collector.backlog import Backlog
from tocsin.collector.collecting import Collector, Whose
from tocsin.collector.metrics import CollectorMetrics, watch
from tocsin.collector.pods import fleet_run
from tocsin.collector.readback import Reader
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources import agent
from tocsin.collector.sources.agent import Agents
from tocsin.collector.sources.base import Source
from tocsin.collector.sources.export_file.source import FileSource
from tocsin.collector.sources.stdin import StdinSource
from tocsin.model import subjects
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import streams_ready, until_answered


def make_source(settings: Settings) -> Source:
    """The source that the settings name, where it is one."""
    if settings.source == "stdin":
        return StdinSource(max_line_bytes=settings.max_line_bytes)
    return FileSource(settings.path, max_line_bytes=settings.max_line_bytes, start=settings.start)


async def run(bus: Bus, settings: Settings, stop: asyncio.Event, *, source: Source | None = None) -> None:
    """Collect until *stop* is set or the source has ended; what is in hand is stored and saved before it returns."""
    if settings.source == "kubernetes" and source is None:
        await fleet_run.run(bus, settings, stop)
        return
    metrics, health, tally = Metrics(), Health(), CollectorMetrics()
    backlog = Backlog(bus, tally, health)
    upkeep = Background(bus, health, lambda: [collector], settings.checkpoint_interval_s)
    own = source or make_source(settings)
    whose = Whose(
        key=subjects.checkpoint_key(settings.cluster or DEFAULT_CLUSTER, settings.node, own.name), node=settings.node
    )
    collector = Collector(
        bus,
        settings,
        own,
        whose,
        backlog=backlog,
        tally=tally,
        health=health,
        redactor=redaction.make(settings),
        on_doubt=upkeep.doubt,
    )
    watch(metrics, tally, lambda: [collector.account.counts], lambda: len(collector.account), lambda: [own], backlog)
    agents = Agents(settings.agents, settings.node)
    agent.watch(metrics, agents)
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, metrics, health, done, facts=collector.facts))
        background = [tasks.create_task(agents.keep_reading())]
        try:
            if await _ready(bus, settings, backlog, health, stop) and await collector.start(stop):
                works = (upkeep.keep_saving, backlog.keep_asking, upkeep.keep_resolving, upkeep.keep_looking)
                background += [tasks.create_task(work()) for work in works]
                await collector.collect(stop)
        finally:
            done.set()
            for task in background:
                task.cancel()
            own.close()


async def _ready(bus: Bus, settings: Settings, backlog: Backlog, health: Health, stop: asyncio.Event) -> bool:
    await streams_ready(bus, stop, health)
    reader = Reader(bus, cluster=settings.cluster, node=settings.node, key="")
    await until_answered(reader.prepare, stop, health)
    await backlog.ask()
    return not stop.is_set()

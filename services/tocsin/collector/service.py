"""The shell of the collector: wires one source, or those of all pods, to what all sources share."""

import asyncio

from tocsin.bus import Bus
from tocsin.collector import redaction
from tocsin.collector.background import Background
from tocsin.collector.backlog import Backlog
from tocsin.collector.checkpoint import CheckpointOptions
from tocsin.collector.collector import Collector
from tocsin.collector.metrics import CollectorMetrics, watch
from tocsin.collector.pods import fleet_run
from tocsin.collector.settings import DEFAULT_CLUSTER, Settings
from tocsin.collector.sources import agent
from tocsin.collector.sources.agent import Agents
from tocsin.collector.sources.base import Source
from tocsin.collector.sources.export_file.source import FileSource
from tocsin.collector.sources.stdin import StdinSource
from tocsin.collector.stored_messages import StoredMessages
from tocsin.model import subjects
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import streams_ready, until_answered


def make_source(settings: Settings) -> Source:
    """The source of the settings, unless it is ``kubernetes``."""
    if settings.source == "stdin":
        return StdinSource(max_line_bytes=settings.max_line_bytes)
    return FileSource(settings.path, max_line_bytes=settings.max_line_bytes, start=settings.start)


async def run(bus: Bus, settings: Settings, stop: asyncio.Event, *, source: Source | None = None) -> None:
    """Collect until *stop* is set or the source ends; lines read so far are stored and checkpointed before it returns.

    *source* replaces the source of the settings.
    """
    if settings.source == "kubernetes" and source is None:
        await fleet_run.run(bus, settings, stop)
    else:
        await _run_source(bus, settings, stop, source or make_source(settings))


async def _run_source(bus: Bus, settings: Settings, stop: asyncio.Event, source: Source) -> None:
    metrics, health, counters = Metrics(), Health(), CollectorMetrics()
    backlog = Backlog(bus, counters, health)
    background = Background(bus, health, lambda: [collector], settings.checkpoint_interval_s)
    key = subjects.checkpoint_key(settings.cluster or DEFAULT_CLUSTER, settings.node, source.name)
    collector = Collector(
        bus,
        settings,
        source,
        CheckpointOptions(key=key, node=settings.node),
        backlog=backlog,
        counters=counters,
        health=health,
        redactor=redaction.make(settings),
        on_doubt=background.doubt,
    )
    watch(
        metrics, counters, lambda: [collector.account.counts], lambda: len(collector.account), lambda: [source], backlog
    )
    agents = Agents(settings.agents, settings.node)
    agent.watch(metrics, agents)
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, metrics, health, done, facts=collector.facts))
        running = [tasks.create_task(agents.keep_reading())]
        try:
            if await _ready(bus, settings, backlog, health, stop) and await collector.start(stop):
                loops = (
                    background.keep_saving, backlog.keep_asking, background.keep_resolving, background.keep_checking
                )  # fmt: skip
                running += [tasks.create_task(loop()) for loop in loops]
                await collector.collect(stop)
        finally:
            done.set()
            for task in running:
                task.cancel()
            source.close()


async def _ready(bus: Bus, settings: Settings, backlog: Backlog, health: Health, stop: asyncio.Event) -> bool:
    """Wait until all streams exist and the backlog is known; false if *stop* is set first."""
    await streams_ready(bus, stop, health)
    stored = StoredMessages(bus, cluster=settings.cluster, node=settings.node, key="")
    await until_answered(stored.prepare, stop, health)
    await backlog.ask()
    return not stop.is_set()

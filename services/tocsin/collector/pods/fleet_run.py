"""Runs the collector for all pods: wires the fleet to the API server, the metrics and the service report."""

import asyncio

from tocsin.bus import Bus
from tocsin.collector.metrics import CollectorMetrics, watch
from tocsin.collector.pods.fleet import Fleet
from tocsin.collector.settings import Settings
from tocsin.collector.sources import agent
from tocsin.collector.sources.agent import Agents
from tocsin.collector.sources.kubernetes.api import open_api
from tocsin.collector.sources.kubernetes.shared import Timeouts
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.service_report import report

_NAMED = 10
"""Nodes that the report names, at most."""


async def run(bus: Bus, settings: Settings, stop: asyncio.Event, *, timeouts: Timeouts | None = None) -> None:
    """Follow all pods until *stop* is set; lines read so far are stored and checkpointed before it returns."""
    metrics, health, counters = Metrics(), Health(), CollectorMetrics()
    agents = Agents(settings.agents, settings.node)
    agent.watch(metrics, agents)
    timeouts = timeouts or Timeouts(silence_s=settings.kube_silence_s)
    async with open_api(settings.kubeconfig, settings.kube_account_path) as api:
        fleet = Fleet(bus, settings, api, timeouts, counters, health)
        watch(metrics, counters, fleet.counts, fleet.unsettled, lambda: list(fleet.followed.values()), fleet.backlog)
        metrics.observe(lambda: measure(metrics, fleet))
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(report(bus, metrics, health, done, facts=lambda: facts(fleet)))
            background = [tasks.create_task(agents.keep_reading())]
            try:
                if await fleet.load(stop):
                    background += [tasks.create_task(task) for task in fleet.background_tasks()]
                    await fleet.follow(stop)
            finally:
                done.set()
                for task in background:
                    task.cancel()


def facts(fleet: Fleet) -> dict[str, str | int | float]:
    """What the service report says about the fleet."""
    sources = fleet.followed.values()
    values: dict[str, str | int | float] = {
        "source": "kubernetes",
        "namespaces": ", ".join(fleet.directory.namespaces),
        "pods": len(sources),
        "lines": sum(counts.lines for counts in fleet.counts()),
        "state": "all read" if all(source.caught_up for source in sources) else "reading",
    }
    silent = sorted(fleet.silent_nodes())
    if silent:
        values["silent_nodes"] = ", ".join(silent[:_NAMED])
    return values


def measure(metrics: Metrics, fleet: Fleet) -> None:
    """Set the metrics that only following pods has."""
    gauge, counter = metrics.gauge, metrics.counter
    gauge("tocsin_collector_followed_pods", "Pods whose log is followed.").set(len(fleet.followed))
    unreadable = sum(bool(source.problem) for source in fleet.followed.values())
    gauge("tocsin_collector_unreadable_pods", "Pods whose log cannot be read now.").set(unreadable)
    gauge("tocsin_collector_silent_nodes", "Nodes that sent lines before and no longer do.").set(
        len(fleet.silent_nodes())
    )
    opened = counter("tocsin_collector_opened_logs_total", "Number of times a pod's log was opened.")
    opened.value = fleet.shared.opened
    listed = counter("tocsin_collector_listed_pods_total", "Number of times the list of pods was read.")
    listed.value = fleet.directory.relists
    refreshed = counter(
        "tocsin_collector_refused_credentials_total", "Number of times the API server refused the collector's token."
    )
    refreshed.value = fleet.api.refreshed

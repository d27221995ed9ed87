"""Wires the following of all pods to the API server, to metrics and to what is told of this process."""

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
"""Silent nodes that are named."""


async def run(bus: Bus, settings: Settings, stop: asyncio.Event, *, patience: Timeouts | None = None) -> None:
    """Follow all pods until *stop* is set; what is in hand is stored and saved before it returns."""
    metrics, health, tally = Metrics(), Health(), CollectorMetrics()
    agents = Agents(settings.agents, settings.node)
    agent.watch(metrics, agents)
    own = patience or Timeouts(silence_s=settings.kube_silence_s)
    async with open_api(settings.kubeconfig, settings.kube_account_path) as api:
        fleet = Fleet(bus, settings, api, own, tally, health)
        watch(metrics, tally, fleet.counts, fleet.unsettled, lambda: list(fleet.followed.values()), fleet.backlog)
        metrics.observe(lambda: measure(metrics, fleet))
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(report(bus, metrics, health, done, facts=lambda: facts(fleet)))
            background = [tasks.create_task(agents.keep_reading())]
            try:
                if await fleet.load(stop):
                    background += [tasks.create_task(work) for work in fleet.works()]
                    await fleet.follow(stop)
            finally:
                done.set()
                for task in background:
                    task.cancel()


def facts(fleet: Fleet) -> dict[str, str | int | float]:
    """What people want to know of it."""
    sources = fleet.followed.values()
    found: dict[str, str | int | float] = {
        "source": "kubernetes",
        "namespaces": ", ".join(fleet.directory.namespaces),
        "pods": len(sources),
        "lines": sum(counts.lines for counts in fleet.counts()),
        "state": "all read" if all(source.caught_up for source in sources) else "reading",
    }
    silent = sorted(fleet.silent())
    if silent:
        found["silent_nodes"] = ", ".join(silent[:_NAMED])
    return found


def measure(metrics: Metrics, fleet: Fleet) -> None:
    """What only following pods has to tell."""
    gauge, counter = metrics.gauge, metrics.counter
    gauge("tocsin_collector_followed_pods", "Pods whose log is followed.").set(len(fleet.followed))
    unreadable = sum(bool(source.problem) for source in fleet.followed.values())
    gauge("tocsin_collector_unreadable_pods", "Pods whose log cannot be read now.").set(unreadable)
    gauge("tocsin_collector_silent_nodes", "Nodes that sent lines and do so no more.").set(len(fleet.silent()))
    opened = counter("tocsin_collector_opened_logs_total", "Times that a pod's log was opened.")
    opened.value = fleet.shared.opened
    listed = counter("tocsin_collector_listed_pods_total", "Times that the list of pods was read.")
    listed.value = fleet.directory.relists
    refreshed = counter("tocsin_collector_refused_credentials_total", "Times that the API server refused our token.")
    refreshed.value = fleet.api.refreshed

"""Asks Tetragon's agents for their own counters, every 15 seconds, and keeps the last answer of each."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence

import aiohttp
from msgspec import Struct

from tocsin.collector.counters import Counters, CountersParser
from tocsin.model import metric_names
from tocsin.runtime.metrics import Metrics

log = logging.getLogger(__name__)

INTERVAL_S = 15.0
_ANSWER_S = 5.0
_MOST_BYTES = 32 << 20
"""Of one answer: agents tell of every program in every pod."""
_CHUNK_BYTES = 64 << 10
_AGENTS = 64
_HEADERS = {"Accept": "text/plain; version=0.0.4", "Accept-Encoding": "identity"}
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Agent:
    """One agent."""

    def __init__(self, url: str, node: str, now: float) -> None:
        self.url = url
        self._bound = node
        self.counters: Counters | None = None
        self.read_at = now
        """When they were read; before the first time, when reading began."""
        self.problem = ""
        """Why the last reading failed, in words."""

    @property
    def node(self) -> str:
        """The node that its events are from: ours where we are bound to one, else what it says; empty if neither."""
        return self._bound or (self.counters.node if self.counters is not None else "")


class AgentStatus(Struct, frozen=True):
    """What is known of one node's agent."""

    node: str
    counters: Counters | None
    age_s: float


class Agents:
    """All that the settings name."""

    def __init__(self, urls: Sequence[str], node: str) -> None:
        """Nothing is asked before `keep_reading`; *node* is the one that we are bound to, if any."""
        now = time.monotonic()
        self._agents = [Agent(url, node, now) for url in urls[:_AGENTS]]

    async def keep_reading(self) -> None:
        """Until cancelled; an agent that does not answer is asked again, and its numbers grow old."""
        if not self._agents:
            return
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout, headers=_HEADERS) as http:
            while True:
                await asyncio.gather(*(self._read(http, agent) for agent in self._agents))
                await asyncio.sleep(INTERVAL_S)

    async def _read(self, http: aiohttp.ClientSession, agent: Agent) -> None:
        try:
            agent.counters = await _ask(http, agent.url)
        except _FAILURES as error:
            bad = isinstance(error, aiohttp.InvalidURL)  # of which the text is the address, with its password
            why = "the address is none" if bad else str(error) or type(error).__name__
            if not agent.problem:
                log.warning("agent.unreadable", extra={"host": _host(agent.url), "error": why[:200]})
            agent.problem = why
        else:
            agent.read_at = time.monotonic()
            if agent.problem:
                log.info("agent.readable", extra={"host": _host(agent.url)})
            agent.problem = ""

    def told(self) -> Iterator[AgentStatus]:
        """What is known of each."""
        now = time.monotonic()
        for agent in self._agents:
            yield AgentStatus(agent.node, agent.counters, now - agent.read_at)


async def _ask(http: aiohttp.ClientSession, url: str) -> Counters:
    """The counters of the agent at *url*; `ValueError` where the answer is none of an agent."""
    reading, size = CountersParser(), 0
    async with http.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(f"it answers {answer.status}")
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > _MOST_BYTES:
                raise ValueError(f"its answer is larger than {_MOST_BYTES >> 20} MiB")
            reading.feed(chunk)
    counters = reading.counters()
    if counters.exported is None:
        raise ValueError("these are no metrics of Tetragon: they lack tetragon_events_exported_total")
    return counters


def _host(url: str) -> str:
    """The part of *url* that holds no secret."""
    return url.split("://", 1)[-1].split("/", 1)[0].rpartition("@")[2]


def watch(metrics: Metrics, agents: Agents) -> None:
    """Let *metrics* pass on what the agents say."""

    def refresh() -> None:
        ages: dict[str, float] = {}
        sums: dict[tuple[str, str, str], int] = {}
        for told in agents.told():
            ages[told.node] = max(ages.get(told.node, 0.0), told.age_s)
            if told.counters is not None and (told.node or told.counters.exported):  # it names its node with its first
                for name, place, value in _numbers(told.counters):
                    key = (name, told.node, place)
                    sums[key] = sums.get(key, 0) + value
        for (name, node, place), value in sums.items():
            labels = {"node": node, "place": place} if place else {"node": node}
            metrics.counter(name, _HELP[name], **labels).value = value
        for node, age_s in ages.items():
            gauge = metrics.gauge(metric_names.AGENT_AGE, "Since an agent's counters were read.", node=node)
            gauge.set(round(age_s, 1))

    metrics.observe(refresh)


_HELP = {
    metric_names.AGENT_EXPORTED_EVENTS: "Events that the agent has exported, as it says itself.",
    metric_names.AGENT_LOST_EVENTS: "Events that the agent has lost, by place, as it says itself.",
    metric_names.AGENT_THROTTLED_CGROUPS: "Times that the agent began to leave out the events of a cgroup.",
}


def _numbers(counters: Counters) -> Iterator[tuple[str, str, int]]:
    yield metric_names.AGENT_EXPORTED_EVENTS, "", counters.exported or 0
    yield metric_names.AGENT_THROTTLED_CGROUPS, "", counters.throttled
    for place, n in counters.lost.items():
        yield metric_names.AGENT_LOST_EVENTS, place, n

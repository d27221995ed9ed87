"""Reads the counters of Tetragon's agents every 15 seconds, and keeps the last answer of each agent."""

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
"""Limit of one answer; agents report on every program in every pod."""
_CHUNK_BYTES = 64 << 10
_AGENTS = 64
_HEADERS = {"Accept": "text/plain; version=0.0.4", "Accept-Encoding": "identity"}
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Agent:
    """One agent and its last answer."""

    def __init__(self, url: str, node: str, now: float) -> None:
        self.url = url
        self._node = node
        self.counters: Counters | None = None
        self.read_at = now
        """When the counters were last read, or when reading began."""
        self.problem = ""
        """Why the last read failed, in words."""

    @property
    def node(self) -> str:
        """The node of its events: from the settings, else from its counters; empty if unknown."""
        return self._node or (self.counters.node if self.counters is not None else "")


class AgentStatus(Struct, frozen=True):
    """The last known counters of one agent, and their age."""

    node: str
    counters: Counters | None
    age_s: float


class Agents:
    """The agents of the settings."""

    def __init__(self, urls: Sequence[str], node: str) -> None:
        """No request is sent before `keep_reading`; *node* is the node of the settings, if any."""
        now = time.monotonic()
        self._agents = [Agent(url, node, now) for url in urls[:_AGENTS]]

    async def keep_reading(self) -> None:
        """Read all agents regularly, until cancelled; the counters of an agent that does not answer grow old."""
        if not self._agents:
            return
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(timeout=timeout, headers=_HEADERS) as http:
            while True:
                await asyncio.gather(*(self._read(http, agent) for agent in self._agents))
                await asyncio.sleep(INTERVAL_S)

    async def _read(self, http: aiohttp.ClientSession, agent: Agent) -> None:
        try:
            agent.counters = await _read_counters(http, agent.url)
        except _FAILURES as error:
            invalid = isinstance(error, aiohttp.InvalidURL)  # its text contains the address with the password
            why = "the address is invalid" if invalid else str(error) or type(error).__name__
            if not agent.problem:
                log.warning("agent.unreadable", extra={"host": _host(agent.url), "error": why[:200]})
            agent.problem = why
        else:
            agent.read_at = time.monotonic()
            if agent.problem:
                log.info("agent.readable", extra={"host": _host(agent.url)})
            agent.problem = ""

    def statuses(self) -> Iterator[AgentStatus]:
        """The status of each agent."""
        now = time.monotonic()
        for agent in self._agents:
            yield AgentStatus(agent.node, agent.counters, now - agent.read_at)


async def _read_counters(http: aiohttp.ClientSession, url: str) -> Counters:
    """The counters of the agent at *url*; `ValueError` if the answer is not an agent's."""
    parser, size = CountersParser(), 0
    async with http.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(f"it answers {answer.status}")
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > _MOST_BYTES:
                raise ValueError(f"its answer is larger than {_MOST_BYTES >> 20} MiB")
            parser.feed(chunk)
    counters = parser.counters()
    if counters.exported is None:
        raise ValueError("these are not Tetragon's metrics: tetragon_events_exported_total is missing")
    return counters


def _host(url: str) -> str:
    """The part of *url* that contains no secret."""
    return url.split("://", 1)[-1].split("/", 1)[0].rpartition("@")[2]


def watch(metrics: Metrics, agents: Agents) -> None:
    """Register metrics with the agents' counters."""

    def refresh() -> None:
        ages: dict[str, float] = {}
        sums: dict[tuple[str, str, str], int] = {}
        for status in agents.statuses():
            ages[status.node] = max(ages.get(status.node, 0.0), status.age_s)
            # an agent reports its node with its first event
            if status.counters is not None and (status.node or status.counters.exported):
                for name, place, value in _values(status.counters):
                    key = (name, status.node, place)
                    sums[key] = sums.get(key, 0) + value
        for (name, node, place), value in sums.items():
            labels = {"node": node, "place": place} if place else {"node": node}
            metrics.counter(name, _HELP[name], **labels).value = value
        for node, age_s in ages.items():
            gauge = metrics.gauge(metric_names.AGENT_AGE, "Seconds since the agent's counters were read.", node=node)
            gauge.set(round(age_s, 1))

    metrics.observe(refresh)


_HELP = {
    metric_names.AGENT_EXPORTED_EVENTS: "Events exported by the agent, from its own counters.",
    metric_names.AGENT_LOST_EVENTS: "Events lost by the agent, by place, from its own counters.",
    metric_names.AGENT_THROTTLED_CGROUPS: "Number of times the agent began to throttle the events of a cgroup.",
}


def _values(counters: Counters) -> Iterator[tuple[str, str, int]]:
    yield metric_names.AGENT_EXPORTED_EVENTS, "", counters.exported or 0
    yield metric_names.AGENT_THROTTLED_CGROUPS, "", counters.throttled
    for place, n in counters.lost.items():
        yield metric_names.AGENT_LOST_EVENTS, place, n

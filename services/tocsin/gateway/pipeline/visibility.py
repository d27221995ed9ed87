"""What can be seen from here, and what not: the nodes, the kinds of events, and what agents say that they lost."""

from collections.abc import Mapping

from tocsin.gateway.pipeline import coverage
from tocsin.gateway.pipeline.coverage import Agent, Followed
from tocsin.gateway.pipeline.event_kinds import ObservedKinds
from tocsin.gateway.pipeline.nodes import Nodes
from tocsin.gateway.window.rows import NAME_CHARACTERS, Row
from tocsin.model import subjects
from tocsin.model.event import event_key
from tocsin.runtime.service_report import ServiceReport

_MS = 1_000
_MINUTE_MS = 60_000
_CLUSTERS = 8
_RATE_LIMIT, _THROTTLE = "rate_limit", "throttle"
_STARTS = "throttle_start"
_CORRELATION = "correlation"


class Visibility:
    """Fed with every alert, and with what collectors tell of their agents."""

    def __init__(self, window_ms: int, silent_s: float) -> None:
        self.seen = ObservedKinds(window_ms // _MS)
        self.nodes = Nodes(window_ms, silent_s)
        self.followed: dict[str, Followed] = {}
        """Node to what its agent exports, held against what comes."""
        self._clusters: dict[str, None] = {}

    @property
    def cluster(self) -> str:
        """Names of the clusters that events come from."""
        return ", ".join(self._clusters)

    def take(self, subject: str, row: Row, cluster: str, payload: bytes, now_ms: int) -> None:
        """An alert; *now_ms* is when it came, 0 where it is read back and that is told by its own times."""
        shape = row.shape
        if shape.kind == _CORRELATION:
            return
        came_ms = now_ms or row.t + row.late_s * _MS
        host = subject.split(".", 4)[3:4] == [subjects.HOST]
        self.seen.add(event_key(shape.kind), shape.event_type, came_ms // _MS, host=host)
        if cluster and cluster not in self._clusters and len(self._clusters) < _CLUSTERS:
            self._clusters[cluster] = None
        if not shape.node:
            return
        node = self.nodes.add(shape.node, came_ms, row.t // _MINUTE_MS)
        if shape.kind == _RATE_LIMIT:
            node.dropped.append((row.t, coverage.dropped(payload)))
        elif shape.kind == _THROTTLE and shape.event_type == _STARTS:
            node.throttled.append(row.t)

    def hear(self, report: ServiceReport, now_ms: int) -> None:
        """What a collector tells of itself: it may be bound to a node, which is there even where nothing comes."""
        node = report.facts.get("node", "")
        if node and isinstance(node, str):
            self.nodes.hear_collector(node[:NAME_CHARACTERS], now_ms)

    def follow(self, agents: Mapping[str, Agent]) -> None:
        """Hold what the agents have exported against what came from their nodes."""
        for name, _ in self.nodes:
            agent = coverage.of_node(name, agents, len(self.nodes))
            node = self.nodes.find(name)
            if agent is None or agent.exported is None or node is None:
                self.followed.pop(name, None)
                continue
            known = self.followed.get(name)
            self.followed[name] = (
                known.note(agent.exported, node.events)
                if known is not None
                else Followed(agent.exported, node.events, agent.exported, agent.exported)
            )

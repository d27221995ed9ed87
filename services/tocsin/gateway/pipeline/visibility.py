"""What the gateway can see: nodes, kinds of events, and the losses that agents report."""

from collections.abc import Mapping

from tocsin.gateway.pipeline import coverage
from tocsin.gateway.pipeline.coverage import Agent, ExportGap
from tocsin.gateway.pipeline.event_kinds import ObservedKinds
from tocsin.gateway.pipeline.nodes import Nodes
from tocsin.gateway.window.rows import NAME_CHARACTERS, Row
from tocsin.model import subjects
from tocsin.model.event import event_key
from tocsin.model.timestamps import MS_PER_S
from tocsin.runtime.service_report import ServiceReport

_MINUTE_MS = 60_000
_CLUSTERS = 8
_RATE_LIMIT, _THROTTLE = "rate_limit", "throttle"
_STARTS = "throttle_start"
_CORRELATION = "correlation"


class Visibility:
    """Fed with every alert, and with the reports of collectors."""

    def __init__(self, window_ms: int, silent_s: float) -> None:
        self.kinds = ObservedKinds(window_ms // MS_PER_S)
        self.nodes = Nodes(window_ms, silent_s)
        self.export_gaps: dict[str, ExportGap] = {}
        """Node to what its agent exports, compared with the events that come."""
        self._clusters: dict[str, None] = {}

    @property
    def cluster(self) -> str:
        """The names of the clusters that send events."""
        return ", ".join(self._clusters)

    def add(self, subject: str, row: Row, cluster: str, payload: bytes, now_ms: int) -> None:
        """An alert; *now_ms* is its arrival, 0 for one that is read back: then its own times count."""
        shape = row.shape
        if shape.kind == _CORRELATION:
            return
        came_ms = now_ms or row.t + row.late_s * MS_PER_S
        host = subject.split(".", 4)[3:4] == [subjects.HOST]
        self.kinds.add(event_key(shape.kind), shape.event_type, came_ms // MS_PER_S, host=host)
        if cluster and cluster not in self._clusters and len(self._clusters) < _CLUSTERS:
            self._clusters[cluster] = None
        if not shape.node:
            return
        node = self.nodes.add(shape.node, came_ms, row.t // _MINUTE_MS)
        if shape.kind == _RATE_LIMIT:
            node.dropped.append((row.t, coverage.dropped(payload)))
        elif shape.kind == _THROTTLE and shape.event_type == _STARTS:
            node.throttled.append(row.t)

    def receive(self, report: ServiceReport, now_ms: int) -> None:
        """The report of a collector: the node to which it is bound exists, even if no event comes from it."""
        node = report.facts.get("node", "")
        if node and isinstance(node, str):
            self.nodes.collector_reported(node[:NAME_CHARACTERS], now_ms)

    def compare(self, agents: Mapping[str, Agent]) -> None:
        """Compare what the agents have exported with what came from their nodes."""
        for name, _ in self.nodes:
            agent = coverage.of_node(name, agents, len(self.nodes))
            node = self.nodes.find(name)
            if agent is None or agent.exported is None or node is None:
                self.export_gaps.pop(name, None)
                continue
            known = self.export_gaps.get(name)
            self.export_gaps[name] = (
                known.update(agent.exported, node.events)
                if known is not None
                else ExportGap(agent.exported, node.events, agent.exported, agent.exported)
            )

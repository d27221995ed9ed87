"""The state of the whole pipeline, from the sensors to this gateway's clients, in one answer."""

from collections.abc import Mapping

from msgspec import Struct

from tocsin.bus import streams
from tocsin.gateway.pipeline import coverage
from tocsin.gateway.pipeline.coverage import Agent, Coverage, ExportGap
from tocsin.gateway.pipeline.hops import Facts, Flow, GatewayNumbers, HopAnswer, hops
from tocsin.gateway.pipeline.nodes import Nodes
from tocsin.gateway.pipeline.rates import Rate
from tocsin.gateway.pipeline.service_reports import Instance
from tocsin.gateway.pipeline.visibility import Visibility
from tocsin.model.timestamps import MS_PER_S, NS_PER_MS, format_ns
from tocsin.runtime.ledger import Ledger


class NodeAnswer(Struct, frozen=True, kw_only=True):
    """One node that sends events, or to which a collector is bound."""

    node: str
    """Name of the node."""
    last_s: float | None
    """Seconds since its last event came; ``null`` if none did."""
    rate: float | None
    """Events a second."""
    silent: bool
    """Whether it does not report."""
    why: str
    """Why it counts as silent, in words; empty if it does not."""
    coverage: Coverage
    """How many of its events arrive."""


class Clients(Struct, frozen=True, kw_only=True):
    """Browsers on this gateway's WebSocket."""

    open: int
    """How many there are."""
    slow: int
    """Of these, the clients that do not keep up and get fewer rows."""


class StatusAnswer(Struct, frozen=True, kw_only=True):
    """The stages of the pipeline, its nodes, and what is failing."""

    cluster: str
    """The names of the clusters that send events."""
    hops: list[HopAnswer]
    """Stages, in the order in which an event passes them."""
    nodes: list[NodeAnswer]
    """Nodes, by name."""
    ledger: Ledger | None
    """``null`` if it could not be read; `broken` has the reason."""
    clients: Clients
    """Browsers on the WebSocket."""
    broken: str
    """What is failing, in words; empty if nothing is."""
    kinds_seen: dict[str, int]
    """Kind of event to its number in the live window."""
    host_events: bool
    """Whether events of processes outside containers come at all."""
    timestamp: str
    """Time of this answer (RFC 3339)."""


class Readings(Struct, frozen=True, kw_only=True):
    """What the status is made of."""

    visibility: Visibility
    agents: dict[str, Agent]
    """Node to what its agent reports."""
    instances: list[Instance]
    """The instances of all services."""
    rates: Mapping[str, Rate]
    """How fast streams and readers advance, by name."""
    judging: int
    """Events that wait for the classifier."""
    waiting: int
    """Alerts that wait for this gateway."""
    delay_ms: int
    undecodable: int
    problems: Mapping[str, str]
    """Part of the pipeline to what is failing there."""
    broken: str
    """The problems in one sentence."""
    connected: bool
    """Whether NATS is connected, so that services can report."""
    clients: Clients
    window_ms: int


def nodes(
    known: Nodes, agents: dict[str, Agent], gaps: dict[str, ExportGap], *, now_ms: int, window_ms: int
) -> list[NodeAnswer]:
    """All nodes by name."""
    silent = {node.node: node.why for node in known.silent(now_ms)}
    return [
        NodeAnswer(
            node=name,
            last_s=round(max(0, now_ms - node.last_ms) / MS_PER_S, 1) if node.last_ms else None,
            rate=None if (rate := known.rate(name, now_ms / MS_PER_S)) is None else round(rate, 2),
            silent=name in silent,
            why=silent.get(name, ""),
            coverage=coverage.cover(
                node, coverage.of_node(name, agents, len(known)), gaps.get(name), now_ms - window_ms
            ),
        )
        for name, node in sorted(known)
    ]


def answer(readings: Readings, ledger: Ledger | None, *, now: float, now_ms: int) -> StatusAnswer:
    """All of it; *now* is of the monotonic clock."""
    visibility = readings.visibility
    observed = visibility.kinds.summary(now_ms // MS_PER_S)
    return StatusAnswer(
        cluster=visibility.cluster,
        hops=hops(_facts(readings, ledger, now)),
        nodes=nodes(
            visibility.nodes, readings.agents, visibility.export_gaps, now_ms=now_ms, window_ms=readings.window_ms
        ),
        ledger=ledger,
        clients=readings.clients,
        broken=readings.broken,
        kinds_seen=dict(sorted(observed.kinds.items(), key=lambda kind: -kind[1])),
        host_events=observed.host > 0,
        timestamp=format_ns(now_ms * NS_PER_MS),
    )


def _facts(readings: Readings, ledger: Ledger | None, now: float) -> Facts:
    rates = readings.rates

    def flow(into: str, out: str, waiting: int, *names: str) -> Flow:
        evicted = None
        if ledger is not None:
            evicted = sum(reader.evicted_unread for reader in ledger.readers if reader.stream in names)
        return Flow(
            in_s=rates[into].rate(now),
            out_s=rates[out].rate(now),
            waiting=waiting if rates[into].known else None,
            idle_s=rates[into].idle_s(now),
            evicted=evicted,
        )

    return Facts(
        instances=readings.instances,
        events=flow("events", "judged", readings.judging, streams.EVENTS),
        alerts=flow("alerts", "read", readings.waiting, streams.ALERTS, streams.ALERTS_KEPT),
        gateway=GatewayNumbers(
            in_s=rates["read"].rate(now),
            out_s=rates["rows"].rate(now),
            lag_s=readings.delay_ms / MS_PER_S,
            waiting=readings.waiting,
            undecodable=readings.undecodable,
        ),
        problems=readings.problems,
        connected=readings.connected,
    )

"""The share of a node's events that reached this gateway: from the agent's own counters, and the events that came."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from tocsin.gateway.pipeline.nodes import Node
from tocsin.model import metric_names
from tocsin.model.arguments import Number, integer
from tocsin.runtime.service_report import ServiceReport

RATE_LIMIT = "rate_limit"
PLACES = {
    "ring_buffer": "lost by the kernel's ring buffer",
    "queue": "dropped by the agent's own queue",
    "listener": "dropped by the agent because its exporter was slow",
    RATE_LIMIT: "dropped by the agent's export rate limit",
    "probe": "missed by the kernel's probes",
}
"""The places at which an agent loses events, in words."""
_ELSEWHERE = "exported by the agent and not seen here yet"
_THROTTLES = "times the agent left out the events of a busy cgroup; it does not tell how many events"
_OLD_S = 60.0
"""Older counters of an agent do not count any more."""
_MOST = 10**15
"""A larger number is not plausible, and JavaScript could not represent it."""
_UNREAD = "The agent's own counters are not read: set TOCSIN_COLLECTOR_AGENT_METRICS."
_UNREACHABLE = "The agent's counters could not be read for {:.0f} s."
_NOT_YET = "The agent's counters have not been read yet."
_TOO_YOUNG = "The agent has exported nothing yet."
_THROTTLED = "The agent left out the events of busy cgroups, and does not tell how many."


class Loss(Struct, frozen=True, kw_only=True):
    """Events, or episodes, that are missing."""

    what: str
    """Where they were lost."""
    n: int
    """How many."""


class Coverage(Struct, frozen=True, kw_only=True):
    """The coverage of one node."""

    produced: int | None
    """Events that the agent has exported or is known to have lost since it started; ``null`` if that is not known."""
    reached: int | None
    """Of these, the events that arrived; if `produced` is not known, the events in the live window."""
    share: float | None
    """From 0 to 1; ``null`` if it is not known, and `why` has the reason."""
    why: str
    """Explanation of the share, or why it is not known."""
    losses: list[Loss]
    """What is missing, by place."""


class Agent(Struct):
    """The counters of one node's agent, as its collector reports them."""

    exported: int | None = None
    lost: dict[str, int] = {}
    """Place to number of events."""
    throttled: int = 0
    age_s: float | None = None
    """Seconds since its counters were read."""


class ExportGap(Struct):
    """The events that an agent has exported and that have not come, counted from when both were known."""

    base_exported: int
    base_events: int
    exported: int
    """As of the last reading."""
    before: int
    """As of the reading before it: what was exported then has had time to arrive."""

    def update(self, exported: int, events: int) -> "ExportGap":
        """The next reading; an agent that restarted is counted from the start."""
        if exported < self.exported:
            return ExportGap(exported, events, exported, exported)
        if exported > self.exported:
            self.before, self.exported = self.exported, exported
        return self

    def missing(self, events: int) -> int:
        """The number of events that were exported, some seconds ago, and have not come."""
        return max(0, self.before - self.base_exported - (events - self.base_events))


def agents(reports: Iterable[ServiceReport]) -> dict[str, Agent]:
    """Node to its agent's counters; the node is empty if neither agent nor collector names it."""
    by_node: dict[str, Agent] = {}
    for report in reports:
        if report.service != "collector":
            continue
        for sample in report.samples:
            if not sample.name.startswith(metric_names.AGENT_PREFIX):
                continue
            agent = by_node.setdefault(sample.labels.get("node", ""), Agent(lost={}))
            value = _whole(sample.value)
            place = sample.labels.get("place", "")
            if sample.name == metric_names.AGENT_EXPORTED_EVENTS:
                agent.exported = (agent.exported or 0) + value
            elif sample.name == metric_names.AGENT_LOST_EVENTS and place in PLACES:
                agent.lost[place] = agent.lost.get(place, 0) + value
            elif sample.name == metric_names.AGENT_THROTTLED_CGROUPS:
                agent.throttled += value
            elif sample.name == metric_names.AGENT_AGE:
                agent.age_s = max(agent.age_s or 0.0, min(sample.value, _MOST))
    return by_node


def cover(node: Node, agent: Agent | None, gap: ExportGap | None, since_ms: int) -> Coverage:
    """The coverage of *node*; of the losses that its agent reported as events only those after *since_ms* count."""
    reported = sum(n for at, n in node.dropped if at >= since_ms)
    throttled = max(sum(at >= since_ms for at in node.throttled), 0 if agent is None else agent.throttled)
    lost = {} if agent is None else dict(agent.lost)
    if reported > lost.get(RATE_LIMIT, 0):
        lost[RATE_LIMIT] = reported
    losses = [Loss(what=PLACES[place], n=n) for place, n in lost.items() if n]
    missing = 0 if gap is None else gap.missing(node.events)
    if missing:
        losses.append(Loss(what=_ELSEWHERE, n=missing))
    if throttled:
        losses.append(Loss(what=_THROTTLES, n=throttled))
    why = _unknown(agent)
    if agent is None or agent.exported is None or why:
        return Coverage(produced=None, reached=node.events, share=None, why=why, losses=losses)
    produced = agent.exported + sum(lost.values())
    reached = max(0, agent.exported - missing)
    share = None if throttled else round(reached / produced, 6)
    return Coverage(
        produced=produced, reached=reached, share=share, why=_THROTTLED if throttled else "", losses=losses
    )  # fmt: skip


def _unknown(agent: Agent | None) -> str:
    """Why the share is not known; empty if it is."""
    if agent is None:
        return _UNREAD
    if agent.age_s is not None and agent.age_s > _OLD_S:
        return _UNREACHABLE.format(agent.age_s)
    if agent.exported is None:
        return _NOT_YET
    return "" if agent.exported else _TOO_YOUNG


class _Dropped(Struct):
    number_of_dropped_process_events: Number | None = None


class _Event(Struct):
    rate_limit_info: _Dropped | None = None


class _Alert(Struct):
    event: _Event | None = None


_alerts = msgspec.json.Decoder(_Alert)


def dropped(payload: bytes) -> int:
    """The number of events that the agent reports as dropped in its ``rate_limit_info``; 0 if it gives none."""
    try:
        event = _alerts.decode(payload).event
    except (msgspec.DecodeError, RecursionError):
        return 0
    info = None if event is None else event.rate_limit_info
    return 0 if info is None else _whole(integer(info.number_of_dropped_process_events) or 0)


def _whole(value: float) -> int:
    """A reported number, bounded to what can be counted."""
    return int(min(max(value, 0), _MOST)) if value == value else 0


def of_node(name: str, known: Mapping[str, Agent], nodes: int) -> Agent | None:
    """The agent of the node *name*; an agent without a node belongs to the only node."""
    return known.get(name) or (known.get("") if nodes == 1 else None)

"""Of what the kernel produced on a node, what share came here: from what the agent says of itself, and what we saw."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from tocsin.gateway.pipeline.nodes import Node
from tocsin.model.arguments import Number, integer
from tocsin.runtime.service_report import ServiceReport

EXPORTED = "tocsin_collector_agent_exported_events_total"
LOST = "tocsin_collector_agent_lost_events_total"
THROTTLED = "tocsin_collector_agent_throttled_cgroups_total"
AGE = "tocsin_collector_agent_age_seconds"
"""By these a collector passes on what its agents say of themselves, by node."""

RATE_LIMIT = "rate_limit"
PLACES = {
    "ring_buffer": "lost by the kernel's ring buffer",
    "queue": "dropped by the agent's own queue",
    "listener": "dropped by the agent because its exporter was slow",
    RATE_LIMIT: "dropped by the agent's export rate limit",
    "probe": "missed by the kernel's probes",
}
"""Where an agent loses events, in words."""
_ELSEWHERE = "exported by the agent and not seen here yet"
_THROTTLES = "times the agent left out the events of a busy cgroup; how many they were it does not tell"
_OLD_S = 60.0
"""An agent's numbers that are older say nothing of now."""
_MOST = 10**15
"""Beyond this a number is nonsense, and no browser can count."""
_UNREAD = "The agent's own counters are not read: set TOCSIN_COLLECTOR_AGENT_METRICS."
_UNREACHABLE = "The agent's counters could not be read for {:.0f} s."
_NOT_YET = "The agent's counters have not been read yet."
_TOO_YOUNG = "The agent has exported nothing yet."
_UNTOLD = "The agent left out the events of busy cgroups, and does not tell how many."


class Loss(Struct, frozen=True, kw_only=True):
    """Events that are missing."""

    what: str
    """Where they were lost."""
    n: int
    """How many."""


class Coverage(Struct, frozen=True, kw_only=True):
    """How many events of one node arrive."""

    produced: int | None
    """Events that the agent has exported or is known to have lost since it started; ``null`` if not known."""
    reached: int | None
    """Of these, the events that arrived here; if `produced` is not known, the events in the live window."""
    share: float | None
    """From 0 to 1; ``null`` if not known, and `why` says why."""
    why: str
    """Explanation of the share, or why it is not known."""
    losses: list[Loss]
    """What is missing, by place."""


class Agent(Struct):
    """What the agent of one node says of itself, as its collector tells it."""

    exported: int | None = None
    lost: dict[str, int] = {}
    """Place to how many."""
    throttled: int = 0
    age_s: float | None = None
    """Since its counters were read."""


class Followed(Struct):
    """What an agent exports held against what comes from its node, from when both were known."""

    base_exported: int
    base_events: int
    exported: int
    """As of the last reading."""
    before: int
    """As of the reading before it: what was exported then has had time to come."""

    def note(self, exported: int, events: int) -> "Followed":
        """The next reading; an agent that began anew is followed anew."""
        if exported < self.exported:
            return Followed(exported, events, exported, exported)
        if exported > self.exported:
            self.before, self.exported = self.exported, exported
        return self

    def missing(self, events: int) -> int:
        """How many events the agent had exported, some seconds ago, that have not come."""
        return max(0, self.before - self.base_exported - (events - self.base_events))


def agents(reports: Iterable[ServiceReport]) -> dict[str, Agent]:
    """Node to what its agent says; the node is empty where neither agent nor collector names it."""
    found: dict[str, Agent] = {}
    for report in reports:
        if report.service != "collector":
            continue
        for sample in report.samples:
            if not sample.name.startswith("tocsin_collector_agent_"):
                continue
            own = found.setdefault(sample.labels.get("node", ""), Agent(lost={}))
            value = _whole(sample.value)
            place = sample.labels.get("place", "")
            if sample.name == EXPORTED:
                own.exported = (own.exported or 0) + value
            elif sample.name == LOST and place in PLACES:
                own.lost[place] = own.lost.get(place, 0) + value
            elif sample.name == THROTTLED:
                own.throttled += value
            elif sample.name == AGE:
                own.age_s = max(own.age_s or 0.0, min(sample.value, _MOST))
    return found


def cover(node: Node, agent: Agent | None, followed: Followed | None, since_ms: int) -> Coverage:
    """What of *node* came here; of what it told in-band only what came after *since_ms* counts."""
    told = sum(n for at, n in node.dropped if at >= since_ms)
    throttled = max(sum(at >= since_ms for at in node.throttled), 0 if agent is None else agent.throttled)
    lost = {} if agent is None else dict(agent.lost)
    if told > lost.get(RATE_LIMIT, 0):
        lost[RATE_LIMIT] = told
    losses = [Loss(what=PLACES[place], n=n) for place, n in lost.items() if n]
    missing = 0 if followed is None else followed.missing(node.events)
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
        produced=produced, reached=reached, share=share, why=_UNTOLD if throttled else "", losses=losses
    )  # fmt: skip


def _unknown(agent: Agent | None) -> str:
    """Why nothing can be said of the share; empty where something can."""
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
    """How many events the agent says it dropped, in an alert of its ``rate_limit_info``; 0 where it does not say."""
    try:
        event = _alerts.decode(payload).event
    except (msgspec.DecodeError, RecursionError):
        return 0
    info = None if event is None else event.rate_limit_info
    return 0 if info is None else _whole(integer(info.number_of_dropped_process_events) or 0)


def _whole(value: float) -> int:
    """A number as told, made fit to be counted with."""
    return int(min(max(value, 0), _MOST)) if value == value else 0


def of_node(name: str, known: Mapping[str, Agent], nodes: int) -> Agent | None:
    """The agent of the node *name*; one that nobody names belongs to the only node there is."""
    return known.get(name) or (known.get("") if nodes == 1 else None)

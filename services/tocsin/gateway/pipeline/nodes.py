"""The nodes that send events: when each last sent, how often, and which of them stopped."""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from tocsin.model.text import truncate
from tocsin.model.timestamps import MS_PER_S

_MOST = 5_000
"""The most nodes that are remembered: the limit of one cluster."""
_READING_S = 5
_READINGS = 3
_MINUTE_MS = 60_000
_MOST_QUIET_S = 3_600.0
"""A node that sends rarely counts as silent after this time at the latest."""
_COLLECTOR_S = 60.0
"""A collector reports every 5 s; it may be away this long, while a new version replaces it."""
_LOSS_REPORTS = 1_500
"""The most reports of one agent about its own losses that are kept: it sends one a minute."""
_NAMED = 5
_NAME_CHARACTERS = 80


class Minutes:
    """The minutes in which events came, one bit each."""

    def __init__(self, length: int) -> None:
        """The last *length* minutes."""
        self._mask = (1 << length) - 1
        self._length = length
        self._bits = 0
        self._last = 0

    def add(self, minute: int) -> None:
        """An event came in *minute*."""
        ahead = minute - self._last
        if ahead == 0 and self._bits:
            return
        if ahead > 0:
            self._bits = (self._bits << ahead & self._mask) | 1 if self._bits and ahead < self._length else 1
            self._last = minute
        elif -ahead < self._length:
            self._bits |= 1 << -ahead

    @property
    def longest_gap(self) -> int:
        """The longest run of minutes without an event, between two minutes with one."""
        return max(map(len, f"{self._bits:b}".strip("0").split("1")), default=0)


class Node:
    """One node."""

    __slots__ = ("collector_ms", "dropped", "events", "first_ms", "last_ms", "minutes", "throttled")

    def __init__(self, minutes: int, now_ms: int) -> None:
        self.first_ms = now_ms
        """When the node was first known."""
        self.last_ms = 0
        """When its last event came; 0 if none did."""
        self.events = 0
        self.minutes = Minutes(minutes)
        self.collector_ms = 0
        """When the collector that is bound to it last reported; 0 if there is none."""
        self.dropped: deque[tuple[int, int]] = deque(maxlen=_LOSS_REPORTS)
        """Times, and the number of events that the agent reported then as dropped by its rate limit."""
        self.throttled: deque[int] = deque(maxlen=_LOSS_REPORTS)
        """Times at which the agent began to leave out the events of a cgroup."""


class SilentNode(Struct, frozen=True):
    """A node that stopped."""

    node: str
    quiet_s: float
    """Since its last event, or since the node was first known."""
    why: str
    """In words."""


class Nodes:
    """All nodes; times are milliseconds since 1970 of this gateway's clock."""

    def __init__(self, window_ms: int, silent_s: float) -> None:
        """A node is forgotten after *window_ms*; it is not called silent before *silent_s*."""
        self._window_ms = window_ms
        self._minutes = window_ms // _MINUTE_MS + 1
        self._silent_s = silent_s
        self._nodes: dict[str, Node] = {}
        self._readings: deque[tuple[int, dict[str, int]]] = deque(maxlen=_READINGS)
        self._outage_ms = 0
        """The last time at which no event could arrive."""

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        return iter(self._nodes.items())

    def __len__(self) -> int:
        return len(self._nodes)

    def find(self, name: str) -> Node | None:
        """The node of this name."""
        return self._nodes.get(name)

    def add(self, name: str, came_ms: int, minute: int) -> Node:
        """An event of the node came at *came_ms*; it happened in *minute*."""
        node = self._node(name, came_ms)
        node.events += 1
        node.last_ms = max(node.last_ms, came_ms)
        node.minutes.add(minute)
        return node

    def collector_reported(self, name: str, now_ms: int) -> None:
        """The collector that is bound to this node reported."""
        self._node(name, now_ms).collector_ms = now_ms

    def outage(self, now_ms: int) -> None:
        """No event can arrive now, so that a node without events is not silent."""
        self._outage_ms = now_ms

    def tick(self, now_s: int) -> None:
        """About once a second: remember the counts, and forget nodes that left the window."""
        if self._readings and now_s - self._readings[-1][0] < _READING_S:
            return
        before = now_s * MS_PER_S - self._window_ms
        gone = [name for name, node in self._nodes.items() if _known_ms(node) < before]
        for name in gone:
            del self._nodes[name]
        self._readings.append((now_s, {name: node.events for name, node in self._nodes.items()}))

    def rate(self, name: str, now_s: float) -> float | None:
        """Events a second, of the last seconds; ``None`` if it is not known yet."""
        node = self._nodes.get(name)
        if node is None or not self._readings:
            return None
        at, counts = self._readings[0]
        return (node.events - counts.get(name, 0)) / (now_s - at) if now_s - at >= 1 else None

    def silent(self, now_ms: int) -> list[SilentNode]:
        """The nodes that stopped, by name."""
        checked = (self._check(name, node, now_ms) for name, node in self._nodes.items())
        return sorted((node for node in checked if node is not None), key=lambda node: node.node)

    def _check(self, name: str, node: Node, now_ms: int) -> SilentNode | None:
        last_ms = node.last_ms or node.first_ms
        quiet_s = (now_ms - last_ms) / MS_PER_S
        counted_s = (now_ms - max(last_ms, self._outage_ms)) / MS_PER_S  # an outage of the pipeline does not count
        if node.collector_ms:
            away_s = (now_ms - max(node.collector_ms, self._outage_ms)) / MS_PER_S
            if away_s > _COLLECTOR_S and counted_s > _COLLECTOR_S:
                return SilentNode(name, quiet_s, f"its collector has not reported for {duration(away_s)}")
        if counted_s <= self._silent_s:
            return None
        gap = node.minutes.longest_gap  # two events of neighbouring minutes show no pause
        if gap and counted_s <= min(2 * (gap + 1) * 60.0, _MOST_QUIET_S):
            return None
        if not node.last_ms:
            return SilentNode(name, quiet_s, f"its collector reports, but no event has come for {duration(quiet_s)}")
        return SilentNode(name, quiet_s, f"no event has come from it for {duration(quiet_s)}")

    def _node(self, name: str, now_ms: int) -> Node:
        node = self._nodes.get(name)
        if node is None:
            if len(self._nodes) >= _MOST:
                del self._nodes[min(self._nodes, key=lambda known: _known_ms(self._nodes[known]))]
            node = self._nodes[name] = Node(self._minutes, now_ms)
        return node


def summary(silent: list[SilentNode]) -> str:
    """The nodes that stopped, in a sentence; empty if there are none."""
    if not silent:
        return ""
    if len(silent) == 1:
        return f"node {_short(silent[0].node)} is silent: {silent[0].why}"
    names = ", ".join(_short(node.node) for node in silent[:_NAMED])
    more = f" and {len(silent) - _NAMED:,} more" if len(silent) > _NAMED else ""
    return f"{len(silent):,} nodes are silent: {names}{more}"


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def _known_ms(node: Node) -> int:
    return max(node.last_ms, node.collector_ms)


def _short(name: str) -> str:
    return truncate(name, _NAME_CHARACTERS)

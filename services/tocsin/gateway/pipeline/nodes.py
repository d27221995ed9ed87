"""The nodes that events come from: when each was last heard, how often, and which of them have stopped."""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from tocsin.model.text import truncate
from tocsin.model.timestamps import MS_PER_S

_MOST = 5_000
"""Nodes that are remembered: as many as one cluster has at most."""
_LOOK_S = 5
_LOOKS = 3
_MINUTE_MS = 60_000
_MOST_QUIET_S = 3_600.0
"""However seldom a node sends, after so long it counts as silent."""
_COLLECTOR_S = 60.0
"""A collector tells of itself every 5 s; so long it may be away, to be replaced by a new version."""
_TOLD = 1_500
"""Reports of an agent about its own losses that are kept: it tells them once a minute."""
_NAMED = 5
_NAME_CHARACTERS = 80


class Minutes:
    """The minutes in which something came, one bit each."""

    def __init__(self, length: int) -> None:
        """The last *length* minutes."""
        self._mask = (1 << length) - 1
        self._length = length
        self._bits = 0
        self._last = 0

    def add(self, minute: int) -> None:
        """Something came in *minute*."""
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
        """The most minutes in a row, between two in which something came, in which nothing did."""
        return max(map(len, f"{self._bits:b}".strip("0").split("1")), default=0)


class Node:
    """One node."""

    __slots__ = ("collector_ms", "dropped", "events", "first_ms", "last_ms", "minutes", "throttled")

    def __init__(self, minutes: int, now_ms: int) -> None:
        self.first_ms = now_ms
        """When it was first heard of."""
        self.last_ms = 0
        """When its last event came; 0 where none did."""
        self.events = 0
        self.minutes = Minutes(minutes)
        self.collector_ms = 0
        """When the collector that is bound to it told of itself last; 0 where there is none."""
        self.dropped: deque[tuple[int, int]] = deque(maxlen=_TOLD)
        """Time, and how many events its agent then said that its rate limit had dropped."""
        self.throttled: deque[int] = deque(maxlen=_TOLD)
        """Times at which its agent began to leave out the events of some cgroup."""


class Silent(Struct, frozen=True):
    """A node that has stopped."""

    node: str
    quiet_s: float
    """Since its last event, or since it was first heard of."""
    why: str
    """In words."""


class Nodes:
    """All of them; times are milliseconds since 1970 of this gateway's clock."""

    def __init__(self, window_ms: int, silent_s: float) -> None:
        """A node is forgotten after *window_ms*; before *silent_s* it is not called silent."""
        self._window_ms = window_ms
        self._minutes = window_ms // _MINUTE_MS + 1
        self._silent_s = silent_s
        self._nodes: dict[str, Node] = {}
        self._looks: deque[tuple[int, dict[str, int]]] = deque(maxlen=_LOOKS)
        self._blind_ms = 0
        """Until then nobody could be heard."""

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        return iter(self._nodes.items())

    def __len__(self) -> int:
        return len(self._nodes)

    def find(self, name: str) -> Node | None:
        """The node of this name."""
        return self._nodes.get(name)

    def add(self, name: str, came_ms: int, minute: int) -> Node:
        """An event of the node *name* came at *came_ms*; it happened in *minute*."""
        node = self._node(name, came_ms)
        node.events += 1
        node.last_ms = max(node.last_ms, came_ms)
        node.minutes.add(minute)
        return node

    def hear_collector(self, name: str, now_ms: int) -> None:
        """The collector that is bound to this node tells of itself."""
        self._node(name, now_ms).collector_ms = now_ms

    def blind(self, now_ms: int) -> None:
        """Nothing can be heard now: who says nothing is not silent."""
        self._blind_ms = now_ms

    def look(self, now_s: int) -> None:
        """Once a second or so: remember the counts, forget who is long gone."""
        if self._looks and now_s - self._looks[-1][0] < _LOOK_S:
            return
        before = now_s * MS_PER_S - self._window_ms
        gone = [name for name, node in self._nodes.items() if _heard_ms(node) < before]
        for name in gone:
            del self._nodes[name]
        self._looks.append((now_s, {name: node.events for name, node in self._nodes.items()}))

    def rate(self, name: str, now_s: float) -> float | None:
        """Events a second, of the last seconds; ``None`` where it is not known yet."""
        node = self._nodes.get(name)
        if node is None or not self._looks:
            return None
        at, counts = self._looks[0]
        return (node.events - counts.get(name, 0)) / (now_s - at) if now_s - at >= 1 else None

    def silent(self, now_ms: int) -> list[Silent]:
        """Those that have stopped, by name."""
        found = (self._judged(name, node, now_ms) for name, node in self._nodes.items())
        return sorted((one for one in found if one is not None), key=lambda one: one.node)

    def _judged(self, name: str, node: Node, now_ms: int) -> Silent | None:
        last_ms = node.last_ms or node.first_ms
        quiet_s = (now_ms - last_ms) / MS_PER_S
        heard_s = (now_ms - max(last_ms, self._blind_ms)) / MS_PER_S
        if node.collector_ms:
            away_s = (now_ms - max(node.collector_ms, self._blind_ms)) / MS_PER_S
            if away_s > _COLLECTOR_S and heard_s > _COLLECTOR_S:
                return Silent(name, quiet_s, f"its collector has not reported for {span(away_s)}")
        if heard_s <= self._silent_s:
            return None
        gap = node.minutes.longest_gap  # two events of neighbouring minutes show no pause
        if gap and heard_s <= min(2 * (gap + 1) * 60.0, _MOST_QUIET_S):
            return None
        if not node.last_ms:
            return Silent(name, quiet_s, f"its collector reports, but no event has come for {span(quiet_s)}")
        return Silent(name, quiet_s, f"nothing has come from it for {span(quiet_s)}")

    def _node(self, name: str, now_ms: int) -> Node:
        node = self._nodes.get(name)
        if node is None:
            if len(self._nodes) >= _MOST:
                del self._nodes[min(self._nodes, key=lambda own: _heard_ms(self._nodes[own]))]
            node = self._nodes[name] = Node(self._minutes, now_ms)
        return node


def words(silent: list[Silent]) -> str:
    """Who has stopped, in a sentence; empty where nobody has."""
    if not silent:
        return ""
    if len(silent) == 1:
        return f"node {_shown(silent[0].node)} is silent: {silent[0].why}"
    names = ", ".join(_shown(one.node) for one in silent[:_NAMED])
    more = f" and {len(silent) - _NAMED:,} more" if len(silent) > _NAMED else ""
    return f"{len(silent):,} nodes are silent: {names}{more}"


def span(seconds: float) -> str:
    """``45 s``, ``12 min``, ``5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def _heard_ms(node: Node) -> int:
    return max(node.last_ms, node.collector_ms)


def _shown(name: str) -> str:
    return truncate(name, _NAME_CHARACTERS)

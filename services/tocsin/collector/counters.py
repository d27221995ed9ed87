"""Parses Tetragon's metrics for the counters of lost events; other lines may come from anyone."""

import re
from collections.abc import Iterator

from msgspec import Struct

_MOST = 10**15
"""Larger numbers are cut to this one."""
_LINE_BYTES = 16 << 10
_NODE_CHARACTERS = 256
_NODE_LINES = 1_000
"""Lines that are searched for the node's name: one of the first contains it, or none does."""
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*", re.ASCII)
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)', re.ASCII)
_EXPORTED = "tetragon_events_exported_total"
_THROTTLES = "tetragon_cgroup_rate_total"
_NAMING = "tetragon_events_total"
_PLACES = {
    "tetragon_bpf_missed_events_total": ("ring_buffer", "kernel"),
    "tetragon_missed_events_total": ("ring_buffer", "kernel"),
    "tetragon_observer_ringbuf_events_lost_total": ("ring_buffer", "reader"),
    "tetragon_ringbuf_perf_event_lost_total": ("ring_buffer", "reader"),
    "tetragon_observer_ringbuf_queue_events_lost_total": ("queue", ""),
    "tetragon_notify_overflowed_events_total": ("listener", ""),
    "tetragon_export_ratelimit_events_dropped_total": ("rate_limit", ""),
    "tetragon_missed_prog_probes_total": ("probe", ""),
    "tetragon_missed_link_probes_total": ("probe", ""),
}
"""Metric to the place of the loss and the counting side; if both sides count a place, the larger number is used."""
PLACES = tuple(dict.fromkeys(place for place, _ in _PLACES.values()))


class Counters(Struct, frozen=True, kw_only=True):
    """The counters of one agent since its start."""

    exported: int | None
    """Events written to its export file; ``None`` if unknown."""
    lost: dict[str, int]
    """Lost events by place, one of `PLACES`."""
    throttled: int
    """Number of times it began to throttle the events of a cgroup."""
    node: str
    """Its name of the node; empty if unknown."""


class CountersParser:
    """Parses one answer of an agent in chunks; only the counters stay in memory."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False
        """Whether the current line is too long."""
        self._lost: dict[tuple[str, str], int] = {}
        self._exported: int | None = None
        self._throttled = 0
        self._node = ""
        self._node_lines = 0

    def feed(self, chunk: bytes) -> None:
        """Parse the next bytes."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            if not self._skipping:
                self._take(line)
            self._skipping = False
        if len(rest) > _LINE_BYTES:
            rest, self._skipping = b"", True
        self._rest = rest

    def counters(self) -> Counters:
        """The counters of the whole answer."""
        if not self._skipping:
            self._take(self._rest)
        self._rest = b""
        lost: dict[str, int] = dict.fromkeys(PLACES, 0)
        for (place, _), n in self._lost.items():
            lost[place] = max(lost[place], n)
        return Counters(exported=self._exported, lost=lost, throttled=self._throttled, node=self._node)

    def _take(self, line: bytes) -> None:
        if not line.startswith(b"tetragon_"):
            return
        name = line.partition(b"{")[0].partition(b" ")[0].decode("ascii", "replace")
        counts = name in _PLACES or name in (_EXPORTED, _THROTTLES)
        names_node = name == _NAMING and not self._node and self._node_lines < _NODE_LINES
        if not counts and not names_node:
            return
        sample = _SAMPLE.fullmatch(line.decode("utf-8", "replace"))
        if sample is not None:
            self._count(name, dict(_labels(sample[2] or "")), _number(sample[3]))

    def _count(self, name: str, labels: dict[str, str], value: int) -> None:
        if name == _NAMING:
            self._node_lines += 1
            self._node = labels.get("node_name", "")[:_NODE_CHARACTERS]
        elif name == _EXPORTED:
            self._exported = (self._exported or 0) + value
        elif name == _THROTTLES:
            self._throttled += value if labels.get("type") == "throttle_start" else 0
        else:
            place = _PLACES[name]
            self._lost[place] = self._lost.get(place, 0) + value


def _labels(text: str) -> Iterator[tuple[str, str]]:
    """Names and values in order, up to the first text that is not a label; a value cannot pass for a label."""
    position = 0
    while position < len(text):
        label = _LABEL.match(text, position)
        if label is None:
            return
        yield label[1], label[2]
        position = label.end()


def _number(text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        return 0
    return int(min(max(value, 0), _MOST)) if value == value else 0

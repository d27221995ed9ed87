"""Finds the strings of an event that a workload or a user may have written, in its bytes. Pure.

All strings are searched except known names, times, ids and kernel numbers, so that fields of newer agents are included.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from tocsin.collector.redaction.json_strings import unescaped

NAMES = frozenset(
    b"exec_id parent_exec_id time start_time docker flags node_name cluster_name function_name policy_name message tags"
    b" action return_action signal subsys event symbol module provider buildid ima_hash address offset ref_ctr_offset"
    b" state protocol family type saddr daddr addr cookie permission abi label labels Message namespace name uid id"
    b" workload workload_kind container number_of_dropped_process_events cgroup inum privileges_changed securebits"
    b" permitted effective inheritable bounding ambient kernel_cap_t_arg cap_inheritable_arg cap_permitted_arg"
    b" cap_effective_arg tainted ProgType ProgName MapType MapName KprobeFunc Type Config ProbeOffset bpf_cmd_arg"
    b" size_arg long_arg orig_size count arg0 arg1 arg2 arg3 caps".split()
)
"""Fields without text of a workload; their values do not change."""
_MAPS_OF_NAMES = frozenset((b"pod_labels", b"node_labels", b"labels"))
_PATHS = frozenset((b"binary", b"cwd", b"path", b"mount"))
_BYTES = frozenset((b"bytes_arg",))
_ENVIRONMENT = {b"Key": "key", b"key": "key", b"Value": "value", b"value": "value"}

_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*)"([ \t\r\n]*+:)?|[{}\[\]]', re.DOTALL)


class EventField(Struct, frozen=True, gc=False):
    """One string of an event to search for secrets."""

    begin: int
    """The offset in the line after its opening quote."""
    end: int
    format: str
    """``text``, ``path`` (each name in it alone), ``bytes`` (base64) or ``value`` (of a variable)."""
    context: bytes = b""
    """The program of these arguments, or the variable of this value; with escapes."""


class _Frame:
    """An open object or list."""

    __slots__ = ("arguments", "binary", "key", "skipped", "variable")

    def __init__(self, key: bytes, *, skipped: bool) -> None:
        self.key = key
        self.skipped = skipped
        self.binary = b""
        self.arguments: tuple[int, int] | None = None
        self.variable: dict[str, tuple[int, int]] | None = None


def event_fields(line: bytes) -> Iterator[EventField]:
    """The strings of *line*, an event; for other bytes, all that look like strings."""
    frames = [_Frame(b"", skipped=False)]
    frame, key = frames[0], b""
    for token in _TOKEN.finditer(line):
        kind = token.lastindex
        if kind == 2:
            key = token[1] if b"\\" not in token[1] else unescaped(token[1]).plain
        elif kind == 1:
            yield from _string(line, frame, key or frame.key, token.span(1))
            key = b""
        elif line[token.start()] in b"{[":
            inside = key or frame.key
            frame = _Frame(inside, skipped=frame.skipped or inside in _MAPS_OF_NAMES)
            frames.append(frame)
            key = b""
        else:
            yield from _closed(line, frame)
            if len(frames) > 1:
                frames.pop()
            frame, key = frames[-1], b""
    for frame in frames:
        yield from _closed(line, frame)


def _string(line: bytes, frame: _Frame, key: bytes, span: tuple[int, int]) -> Iterator[EventField]:
    begin, end = span
    if frame.skipped or key in NAMES or begin == end:
        return
    if key in _PATHS:
        if key == b"binary":
            frame.binary = line[begin:end]
        yield EventField(begin, end, "path")
    elif key in _BYTES:
        yield EventField(begin, end, "bytes")
    elif key == b"arguments" and frame.arguments is None:
        frame.arguments = span  # kept until the program is known
    elif key in _ENVIRONMENT and (frame.variable is None or _ENVIRONMENT[key] not in frame.variable):
        frame.variable = frame.variable or {}
        frame.variable[_ENVIRONMENT[key]] = span
    else:
        yield EventField(begin, end, "text")


def _closed(line: bytes, frame: _Frame) -> Iterator[EventField]:
    if frame.arguments is not None:
        yield EventField(*frame.arguments, "text", frame.binary)
        frame.arguments = None
    if frame.variable is not None:
        value, name = frame.variable.get("value"), frame.variable.get("key")
        if value is not None:
            yield EventField(*value, "value", b"" if name is None else line[slice(*name)])
        frame.variable = None

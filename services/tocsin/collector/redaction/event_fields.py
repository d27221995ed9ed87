"""The places of an event where a workload's or a user's text stands, found in its bytes. Pure.

Whatever is not known as a name, a time, an id or a number of the kernel is taken for such a text, so that a field of a
newer agent is looked at too.
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
"""Fields that hold no text of a workload; their values stay as they are."""
_MAPS_OF_NAMES = frozenset((b"pod_labels", b"node_labels", b"labels"))
_PATHS = frozenset((b"binary", b"cwd", b"path", b"mount"))
_BYTES = frozenset((b"bytes_arg",))
_ENVIRONMENT = {b"Key": "key", b"key": "key", b"Value": "value", b"value": "value"}

_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*)"([ \t\r\n]*+:)?|[{}\[\]]', re.DOTALL)


class EventField(Struct, frozen=True, gc=False):
    """One string of an event that is to be looked at."""

    begin: int
    """Where its inside begins in the line."""
    end: int
    how: str
    """``text``, ``path`` (each name in it alone), ``bytes`` (base64) or ``value`` (of a variable)."""
    context: bytes = b""
    """The program whose arguments these are, the variable whose value this is; as it is written."""


class _Frame:
    """An object or a list that is open."""

    __slots__ = ("arguments", "binary", "kept", "key", "variable")

    def __init__(self, key: bytes, *, kept: bool) -> None:
        self.key = key
        self.kept = kept
        self.binary = b""
        self.arguments: tuple[int, int] | None = None
        self.variable: dict[str, tuple[int, int]] | None = None


def event_fields(line: bytes) -> Iterator[EventField]:
    """The places of *line*, an event; of bytes that are none, what can be made of them."""
    frames = [_Frame(b"", kept=False)]
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
            frame = _Frame(inside, kept=frame.kept or inside in _MAPS_OF_NAMES)
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
    if frame.kept or key in NAMES or begin == end:
        return
    if key in _PATHS:
        if key == b"binary":
            frame.binary = line[begin:end]
        yield EventField(begin, end, "path")
    elif key in _BYTES:
        yield EventField(begin, end, "bytes")
    elif key == b"arguments" and frame.arguments is None:
        frame.arguments = span  # until it is known which program's
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

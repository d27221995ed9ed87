"""What Tetragon writes: one JSON object a line, of which only the fields needed for judgement are decoded.

Source: cilium/tetragon `api/v1/tetragon/*.proto`, written by protojson: zero values are left out, 64-bit integers are
strings, unknown enum numbers are numbers. Re-encoders write ``null`` and empty values instead; both read as absent.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from tocsin.model.arguments import (
    ABSENT,
    Address,
    Argument,
    File,
    Map,
    Named,
    Number,
    Program,
    Socket,
    Syscall,
    Unsigned,
    integer,
)
from tocsin.model.decode_errors import why_not
from tocsin.model.errors import BadEvent
from tocsin.model.lenient_decode import salvage
from tocsin.model.observation import Container, Image, Observation, Pod, Process, Security

__all__ = (
    "ABSENT", "ENVELOPE_KEYS", "KINDS", "Address", "Argument", "Container", "Event", "File", "Head", "Image", "Map",
    "Named", "Number", "Observation", "Pod", "Process", "Program", "Security", "Socket", "Syscall", "Unsigned",
    "event_key", "integer", "read", "read_head",
)  # fmt: skip


class Event(Struct, frozen=True, gc=False):
    """One line of Tetragon's export, as far as it is decoded."""

    kind: str
    """One of `subjects.EVENT_KINDS`."""
    key: str
    """The event key as written, for example ``process_exec``; also that of an unknown kind."""
    body: Observation
    time: str = ""
    node: str = ""
    cluster: str = ""
    node_labels: Raw = ABSENT


KINDS = {
    "process_exec": "exec",
    "process_exit": "exit",
    "process_kprobe": "kprobe",
    "process_tracepoint": "tracepoint",
    "process_lsm": "lsm",
    "process_uprobe": "uprobe",
    "process_usdt": "usdt",
    "process_loader": "loader",
    "process_throttle": "throttle",
    "rate_limit_info": "rate_limit",
}
"""Event key to kind."""
_KEYS = {kind: key for key, kind in KINDS.items()}

ENVELOPE_KEYS = frozenset({"node_name", "time", "aggregation_info", "cluster_name", "node_labels"})


def event_key(kind: str) -> str:
    """Tetragon's event key of a kind, ``process_exec`` for ``exec``; any other text unchanged."""
    return _KEYS.get(kind, kind)


class _Heads(Struct, frozen=True, gc=False):
    """The envelope with every event left undecoded."""

    process_exec: Raw = ABSENT
    process_exit: Raw = ABSENT
    process_kprobe: Raw = ABSENT
    process_tracepoint: Raw = ABSENT
    process_lsm: Raw = ABSENT
    process_uprobe: Raw = ABSENT
    process_usdt: Raw = ABSENT
    process_loader: Raw = ABSENT
    process_throttle: Raw = ABSENT
    rate_limit_info: Raw = ABSENT
    node_name: str | None = None
    time: str | None = None
    cluster_name: str | None = None
    node_labels: Raw = ABSENT


class _Line(Struct, frozen=True, gc=False):
    """A whole line, decoded at once."""

    process_exec: Observation | None = None
    process_exit: Observation | None = None
    process_kprobe: Observation | None = None
    process_tracepoint: Observation | None = None
    process_lsm: Observation | None = None
    process_uprobe: Observation | None = None
    process_usdt: Observation | None = None
    process_loader: Observation | None = None
    process_throttle: Observation | None = None
    rate_limit_info: Observation | None = None
    node_name: str | None = None
    time: str | None = None
    cluster_name: str | None = None
    node_labels: Raw = ABSENT


class Head(Struct, frozen=True, gc=False):
    """The part of an event that its subject needs."""

    kind: str
    key: str
    body: Raw
    time: str
    node: str
    cluster: str
    node_labels: Raw = ABSENT


_PAIRS = tuple(KINDS.items())
_lines = msgspec.json.Decoder(_Line)
_heads = msgspec.json.Decoder(_Heads)
_keys = msgspec.json.Decoder(dict[str, Raw])
_any = msgspec.json.Decoder()
_observation = msgspec.json.Decoder(Observation)
_NULL = b"null"

_NEEDED = frozenset({
    "process", "process.binary", "process.uid", "process.flags", "process.pod", "process.pod.namespace",
    "function_name", "action", "signal", "subsys", "event",
})  # fmt: skip
"""Fields that judgement needs: a wrong type of one makes the event undecodable; any other such field is left out."""


def read_head(line: bytes) -> Head:
    """The envelope of one line, its event undecoded; `BadEvent` says why it is not one."""
    try:
        if not line.isascii():
            line.decode()
        try:
            heads = _heads.decode(line)
        except msgspec.ValidationError:
            heads = _drifted_heads(line)
        bodies = zip(KINDS, msgspec.structs.astuple(heads), strict=False)  # the kinds are the first fields, in order
        events = [(key, body) for key, body in bodies if body is not ABSENT and _present(body)] or _unknown(line)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadEvent(why_not(line, error)) from error
    if not events:
        raise BadEvent("JSON, but no event: it has none of Tetragon's event keys")
    if len(events) > 1:
        raise BadEvent("two event keys in one line: " + ", ".join(sorted(key[:64] for key, _ in events)))
    key, body = events[0]
    return Head(
        KINDS.get(key, "unknown"),
        key,
        body,
        heads.time or "",
        heads.node_name or "",
        heads.cluster_name or "",
        heads.node_labels,
    )


def _present(body: Raw) -> bool:
    size = len(memoryview(body))
    return size > len(_NULL) or (size > 0 and bytes(body) != _NULL)


def _drifted_heads(line: bytes) -> _Heads:
    """The envelope without the names and times that are not text."""
    bodies = _keys.decode(line)
    texts = {key: _any.decode(bodies[key]) for key in ("node_name", "time", "cluster_name") if key in bodies}
    fields: dict[str, Any] = {key: body for key, body in bodies.items() if key in KINDS or key == "node_labels"}
    fields.update((key, text) for key, text in texts.items() if isinstance(text, str))
    return _Heads(**fields)


def _unknown(line: bytes) -> list[tuple[str, Raw]]:
    """Event keys of a newer agent: each key with an object that is not part of the envelope."""
    return [
        (key, body)
        for key, body in _keys.decode(line).items()
        if key not in ENVELOPE_KEYS and bytes(memoryview(body)[:1]) == b"{"
    ]


def read(line: bytes) -> Event:
    """One line, decoded as far as judgement needs; `BadEvent` says which field is wrong."""
    try:
        if not line.isascii():
            line.decode()
        whole = _lines.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return _read_slowly(line)
    *bodies, node, time, cluster, labels = msgspec.structs.astuple(whole)  # the kinds are the first fields, in order
    if bodies.count(None) != len(bodies) - 1:
        return _read_slowly(line)
    body = next(filter(None, bodies))
    key, kind = _PAIRS[bodies.index(body)]
    return Event(kind, key, body, time or body.time or "", node or "", cluster or "", labels)


def _read_slowly(line: bytes) -> Event:
    """Decode an event that strict decoding refuses: the envelope first, then the fields of its body that fit."""
    head = read_head(line)
    try:
        body = _read_body(head)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadEvent(f"{head.key[:64]}: {why}") from error
    time = head.time or body.time or ""
    return Event(head.kind, head.key, body, time, head.node, head.cluster, head.node_labels)


def _read_body(head: Head) -> Observation:
    try:
        return _observation.decode(head.body)
    except msgspec.ValidationError:
        # an unknown kind passes even if its fields only share the names of known ones
        return salvage(Observation, _any.decode(head.body), _NEEDED if head.kind != "unknown" else frozenset())

"""Processes as an alert tells of them: its own, the one that started it, and where Tetragon knows them those before."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct

from tocsin.gateway.queries.range_schemas import Node
from tocsin.model.text import truncate

CHARACTERS = 1_024
"""Of a process's name and arguments, each."""
_ID_CHARACTERS = 512


class Told(Struct, frozen=True):
    """What one alert says of processes, nearest first."""

    id: str = ""
    own: str = ""
    """Id of the process that did it; empty where there is none."""
    nodes: dict[str, Node] = {}
    """Each process that is described, by its id."""
    ancestors: bool = False
    """Whether the event brought more than the parent."""
    evidence: tuple[str, ...] = ()


class _Process(Struct):
    exec_id: str = ""
    parent_exec_id: str = ""
    binary: str = ""
    arguments: str = ""
    pid: int | None = None
    uid: int | None = None
    start_time: str = ""


class _Event(Struct):
    process: _Process | None = None
    parent: _Process | None = None
    ancestors: list[_Process] = []


class _Alert(Struct):
    id: str = ""
    exec_id: str = ""
    parent_exec_id: str = ""
    process: str = ""
    arguments: str = ""
    pid: int | None = None
    uid: int | None = None
    parent_process: str = ""
    parent_arguments: str = ""
    event: Raw = Raw(b"")
    evidence: tuple[str, ...] = ()


_alerts = msgspec.json.Decoder(_Alert)
_keys = msgspec.json.Decoder(dict[str, Raw])
_events = msgspec.json.Decoder(_Event)


def told(payload: bytes) -> Told:
    """What the alert says; nothing where it is none."""
    try:
        alert = _alerts.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Told()
    event = _event(alert.event)
    described = [
        event.process,
        event.parent,
        *event.ancestors,
        _Process(alert.exec_id, alert.parent_exec_id, alert.process, alert.arguments, alert.pid, alert.uid),
        _Process(alert.parent_exec_id, "", alert.parent_process, alert.parent_arguments),
    ]
    own = alert.exec_id if len(alert.exec_id) <= _ID_CHARACTERS else ""
    return Told(alert.id, own, _nodes(described), bool(event.ancestors), alert.evidence[:10])


def _event(event: Raw) -> _Event:
    """What the event says of processes; nothing where it is none of Tetragon's."""
    try:
        for key, raw in (_keys.decode(event) if event else {}).items():
            if key.startswith("process_"):
                return _events.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _Event()


def _nodes(described: Iterable[_Process | None]) -> dict[str, Node]:
    """The first description of each process; one without a name describes nothing."""
    found: dict[str, Node] = {}
    for own in described:
        if own is not None and own.binary and 0 < len(own.exec_id) <= _ID_CHARACTERS and own.exec_id not in found:
            found[own.exec_id] = Node(
                exec_id=own.exec_id,
                parent_exec_id=_parent(own),
                process=cut(own.binary),
                arguments=cut(own.arguments),
                pid=own.pid,
                uid=own.uid,
                started=own.start_time if len(own.start_time) <= 40 else "",
            )
    return found


def _parent(own: _Process) -> str:
    """What started it; the kernel's own process names itself."""
    known = own.parent_exec_id != own.exec_id and len(own.parent_exec_id) <= _ID_CHARACTERS
    return own.parent_exec_id if known else ""


def cut(text: str) -> str:
    """The text, no longer than a tree shows it."""
    return truncate(text, CHARACTERS)

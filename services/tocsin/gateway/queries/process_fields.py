"""The processes that an alert describes: its own, the parent, and further ancestors if Tetragon knows them."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct

from tocsin.gateway.queries.range_schemas import Node
from tocsin.model.text import truncate

CHARACTERS = 1_024
"""The limit of a process's name, and of its arguments."""
_ID_CHARACTERS = 512


class AlertProcesses(Struct, frozen=True):
    """The processes that one alert describes."""

    id: str = ""
    exec_id: str = ""
    """Id of the alert's own process; empty if there is none."""
    nodes: dict[str, Node] = {}
    """Each process by its id, nearest first."""
    ancestors: bool = False
    """Whether the event describes more ancestors than the parent."""
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


def read(payload: bytes) -> AlertProcesses:
    """The processes of an alert; empty if the payload is not an alert."""
    try:
        alert = _alerts.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return AlertProcesses()
    event = _event(alert.event)
    described = [
        event.process,
        event.parent,
        *event.ancestors,
        _Process(alert.exec_id, alert.parent_exec_id, alert.process, alert.arguments, alert.pid, alert.uid),
        _Process(alert.parent_exec_id, "", alert.parent_process, alert.parent_arguments),
    ]
    exec_id = alert.exec_id if len(alert.exec_id) <= _ID_CHARACTERS else ""
    return AlertProcesses(alert.id, exec_id, _nodes(described), bool(event.ancestors), alert.evidence[:10])


def _event(event: Raw) -> _Event:
    """The processes of an event; empty if it is not an event of Tetragon."""
    try:
        for key, raw in (_keys.decode(event) if event else {}).items():
            if key.startswith("process_"):
                return _events.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _Event()


def _nodes(described: Iterable[_Process | None]) -> dict[str, Node]:
    """The first description of each process; one without a program is skipped."""
    nodes: dict[str, Node] = {}
    for process in described:
        if (
            process is not None
            and process.binary
            and 0 < len(process.exec_id) <= _ID_CHARACTERS
            and process.exec_id not in nodes
        ):
            nodes[process.exec_id] = Node(
                exec_id=process.exec_id,
                parent_exec_id=_parent(process),
                process=cut(process.binary),
                arguments=cut(process.arguments),
                pid=process.pid,
                uid=process.uid,
                started=process.start_time if len(process.start_time) <= 40 else "",
            )
    return nodes


def _parent(process: _Process) -> str:
    """Id of the parent; empty for the kernel's own process, which names itself."""
    known = process.parent_exec_id != process.exec_id and len(process.parent_exec_id) <= _ID_CHARACTERS
    return process.parent_exec_id if known else ""


def cut(text: str) -> str:
    """The text, cut to the length that a tree shows."""
    return truncate(text, CHARACTERS)

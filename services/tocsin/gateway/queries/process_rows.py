"""The rows of processes and of their children, found in the window by the numbers of processes."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from tocsin.gateway.queries.range_schemas import More, NodeAlert
from tocsin.gateway.window.process_links import places
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Block

LISTED = 20
"""Alerts of one process, and children of one, that are listed one by one."""


class ProcessRows(Struct, frozen=True):
    """Rows by the number of a process."""

    own: dict[int, list[Row]]
    children: dict[int, dict[int, list[Row]]]
    """For each process the rows of its children, by the child's number."""


class ProcessAlerts(Struct, frozen=True):
    """The alerts of one process."""

    alerts: list[NodeAlert]
    more: More


class ChildProcess(Struct, frozen=True):
    """A child process, as far as rows show it."""

    number: int
    own: ProcessAlerts
    best_row: Row
    """The row whose alert describes it best."""
    whole: More
    """Its counts, if it is not listed after all."""


class ProcessFamily(Struct, frozen=True):
    """A process and its children."""

    own: ProcessAlerts
    children: list[ChildProcess]
    """The worst first, then the newest."""
    folded: More
    """The others."""


def find(blocks: Sequence[Block], processes: Iterable[int]) -> ProcessRows:
    """The rows of these processes and of their children."""
    numbers = {number for number in processes if number}
    own: dict[int, list[Row]] = {number: [] for number in numbers}
    children: dict[int, dict[int, list[Row]]] = {number: {} for number in numbers}
    for block in blocks:
        links = block.links
        for number in numbers.intersection(links.own):
            own[number] += [block.rows[place] for place in places(links.own, number, block.start)]
        for number in numbers.intersection(links.parent):
            for place in places(links.parent, number, block.start):
                child = links.own[place]
                if child and child not in numbers:
                    children[number].setdefault(child, []).append(block.rows[place])
    return ProcessRows(own, children)


def best_row(blocks: Sequence[Block], number: int) -> Row | None:
    """The row whose alert describes a process best: that of its start if there is one, else the newest."""
    return max(find(blocks, [number]).own.get(number, ()), key=_description_order, default=None)


def families(blocks: Sequence[Block], numbers: Sequence[int], limit: int) -> list[ProcessFamily]:
    """Each process with its children: at most *limit* children in all, those of the first processes first."""
    rows, result = find(blocks, numbers), []
    for number in numbers:
        ordered = sorted(rows.children.get(number, {}).items(), key=lambda item: min(_worst(row) for row in item[1]))
        listed = min(LISTED, limit)
        rest = [row for _, child_rows in ordered[listed:] for row in child_rows]
        children = [_child(child, child_rows) for child, child_rows in ordered[:listed]]
        limit -= len(children)
        result.append(ProcessFamily(_own(rows.own.get(number, ())), children, _folded(len(ordered[listed:]), rest)))
    return result


def both(one: More, other: More) -> More:
    """The sum."""
    return More(alerts=one.alerts + other.alerts, high=one.high + other.high, processes=one.processes + other.processes)


def _child(number: int, rows: Sequence[Row]) -> ChildProcess:
    return ChildProcess(number, _own(rows), max(rows, key=_description_order), _folded(1, rows))


def _own(rows: Sequence[Row]) -> ProcessAlerts:
    ordered = sorted(rows, key=_worst)
    alerts = [
        NodeAlert(id=row.id, severity=row.shape.severity, title=row.shape.title, t=row.t) for row in ordered[:LISTED]
    ]
    return ProcessAlerts(alerts, _folded(0, ordered[LISTED:]))


def _folded(processes: int, rows: Sequence[Row]) -> More:
    """What is counted and not listed."""
    return More(alerts=len(rows), high=sum(row.shape.urgent for row in rows), processes=processes)


def _description_order(row: Row) -> tuple[bool, int]:
    return row.shape.kind == "exec", row.seq


def _worst(row: Row) -> tuple[int, int, int]:
    return row.shape.index, -row.t, -row.seq

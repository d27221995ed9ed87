"""Which rows are of a process or of what it started: found in the window by the numbers of processes."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from tocsin.gateway.queries.range_schemas import More, NodeAlert
from tocsin.gateway.window.process_links import places
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.window import Block

LISTED = 20
"""Alerts of one process, and children of one, that are told one by one."""


class ProcessRows(Struct, frozen=True):
    """Rows by the number of a process."""

    own: dict[int, list[Row]]
    children: dict[int, dict[int, list[Row]]]
    """For each process the rows of what it started, by the number of that."""


class ProcessAlerts(Struct, frozen=True):
    """The alerts of one process."""

    alerts: list[NodeAlert]
    more: More


class ChildProcess(Struct, frozen=True):
    """A process that another one started, as far as rows tell of it."""

    number: int
    own: ProcessAlerts
    teller: Row
    """Of its rows that whose alert tells of it best."""
    whole: More
    """What is folded where it is not told of after all."""


class ProcessFamily(Struct, frozen=True):
    """A process and what it started."""

    own: ProcessAlerts
    children: list[ChildProcess]
    """The worst, of equals the newest."""
    folded: More
    """The others."""


def find(blocks: Sequence[Block], wanted: Iterable[int]) -> ProcessRows:
    """The rows of the *wanted* processes and of those that they started."""
    numbers = {number for number in wanted if number}
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


def holds(blocks: Sequence[Block], number: int) -> Row | None:
    """The newest row of a process, that tells of it best: of its start where there is one."""
    found: Row | None = None
    for row in find(blocks, [number]).own.get(number, ()):
        if found is None or _telling(row) > _telling(found):
            found = row
    return found


def around(blocks: Sequence[Block], wanted: Sequence[int], room: int) -> list[ProcessFamily]:
    """Each of the *wanted* processes with what it started: at most *room* children in all, the first ones' first."""
    found, result = find(blocks, wanted), []
    for number in wanted:
        ordered = sorted(found.children.get(number, {}).items(), key=lambda item: min(_worst(row) for row in item[1]))
        limit = min(LISTED, room)
        rest = [row for _, rows in ordered[limit:] for row in rows]
        children = [_child(child, rows) for child, rows in ordered[:limit]]
        room -= len(children)
        result.append(ProcessFamily(_own(found.own.get(number, ())), children, _folded(len(ordered[limit:]), rest)))
    return result


def both(one: More, other: More) -> More:
    """All of it."""
    return More(alerts=one.alerts + other.alerts, high=one.high + other.high, processes=one.processes + other.processes)


def _child(number: int, rows: Sequence[Row]) -> ChildProcess:
    return ChildProcess(number, _own(rows), max(rows, key=_telling), _folded(1, rows))


def _own(rows: Sequence[Row]) -> ProcessAlerts:
    ordered = sorted(rows, key=_worst)
    alerts = [
        NodeAlert(id=row.id, severity=row.shape.severity, title=row.shape.title, t=row.t) for row in ordered[:LISTED]
    ]
    return ProcessAlerts(alerts, _folded(0, ordered[LISTED:]))


def _folded(processes: int, rows: Sequence[Row]) -> More:
    """What is counted and not told."""
    return More(alerts=len(rows), high=sum(row.shape.urgent for row in rows), processes=processes)


def _telling(row: Row) -> tuple[bool, int]:
    return row.shape.kind == "exec", row.seq


def _worst(row: Row) -> tuple[int, int, int]:
    return row.shape.index, -row.t, -row.seq

"""The process tree around an alert: its ancestors as far as known, and what each of them started."""

import msgspec

from tocsin.bus import Bus, streams
from tocsin.gateway.queries import alert, process_fields, process_rows
from tocsin.gateway.queries.process_fields import AlertProcesses
from tocsin.gateway.queries.process_rows import ChildProcess
from tocsin.gateway.queries.range_schemas import AncestryAnswer, Node
from tocsin.gateway.window.process_links import number
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.store import AlertStore
from tocsin.model.errors import BusError, Gone

_LEVELS = 32
"""The chain of ancestors ends here; no real tree is deeper."""
_CHILDREN = 64
"""Child processes whose alert is read, over the whole tree."""
_BYTES = 16 << 20
"""The size limit of all alerts that are read for one tree."""

_encode = msgspec.json.Encoder().encode


async def answer(bus: Bus, store: AlertStore, id: str, seq: int) -> bytes:
    """The JSON of an `AncestryAnswer`."""
    tree = _Tree(bus, store, await _first(bus, store, id, seq))
    with store.search.slot("request"):
        await tree.climb()
        await tree.add_children()
    return _encode(tree.answer())


async def _first(bus: Bus, store: AlertStore, id: str, seq: int) -> AlertProcesses:
    """The processes of the alert; for a correlation, those of the newest alert of its evidence."""
    processes = process_fields.read(await alert.alert(bus, store, id, seq))
    if processes.exec_id:
        return processes
    rows = [row for other in processes.evidence if (row := store.window.find(other)) is not None]
    for row in sorted(rows, key=lambda row: -row.t):
        try:
            of_evidence = process_fields.read((await bus.message(streams.ALERTS, row.seq)).payload)
        except Gone:
            continue
        if of_evidence.exec_id:
            return of_evidence
    return processes


class _Tree:
    """A tree that is being built."""

    def __init__(self, bus: Bus, store: AlertStore, first: AlertProcesses) -> None:
        self._bus = bus
        self._store = store
        self._first = first
        self._known = dict(first.nodes)
        """Every process that an alert described, by its id."""
        self._chain: list[Node] = []
        """From the alert's process upwards."""
        self._children: list[Node] = []
        self._free_bytes = _BYTES

    async def climb(self) -> None:
        """Follow the parents up to one that is not known."""
        id = self._first.exec_id
        while id and len(self._chain) < _LEVELS and all(node.exec_id != id for node in self._chain):
            node = self._known.get(id)
            if node is None or not node.parent_exec_id:
                node = await self._from_window(id)
            self._chain.append(node or Node(exec_id=id, recorded=False))
            id = self._chain[-1].parent_exec_id
        if self._chain:
            self._chain[0].this = True

    async def _from_window(self, id: str) -> Node | None:
        """The process as its newest alert in the window describes it."""
        row = await self._store.search.scan(lambda blocks: process_rows.best_row(blocks, number(id)))
        if row is not None:
            for other, node in (await self._read(row)).nodes.items():
                if other not in self._known or not self._known[other].parent_exec_id:
                    self._known[other] = node
        return self._known.get(id)

    async def add_children(self) -> None:
        """Add the alerts of the chain and the other children of its processes, those nearest to the alert first."""
        numbers = [number(node.exec_id) for node in self._chain]
        families = await self._store.search.scan(lambda blocks: process_rows.families(blocks, numbers, _CHILDREN))
        for node, family in zip(self._chain, families, strict=True):
            node.alerts, node.more, node.folded = family.own.alerts, family.own.more, family.folded
            for child in family.children:
                child_node = await self._child(node, child)
                if child_node is None:
                    node.folded = process_rows.both(node.folded, child.whole)
                else:
                    self._children.append(child_node)

    async def _child(self, parent: Node, child: ChildProcess) -> Node | None:
        """The child as its alert describes it; ``None`` if that names another parent."""
        processes = await self._read(child.best_row)
        node = processes.nodes.get(processes.exec_id)
        if node is None or number(processes.exec_id) != child.number or node.parent_exec_id != parent.exec_id:
            return None
        node.alerts, node.more = child.own.alerts, child.own.more
        return node

    async def _read(self, row: Row) -> AlertProcesses:
        """The processes of the row's alert; empty if it cannot be read, or the size limit is reached."""
        if self._free_bytes <= 0:
            return AlertProcesses()
        try:
            stored = await self._bus.message(streams.ALERTS, row.seq)
        except Gone:
            return AlertProcesses()
        except BusError:
            self._free_bytes = 0  # it would not answer the next query either
            return AlertProcesses()
        self._free_bytes -= len(stored.payload)
        return process_fields.read(stored.payload)

    def answer(self) -> AncestryAnswer:
        """The tree, from the top down."""
        return AncestryAnswer(
            nodes=[*reversed(self._chain), *self._children],
            root=self._chain[-1].exec_id if self._chain else "",
            source="event" if self._first.ancestors else "window",
        )

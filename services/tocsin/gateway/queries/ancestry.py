"""The tree of processes around an alert: upwards as far as anything tells, and what each of those started."""

import msgspec

from tocsin.bus import Bus, streams
from tocsin.gateway.queries import alert, process_fields, process_rows
from tocsin.gateway.queries.process_fields import Told
from tocsin.gateway.queries.process_rows import ChildProcess
from tocsin.gateway.queries.range_schemas import AncestryAnswer, Node
from tocsin.gateway.window.process_links import number
from tocsin.gateway.window.rows import Row
from tocsin.gateway.window.store import AlertStore
from tocsin.model.errors import BusError, Gone

_LEVELS = 32
"""A chain is followed no further; no tree of processes is so deep but one that somebody made."""
_CHILDREN = 64
"""Children of which the alert is read, over the whole tree."""
_BYTES = 16 << 20
"""All alerts that are read for one tree, at most."""

_encode = msgspec.json.Encoder().encode


async def answer(bus: Bus, store: AlertStore, id: str, seq: int) -> bytes:
    """The JSON of an `AncestryAnswer`."""
    tree = _Tree(bus, store, await _first(bus, store, id, seq))
    with store.search.slot("request"):
        await tree.climb()
        await tree.look_around()
    return _encode(tree.answer())


async def _first(bus: Bus, store: AlertStore, id: str, seq: int) -> Told:
    """What the alert says; of a correlation, what the newest alert says that it rests on."""
    told = process_fields.told(await alert.alert(bus, store, id, seq))
    if told.own:
        return told
    rows = [row for one in told.evidence if (row := store.window.find(one)) is not None]
    for row in sorted(rows, key=lambda row: -row.t):
        try:
            found = process_fields.told((await bus.message(streams.ALERTS, row.seq)).payload)
        except Gone:
            continue
        if found.own:
            return found
    return told


class _Tree:
    """A tree that is being made."""

    def __init__(self, bus: Bus, store: AlertStore, first: Told) -> None:
        self._bus = bus
        self._store = store
        self._first = first
        self._known = dict(first.nodes)
        """Every process that something described."""
        self._chain: list[Node] = []
        """From the process itself upwards."""
        self._children: list[Node] = []
        self._room = _BYTES

    async def climb(self) -> None:
        """Follow the parents; each is the process of that id, or there is none."""
        id = self._first.own
        while id and len(self._chain) < _LEVELS and all(node.exec_id != id for node in self._chain):
            node = self._known.get(id)
            if node is None or not node.parent_exec_id:
                node = await self._described(id)
            self._chain.append(node or Node(exec_id=id, recorded=False))
            id = self._chain[-1].parent_exec_id
        if self._chain:
            self._chain[0].this = True

    async def _described(self, id: str) -> Node | None:
        """The process as its newest alert in the window describes it."""
        row = await self._store.search.scan(lambda blocks: process_rows.holds(blocks, number(id)))
        if row is not None:
            told = await self._told(row)
            for one, node in told.nodes.items():
                if one not in self._known or not self._known[one].parent_exec_id:
                    self._known[one] = node
        return self._known.get(id)

    async def look_around(self) -> None:
        """Every alert of the chain, and what else its processes started, those nearest to the alert first."""
        wanted = [number(node.exec_id) for node in self._chain]
        found = await self._store.search.scan(lambda blocks: process_rows.around(blocks, wanted, _CHILDREN))
        for node, own in zip(self._chain, found, strict=True):
            node.alerts, node.more, node.folded = own.own.alerts, own.own.more, own.folded
            for child in own.children:
                told = await self._child(node, child)
                if told is None:
                    node.folded = process_rows.both(node.folded, child.whole)
                else:
                    self._children.append(told)

    async def _child(self, parent: Node, child: ChildProcess) -> Node | None:
        """The process as its alert tells of it, where that says that it is the parent's."""
        told = await self._told(child.teller)
        node = told.nodes.get(told.own)
        if node is None or number(told.own) != child.number or node.parent_exec_id != parent.exec_id:
            return None
        node.alerts, node.more = child.own.alerts, child.own.more
        return node

    async def _told(self, row: Row) -> Told:
        """What the row's alert says; nothing where it cannot be had, or too much was read already."""
        if self._room <= 0:
            return Told()
        try:
            stored = await self._bus.message(streams.ALERTS, row.seq)
        except Gone:
            return Told()
        except BusError:
            self._room = 0  # it would not answer the next question either
            return Told()
        self._room -= len(stored.payload)
        return process_fields.told(stored.payload)

    def answer(self) -> AncestryAnswer:
        """The tree, from the top down."""
        return AncestryAnswer(
            nodes=[*reversed(self._chain), *self._children],
            root=self._chain[-1].exec_id if self._chain else "",
            source="event" if self._first.ancestors else "window",
        )

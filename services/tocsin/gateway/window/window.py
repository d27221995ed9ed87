"""The live window: the newest rows of each severity, so that a flood of one severity evicts no other."""

import bisect
import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator

from tocsin.gateway.window.process_links import Links
from tocsin.gateway.window.rows import Row, SharedFields, newest_first
from tocsin.gateway.window.severities import SEVERITIES
from tocsin.model.timestamps import MS_PER_S

_ROWS = 256
_REMEMBERED = 10_000
_ROW_BUDGET = 740
"""Bytes of memory for each row; ordinary ones need half of it."""

_NEVER = 1 << 62

Match = Callable[[Row], bool]


class Block:
    """Consecutive rows and the range of their times, so that a scan can skip most blocks."""

    __slots__ = ("links", "max_t", "min_t", "rows", "start")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.links = Links()
        """The processes of each row."""
        self.start = 0
        """Rows before this one are evicted."""
        self.max_t = 0
        self.min_t = _NEVER


class Ids:
    """Finds alerts by id: the rows in the window, and the sequences of those that left it recently."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._left: OrderedDict[str, int] = OrderedDict()

    def add(self, row: Row) -> None:
        """Add a row; of two with the same id the later one is found."""
        self._rows[row.id] = row

    def drop(self, row: Row) -> None:
        """The row leaves the window."""
        if self._rows.get(row.id) is row:
            del self._rows[row.id]
            self._left[row.id] = row.seq
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)

    def row(self, id: str) -> Row | None:
        """The row of this id."""
        return self._rows.get(id)

    def left(self, id: str) -> int | None:
        """The sequence of a row that left the window."""
        return self._left.get(id)


class Lane:
    """The rows of one severity, in the order of the stream."""

    def __init__(self, limit: int, ids: Ids) -> None:
        """At most *limit* rows, fewer if hostile texts make them large; *ids* is kept up to date."""
        self._limit = limit
        self._ids = ids
        self._budget = limit * _ROW_BUDGET
        self._blocks: deque[Block] = deque()
        self._size = 0
        self.shapes: Counter[SharedFields] = Counter()
        """How many rows there are of each shape."""
        self.floor = 0
        """The last sequence that was evicted: every alert of this severity above it is here."""
        self.since_ms = 0
        """Every alert of this severity from this time on is here; 0 if none ever left."""

    def __len__(self) -> int:
        return self._size

    @property
    def blocks(self) -> Iterable[Block]:
        """Oldest first."""
        return self._blocks

    def add(self, row: Row, exec_id: str = "", parent: str = "") -> None:
        """Append the row, which must follow all others in the stream, with its process and the parent of that."""
        if not self._blocks or len(self._blocks[-1].rows) >= _ROWS:
            self._blocks.append(Block())
        block = self._blocks[-1]
        block.rows.append(row)
        block.links.add(exec_id, parent)
        block.max_t = max(block.max_t, row.t)
        block.min_t = min(block.min_t, row.t)
        self._size += 1
        self._ids.add(row)
        self._budget -= row.cost
        known = self.shapes[row.shape]
        self.shapes[row.shape] = known + 1
        if not known:
            self._budget -= row.shape.cost
        while self._size > self._limit or self._budget < 0:
            self._evict()

    def evict(self, *, below_seq: int, before_ms: int) -> None:
        """Drop the oldest rows, as long as they are below *below_seq* or arrived before *before_ms*."""
        while (oldest := self.oldest) is not None and (
            oldest.seq < below_seq or oldest.t + oldest.late_s * MS_PER_S < before_ms
        ):
            self._evict()

    @property
    def oldest(self) -> Row | None:
        """The row that is evicted next."""
        return self._blocks[0].rows[self._blocks[0].start] if self._blocks else None

    def after(self, seq: int) -> list[Row]:
        """The rows above *seq*, in the order of the stream."""
        parts: list[list[Row]] = []
        for block in reversed(self._blocks):
            first = bisect.bisect_right(block.rows, seq, lo=block.start, key=_seq)
            parts.append(block.rows[first:])
            if first > block.start:
                break
        return [row for part in reversed(parts) for row in part]

    def __iter__(self) -> Iterator[Row]:
        for block in self._blocks:
            yield from block.rows[block.start :]

    def _evict(self) -> None:
        block = self._blocks[0]
        row = block.rows[block.start]
        block.start += 1
        if block.start == len(block.rows):
            self._blocks.popleft()
        self._size -= 1
        self._ids.drop(row)
        self.floor = row.seq
        self.since_ms = max(self.since_ms, row.t + 1)
        self._budget += row.cost
        if self.shapes[row.shape] > 1:
            self.shapes[row.shape] -= 1
        else:
            del self.shapes[row.shape]
            self._budget += row.shape.cost


class Window:
    """All severities together."""

    def __init__(self, limit: int) -> None:
        """At most *limit* rows for each severity."""
        self._limit = limit
        self.lanes: tuple[Lane, ...] = ()
        self.head = 0
        """The last sequence of ALERTS that was read, whether or not it became a row."""
        self.epoch = ""
        self._ids = Ids()
        self.reset("")

    def reset(self, epoch: str) -> None:
        """Drop all rows, for a stream that was recreated."""
        self._ids = Ids()
        self.lanes = tuple(Lane(self._limit, self._ids) for _ in SEVERITIES)
        self.head = 0
        self.epoch = epoch

    def add(self, row: Row, exec_id: str = "", parent: str = "") -> None:
        """Add one row, with the ids of its process and of that process's parent."""
        self.lanes[row.shape.index].add(row, exec_id, parent)

    def evict(self, *, below_seq: int, before_ms: int) -> None:
        """Drop what the stream does not hold any more, and what is too old."""
        for lane in self.lanes:
            lane.evict(below_seq=below_seq, before_ms=before_ms)

    def newest(
        self, limit: int, match: Match | None = None, *, since_ms: int = 0, up_to: int | None = None
    ) -> list[Row]:
        """At most *limit* rows that match, from *since_ms* on and up to the sequence *up_to*: by time, newest first."""
        top = self.head if up_to is None else up_to
        return newest(self.blocks(), limit, match, since_ms=since_ms, up_to=top)

    def blocks(self) -> list[Block]:
        """All rows as they are now, for a scan in another thread; rows may arrive and leave meanwhile."""
        return [block for lane in self.lanes for block in lane.blocks]

    def between(self, after: int, up_to: int) -> list[Row]:
        """The rows above *after*, up to and including *up_to*, in the order of the stream."""
        rows = [row for lane in self.lanes for row in lane.after(after) if row.seq <= up_to]
        rows.sort(key=_seq)
        return rows

    def covers(self, after: int) -> bool:
        """Whether every row above *after* is still here."""
        return all(lane.floor <= after for lane in self.lanes)

    def find(self, id: str) -> Row | None:
        """The row of this id."""
        return self._ids.row(id)

    def left(self, id: str) -> int | None:
        """The sequence of an alert that left the window recently."""
        return self._ids.left(id)

    def __len__(self) -> int:
        return sum(map(len, self.lanes))


def newest(
    blocks: Iterable[Block],
    limit: int,
    match: Match | None,
    *,
    since_ms: int,
    up_to: int,
    below: tuple[int, int] = (_NEVER, 0),
) -> list[Row]:
    """See `Window.newest`; only rows before *below*, a time and a sequence."""
    heap: list[tuple[int, int, Row]] = []
    for block in sorted(blocks, key=lambda block: -block.max_t):
        if block.max_t < since_ms or (len(heap) >= limit and block.max_t < heap[0][0]):
            break
        if block.min_t > below[0]:
            continue
        for row in block.rows[block.start :]:
            if row.t < since_ms or row.seq > up_to or (len(heap) >= limit and (row.t, row.seq) < heap[0][:2]):
                continue
            if (row.t, row.seq) >= below:
                continue
            if match is not None and not match(row):
                continue
            if len(heap) < limit:
                heapq.heappush(heap, (row.t, row.seq, row))
            else:
                heapq.heappushpop(heap, (row.t, row.seq, row))
    return sorted((row for _, _, row in heap), key=newest_first)


def _seq(row: Row) -> int:
    return row.seq

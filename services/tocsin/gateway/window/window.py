"""The live window: for each severity its newest rows, so that no flood of one evicts another."""

import bisect
import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator

from tocsin.gateway.window.process_links import Links
from tocsin.gateway.window.rows import Row, SharedFields, newest_first
from tocsin.gateway.window.severities import SEVERITIES

_ROWS = 256
_REMEMBERED = 10_000
_ROW_BUDGET = 740
"""Bytes of memory for each row; ordinary ones need half of it."""
_MS = 1_000

_NEVER = 1 << 62

Match = Callable[[Row], bool]


class Block:
    """Some rows that follow one another, and how far their times go, so that most blocks need no look."""

    __slots__ = ("links", "max_t", "min_t", "rows", "start")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.links = Links()
        """For each row, its processes."""
        self.start = 0
        """Rows before this one are evicted."""
        self.max_t = 0
        self.min_t = _NEVER


class Ids:
    """Where an alert is, by its id: the rows that are here, and the sequences of those that left not long ago."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._left: OrderedDict[str, int] = OrderedDict()

    def add(self, row: Row) -> None:
        """The row is here now; of two with one id the later one is found."""
        self._rows[row.id] = row

    def drop(self, row: Row) -> None:
        """The row is not here any more."""
        if self._rows.get(row.id) is row:
            del self._rows[row.id]
            self._left[row.id] = row.seq
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)

    def row(self, id: str) -> Row | None:
        """The row of this id."""
        return self._rows.get(id)

    def left(self, id: str) -> int | None:
        """The sequence of a row that was here."""
        return self._left.get(id)


class Lane:
    """The rows of one severity, in the order of the stream."""

    def __init__(self, limit: int, ids: Ids) -> None:
        """At most *limit* rows, and fewer where hostile texts make each of them large; *ids* follows them."""
        self._limit = limit
        self._ids = ids
        self._budget = limit * _ROW_BUDGET
        self._blocks: deque[Block] = deque()
        self._size = 0
        self.shapes: Counter[SharedFields] = Counter()
        """How many rows of each shape are held."""
        self.floor = 0
        """The last sequence that was evicted: what is above it and of this severity is all here."""
        self.since_ms = 0
        """Every alert of this severity whose time is not before this one is here; 0 where none ever left."""

    def __len__(self) -> int:
        return self._size

    @property
    def blocks(self) -> Iterable[Block]:
        """Oldest first."""
        return self._blocks

    def add(self, row: Row, own: str = "", parent: str = "") -> None:
        """Append the row, which must come after all others in the stream; *own* and *parent* name its processes."""
        if not self._blocks or len(self._blocks[-1].rows) >= _ROWS:
            self._blocks.append(Block())
        block = self._blocks[-1]
        block.rows.append(row)
        block.links.add(own, parent)
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
        """Drop from the oldest on what lies below *below_seq* or arrived before *before_ms*."""
        while (oldest := self.oldest) is not None and (
            oldest.seq < below_seq or oldest.t + oldest.late_s * _MS < before_ms
        ):
            self._evict()

    @property
    def oldest(self) -> Row | None:
        """The row that goes next."""
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
        """The last sequence of ALERTS that was read, whether or not it made a row."""
        self.epoch = ""
        self._ids = Ids()
        self.reset("")

    def reset(self, epoch: str) -> None:
        """Empty, for a stream that was made anew."""
        self._ids = Ids()
        self.lanes = tuple(Lane(self._limit, self._ids) for _ in SEVERITIES)
        self.head = 0
        self.epoch = epoch

    def add(self, row: Row, own: str = "", parent: str = "") -> None:
        """Take in one row; *own* and *parent* are the ids of its process and of that which started it."""
        self.lanes[row.shape.index].add(row, own, parent)

    def evict(self, *, below_seq: int, before_ms: int) -> None:
        """Hold nothing that the stream does not hold any more, and nothing too old."""
        for lane in self.lanes:
            lane.evict(below_seq=below_seq, before_ms=before_ms)

    def newest(
        self, limit: int, match: Match | None = None, *, since_ms: int = 0, up_to: int | None = None
    ) -> list[Row]:
        """At most *limit* rows that match, from *since_ms* on and up to the sequence *up_to*: by time, newest first."""
        top = self.head if up_to is None else up_to
        return newest(self.blocks(), limit, match, since_ms=since_ms, up_to=top)

    def blocks(self) -> list[Block]:
        """All rows as they are now, for a search in another thread: later rows may come, and old ones go, meanwhile."""
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
        """The sequence of an alert that was here not long ago and made room, was too old, or left the stream."""
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
    """See `Window.newest`; only what lies before *below*, a time and a sequence."""
    found: list[tuple[int, int, Row]] = []
    for block in sorted(blocks, key=lambda block: -block.max_t):
        if block.max_t < since_ms or (len(found) >= limit and block.max_t < found[0][0]):
            break
        if block.min_t > below[0]:
            continue
        for row in block.rows[block.start :]:
            if row.t < since_ms or row.seq > up_to or (len(found) >= limit and (row.t, row.seq) < found[0][:2]):
                continue
            if (row.t, row.seq) >= below:
                continue
            if match is not None and not match(row):
                continue
            if len(found) < limit:
                heapq.heappush(found, (row.t, row.seq, row))
            else:
                heapq.heappushpop(found, (row.t, row.seq, row))
    return sorted((row for _, _, row in found), key=newest_first)


def _seq(row: Row) -> int:
    return row.seq

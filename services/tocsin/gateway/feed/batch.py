"""A batch: the rows of one range of the stream, folded and trimmed so that no flood makes it larger."""

from collections.abc import Iterable

from msgspec import Struct

from tocsin.gateway.window.rows import Row, newest_first

ROWS = 400
"""The most rows in a frame."""
_WAITING = 10 * ROWS
"""The most rows that wait for a batch."""

Counted = tuple[Row, int]
"""A row and how many alerts it stands for."""


class Batch(Struct, eq=False):
    """The alerts after one sequence, up to and including another, that pass one filter.

    The counts of its rows plus `left_out` are all alerts of the range that pass the filter.
    """

    after: int
    to: int
    rows: list[Counted]
    left_out: int = 0
    urgent: bool = False
    """Cut early because of a critical or high alert."""
    replay: bool = False
    wire: dict[int, bytes] = {}
    """The frame for each version of the protocol, once any client needs it: it is written once for all clients."""

    @property
    def folded(self) -> int:
        """How many alerts are in the row of another one."""
        return sum(n - 1 for _, n in self.rows)


def fold(rows: Iterable[Counted]) -> list[Counted]:
    """One row, the newest, for each severity and fingerprint."""
    folded: dict[tuple[int, str], Counted] = {}
    for row, n in rows:
        key = (row.shape.index, row.shape.fingerprint)
        old = folded.get(key)
        if old is None:
            folded[key] = (row, n)
        else:
            newest = row if (row.t, row.seq) > (old[0].t, old[0].seq) else old[0]
            folded[key] = (newest, old[1] + n)
    return list(folded.values())


def trim(rows: list[Counted], limit: int) -> tuple[list[Counted], int]:
    """The *limit* worst rows, the newest of equals, and how many alerts the other rows stand for."""
    if len(rows) <= limit:
        return rows, 0
    ordered = sorted(rows, key=lambda counted: (counted[0].shape.index, *newest_first(counted[0])))
    return ordered[:limit], sum(n for _, n in ordered[limit:])


def merge(first: Batch, second: Batch, limit: int, *, folding: bool = True) -> Batch:
    """Both as one; *second* follows *first*. At most *limit* rows, folded unless *folding* is false."""
    both = [*first.rows, *second.rows]
    rows, left_out = trim(fold(both) if folding else both, limit)
    return Batch(
        first.after,
        second.to,
        rows,
        left_out=first.left_out + second.left_out + left_out,
        urgent=first.urgent or second.urgent,
    )


class BatchBuilder:
    """Collects rows for the next batch, in bounded memory."""

    def __init__(self, *, raw: bool = False) -> None:
        """A *raw* one never folds: it leaves rows out instead, and keeps the worst and newest."""
        self._raw = raw
        self.rows: list[Counted] = []
        self.left_out = 0
        self.urgent = False

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Iterable[Row]) -> int:
        """Add them; returns how many they were."""
        before = len(self.rows)
        for row in rows:
            self.rows.append((row, 1))
            if row.shape.index <= 1:
                self.urgent = True
        added = len(self.rows) - before
        if len(self.rows) > _WAITING:
            self.rows = self.rows if self._raw else fold(self.rows)
            self.rows, left_out = trim(self.rows, _WAITING // 2)
            self.left_out += left_out
        return added

    def build(self, after: int, to: int, limit: int, *, folding: bool) -> Batch:
        """All rows as one batch; the builder is empty then."""
        folded = not self._raw and (folding or len(self.rows) > limit)
        rows = fold(self.rows) if folded else self.rows
        rows, left_out = trim(rows, limit)
        batch = Batch(after, to, rows, left_out=self.left_out + left_out, urgent=self.urgent)
        self.rows, self.left_out, self.urgent = [], 0, False
        return batch

"""A batch: the rows of one covered range, folded and cut so that it never grows with the flood behind it."""

from collections.abc import Iterable

from msgspec import Struct

from tocsin.gateway.window.rows import Row, newest_first

ROWS = 400
"""At most so many rows in a frame."""

Counted = tuple[Row, int]
"""A row and how many alerts it stands for."""


class Batch(Struct, eq=False):
    """What happened after one sequence, up to and including another, for one filter.

    The numbers of its rows and `left_out` together are all alerts of the range that the filter lets through.
    """

    after: int
    to: int
    rows: list[Counted]
    left_out: int = 0
    urgent: bool = False
    """A critical or high alert cut it short."""
    replay: bool = False
    wire: bytes = b""
    """The frame, once somebody has needed it: made once, for all clients."""

    @property
    def folded(self) -> int:
        """How many alerts are in a row of another."""
        return sum(n - 1 for _, n in self.rows)


def fold(rows: Iterable[Counted]) -> list[Counted]:
    """One row, the newest, for each severity and fingerprint."""
    found: dict[tuple[int, str], Counted] = {}
    for row, n in rows:
        key = (row.shape.index, row.shape.fp)
        held = found.get(key)
        if held is None:
            found[key] = (row, n)
        else:
            newest = row if (row.t, row.seq) > (held[0].t, held[0].seq) else held[0]
            found[key] = (newest, held[1] + n)
    return list(found.values())


def trim(rows: list[Counted], limit: int) -> tuple[list[Counted], int]:
    """The *limit* worst rows, of equals the newest; and how many alerts are left out with the others."""
    if len(rows) <= limit:
        return rows, 0
    ordered = sorted(rows, key=lambda counted: (counted[0].shape.index, *newest_first(counted[0])))
    return ordered[:limit], sum(n for _, n in ordered[limit:])


def merge(first: Batch, second: Batch, limit: int, *, folding: bool = True) -> Batch:
    """Both as one, where *second* follows *first*: at most *limit* rows, folded unless *folding* is false."""
    both = [*first.rows, *second.rows]
    rows, left_out = trim(fold(both) if folding else both, limit)
    return Batch(
        first.after,
        second.to,
        rows,
        left_out=first.left_out + second.left_out + left_out,
        urgent=first.urgent or second.urgent,
    )


class Collecting:
    """What came since the last batch, bounded whatever comes."""

    def __init__(self, *, raw: bool = False) -> None:
        """Where it is *raw* no row is ever folded: what is too much is left out, the worst and newest stay."""
        self._raw = raw
        self.rows: list[Counted] = []
        self.left_out = 0
        self.urgent = False

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Iterable[Row]) -> int:
        """Take them in; how many they were."""
        before = len(self.rows)
        for row in rows:
            self.rows.append((row, 1))
            if row.shape.index <= 1:
                self.urgent = True
        added = len(self.rows) - before
        if len(self.rows) > _CROWD:
            self.rows = self.rows if self._raw else fold(self.rows)
            self.rows, left_out = trim(self.rows, _CROWD // 2)
            self.left_out += left_out
        return added

    def take(self, after: int, to: int, limit: int, *, folding: bool) -> Batch:
        """All of it as one batch; it is empty then."""
        folded = not self._raw and (folding or len(self.rows) > limit)
        rows = fold(self.rows) if folded else self.rows
        rows, left_out = trim(rows, limit)
        batch = Batch(after, to, rows, left_out=self.left_out + left_out, urgent=self.urgent)
        self.rows, self.left_out, self.urgent = [], 0, False
        return batch


_CROWD = 10 * ROWS

"""The account of one source: what was read, in order, settled by PubAcks in any order, and how far all is settled.

A line is *stored* when the sequence in its PubAck lies above the floor and was not counted yet, else *repeated*. The
sequences of lines that are sent once rise in the order of the lines. Where lines were sent again they need not, so what
was in flight then is committed all at once: no checkpoint lies between them.
"""

from collections import deque
from collections.abc import Mapping
from enum import Enum

import msgspec

from tocsin.model.checkpoint import MOST_INTERVALS, Checkpoint, Counts, Interval, Position


class Kind(Enum):
    """What a line has become."""

    EVENT = "event"
    DEAD = "dead"
    SKIPPED = "skipped"
    VANISHED = "vanished"
    """No line, but the news that something could not be read."""


class Entry:
    """One line of the account."""

    __slots__ = ("files", "kind", "number", "position", "seq", "size")

    def __init__(self, number: int, kind: Kind, position: Position | None, size: int, files: int = 0) -> None:
        self.number = number
        self.kind = kind
        self.position = position
        self.size = size
        self.files = files
        self.seq = -1
        """In its stream; 0 where the message there is another source's, -1 while it is not known."""


class _CountedSequences:
    """The sequences of one stream that were counted."""

    __slots__ = ("floor", "seen")

    def __init__(self, floor: int) -> None:
        self.floor = floor
        """Up to here all are counted, and committed."""
        self.seen: set[int] = set()
        """Counted above the floor, not committed yet."""

    def counts(self, seq: int) -> bool:
        return seq > self.floor and seq not in self.seen

    def commit(self) -> None:
        if self.seen:
            self.floor = max(self.seen)
            self.seen.clear()


class LineAccount:
    """What became of every line of one source."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Go on from where *checkpoint* stands."""
        counts = checkpoint.counts
        self.stored = counts.stored
        self.dead = counts.dead
        self.repeated = counts.repeated
        self.skipped = counts.skipped
        self.bytes = counts.bytes
        self.vanished_files = counts.vanished_files
        self.vanished_bytes = counts.vanished_bytes
        self.unread_intervals = counts.unread_intervals
        self.intervals = list(checkpoint.intervals)
        self.position = checkpoint.position
        self._events = _CountedSequences(checkpoint.floor_seq)
        self._dead = _CountedSequences(checkpoint.floor_dead)
        self._base = checkpoint
        self._open: deque[Entry] = deque()
        self._numbers = 0
        self._together = 0
        """Up to this number all is committed at once."""
        self._moved = False
        self.withheld = False
        """Nothing is committed: stored lines of an earlier run are still to be met, and must stay above the floor."""

    def __len__(self) -> int:
        """How many lines are not settled, or settled behind one that is not."""
        return len(self._open)

    @property
    def lines(self) -> int:
        """All lines settled so far."""
        return self.stored + self.dead + self.repeated + self.skipped

    @property
    def counts(self) -> Counts:
        """What became of all lines that are settled."""
        return Counts(
            lines=self.lines,
            stored=self.stored,
            dead=self.dead,
            repeated=self.repeated,
            skipped=self.skipped,
            bytes=self.bytes,
            vanished_files=self.vanished_files,
            vanished_bytes=self.vanished_bytes,
            unread_intervals=self.unread_intervals,
        )

    @property
    def uncommitted(self) -> int:
        """Stored lines that no checkpoint can speak of yet, besides those that are open."""
        return len(self._events.seen) + len(self._dead.seen)

    def floor(self, kind: Kind) -> int:
        """Up to here every sequence of the stream of *kind* is counted and committed."""
        return self._book(kind).floor

    def knows(self, kind: Kind, seq: int) -> bool:
        """Whether this sequence was counted already: a PubAck that names it tells of a repeat."""
        return not self._book(kind).counts(seq)

    def add(self, kind: Kind, position: Position | None, size: int, *, files: int = 0) -> Entry:
        """The next line; what needs no PubAck is settled at once, in its turn."""
        self._numbers += 1
        entry = Entry(self._numbers, kind, position, size, files)
        self._open.append(entry)
        if kind is Kind.SKIPPED or kind is Kind.VANISHED:
            self.settle(entry, 0)
        return entry

    def settle(self, entry: Entry, seq: int) -> None:
        """*entry* is message *seq* of its stream; 0 where that is another source's. Only the first call counts."""
        if entry.seq >= 0:
            return
        entry.seq = seq
        while self._open and self._open[0].seq >= 0:
            self._enter(self._open.popleft())

    def hold_together(self) -> None:
        """Lines were sent again: what is open now is committed at once."""
        if self._open:
            self._together = self._numbers

    def found(self, kind: Kind, seq: int, size: int) -> None:
        """Message *seq* is from a line of an earlier run that nobody will read again: count it."""
        if self._book(kind).counts(seq):
            self._count(kind, seq)
            self.bytes += size
            self._moved = True

    def miss(self, interval: Interval) -> None:
        """Lines that cannot be read; told again before it was saved, the same interval counts once."""
        told = (interval.pod, interval.reason, interval.after)
        if any((known.pod, known.reason, known.after) == told for known in self.intervals):
            return
        self.unread_intervals += 1
        self.intervals = [*self.intervals, interval][-MOST_INTERVALS:]
        self._moved = True

    def begin(self, position: Position, floors: Mapping[Kind, int]) -> None:
        """Read something new from *position* on: nothing of it can stand in the streams up to *floors*."""
        self.position = position
        self._events.floor = max(self._events.floor, floors[Kind.EVENT])
        self._dead.floor = max(self._dead.floor, floors[Kind.DEAD])
        self._moved = True

    def take(self, saved: str) -> Checkpoint | None:
        """The checkpoint as far as all is settled; ``None`` where nothing has moved, or nothing can be said yet."""
        if self.withheld or not self._moved:
            return None
        if self._open and self._open[0].number <= self._together:
            return None
        self._events.commit()
        self._dead.commit()
        self._moved = False
        self._base = msgspec.structs.replace(
            self._base,
            saved=saved,
            floor_seq=self._events.floor,
            floor_dead=self._dead.floor,
            position=self.position,
            counts=self.counts,
            intervals=list(self.intervals),
        )
        return self._base

    def _book(self, kind: Kind) -> _CountedSequences:
        return self._dead if kind is Kind.DEAD else self._events

    def _enter(self, entry: Entry) -> None:
        """All before *entry* is settled, and so is it."""
        self._moved = True
        if entry.position is not None:
            self.position = entry.position
        if entry.kind is Kind.VANISHED:
            self.vanished_files += entry.files
            self.vanished_bytes += entry.size
            return
        self.bytes += entry.size
        if entry.kind is Kind.SKIPPED:
            self.skipped += 1
        elif self._book(entry.kind).counts(entry.seq):
            self._count(entry.kind, entry.seq)
        else:
            self.repeated += 1

    def _count(self, kind: Kind, seq: int) -> None:
        self._book(kind).seen.add(seq)
        if kind is Kind.DEAD:
            self.dead += 1
        else:
            self.stored += 1

"""The account of one source: its lines in order, settled by PubAcks in any order, and committed in order.

A line is *stored* if the sequence in its PubAck is above the floor and was not counted yet, else it is *repeated*. The
sequences of lines that are sent once rise in the order of the lines. If lines are sent again, they may not, so all
lines in flight at that time are committed at once: no checkpoint lies between them.
"""

from collections import deque
from collections.abc import Mapping
from enum import Enum

import msgspec

from tocsin.model.checkpoint import MOST_INTERVALS, Checkpoint, Counts, Interval, Position


class Kind(Enum):
    """What became of a line."""

    EVENT = "event"
    DEAD = "dead"
    SKIPPED = "skipped"
    VANISHED = "vanished"
    """Not a line: bytes or files that could not be read."""


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
        """Its sequence in the stream; 0 if another source stored the message, -1 while unknown."""


class _CountedSequences:
    """The counted sequences of one stream."""

    __slots__ = ("floor", "seen")

    def __init__(self, floor: int) -> None:
        self.floor = floor
        """All sequences up to this one are counted and committed."""
        self.seen: set[int] = set()
        """Counted sequences above the floor, not committed yet."""

    def is_new(self, seq: int) -> bool:
        return seq > self.floor and seq not in self.seen

    def commit(self) -> None:
        if self.seen:
            self.floor = max(self.seen)
            self.seen.clear()


class LineAccount:
    """What became of every line of one source."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Continue from *checkpoint*."""
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
        """All lines up to this number are committed at once."""
        self._changed = False
        self.withheld = False
        """Whether nothing is committed: stored lines of an earlier run that are not read again stay above the floor."""

    def __len__(self) -> int:
        """Number of open lines: not settled, or behind a line that is not settled."""
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
        """Number of stored lines that no checkpoint contains yet, without the open ones."""
        return len(self._events.seen) + len(self._dead.seen)

    def floor(self, kind: Kind) -> int:
        """The last sequence of the stream of *kind* up to which all are counted and committed."""
        return self._sequences(kind).floor

    def knows(self, kind: Kind, seq: int) -> bool:
        """Whether this sequence was already counted; a PubAck with it means that the line is repeated."""
        return not self._sequences(kind).is_new(seq)

    def add(self, kind: Kind, position: Position | None, size: int, *, files: int = 0) -> Entry:
        """Add the next line; a line that needs no PubAck is settled at once."""
        self._numbers += 1
        entry = Entry(self._numbers, kind, position, size, files)
        self._open.append(entry)
        if kind is Kind.SKIPPED or kind is Kind.VANISHED:
            self.settle(entry, 0)
        return entry

    def settle(self, entry: Entry, seq: int) -> None:
        """Settle *entry* as message *seq* of its stream, 0 if another source stored it. Only the first call counts."""
        if entry.seq >= 0:
            return
        entry.seq = seq
        while self._open and self._open[0].seq >= 0:
            self._enter(self._open.popleft())

    def hold_together(self) -> None:
        """Lines were sent again: commit all open lines at once."""
        if self._open:
            self._together = self._numbers

    def count_stored(self, kind: Kind, seq: int, size: int) -> None:
        """Count message *seq*, whose line was read by an earlier run and will not be read again."""
        if self._sequences(kind).is_new(seq):
            self._count(kind, seq)
            self.bytes += size
            self._changed = True

    def miss(self, interval: Interval) -> None:
        """Count an *interval* of lines that cannot be read; the same interval counts once."""
        identity = (interval.pod, interval.reason, interval.after)
        if any((known.pod, known.reason, known.after) == identity for known in self.intervals):
            return
        self.unread_intervals += 1
        self.intervals = [*self.intervals, interval][-MOST_INTERVALS:]
        self._changed = True

    def begin(self, position: Position, floors: Mapping[Kind, int]) -> None:
        """Start a new source at *position*: none of its lines can be stored in the streams up to *floors*."""
        self.position = position
        self._events.floor = max(self._events.floor, floors[Kind.EVENT])
        self._dead.floor = max(self._dead.floor, floors[Kind.DEAD])
        self._changed = True

    def take(self, saved: str) -> Checkpoint | None:
        """The checkpoint up to the last settled line; ``None`` if nothing has changed or nothing can be committed."""
        if self.withheld or not self._changed:
            return None
        if self._open and self._open[0].number <= self._together:
            return None
        self._events.commit()
        self._dead.commit()
        self._changed = False
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

    def _sequences(self, kind: Kind) -> _CountedSequences:
        return self._dead if kind is Kind.DEAD else self._events

    def _enter(self, entry: Entry) -> None:
        """Count *entry*; it and all lines before it are settled."""
        self._changed = True
        if entry.position is not None:
            self.position = entry.position
        if entry.kind is Kind.VANISHED:
            self.vanished_files += entry.files
            self.vanished_bytes += entry.size
            return
        self.bytes += entry.size
        if entry.kind is Kind.SKIPPED:
            self.skipped += 1
        elif self._sequences(entry.kind).is_new(entry.seq):
            self._count(entry.kind, entry.seq)
        else:
            self.repeated += 1

    def _count(self, kind: Kind, seq: int) -> None:
        self._sequences(kind).seen.add(seq)
        if kind is Kind.DEAD:
            self.dead += 1
        else:
            self.stored += 1

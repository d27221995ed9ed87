"""The checkpoint of a source in the bucket: loaded at the start, then saved as far as JetStream has acknowledged."""

import logging
from collections.abc import Callable

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.collector.line_account import LineAccount
from tocsin.model import checkpoint as model
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.errors import BusError, Conflict, Fatal, TocsinError

log = logging.getLogger(__name__)


class CheckpointOptions(Struct, frozen=True, kw_only=True):
    """Where a source's checkpoint is saved, and what only the source can add to it."""

    key: str
    """The key in the bucket."""
    node: str
    """The node of all its events; empty: each event names its own."""
    complete: Callable[[Checkpoint], Checkpoint] = lambda checkpoint: checkpoint
    """Adds the position that only the source knows."""
    registers: bool = False
    """Whether the first checkpoint is saved before the first line is read.

    It records the last sequences of the streams: no line that is read later can be stored below them.
    """
    hint: str = "give each collector the name of its node (TOCSIN_COLLECTOR_NODE)"
    """What to do if another collector saves under the same key."""


class LoadedCheckpoint(Struct, frozen=True):
    """What is stored under the key of a source."""

    checkpoint: Checkpoint | None = None
    seq: int = 0
    """Its sequence in the bucket; a later save by another collector changes it."""


async def load(bus: Bus, key: str) -> LoadedCheckpoint:
    """The checkpoint under *key*; ``TocsinError`` if it is damaged: to start without it would count all lines twice."""
    entry = await bus.bucket.entry(key)
    if entry is None:
        return LoadedCheckpoint()
    try:
        return LoadedCheckpoint(model.decode(entry.payload), entry.seq)
    except msgspec.DecodeError as error:
        raise TocsinError(f"the checkpoint {key} cannot be read: {error}") from error


def fit(saved: Checkpoint, *, events_last: int, dead_last: int) -> Checkpoint:
    """*saved*, reduced to streams that end at these sequences.

    A stream that ends below the floor was recreated, or lost its end with its disk. Its lost messages are no longer
    counted, so that the ledger describes what is stored.
    """
    counts = saved.counts
    lost = min(counts.stored, max(0, saved.floor_seq - events_last))
    dead_lost = min(counts.dead, max(0, saved.floor_dead - dead_last))
    if lost or dead_lost:
        log.error("stream.shortened", extra={"events": lost, "dead_letters": dead_lost, "key": saved.source})
    return msgspec.structs.replace(
        saved,
        floor_seq=min(saved.floor_seq, events_last),
        floor_dead=min(saved.floor_dead, dead_last),
        counts=msgspec.structs.replace(
            counts,
            lines=counts.lines - lost - dead_lost,
            stored=counts.stored - lost,
            dead=counts.dead - dead_lost,
        ),
    )


class CheckpointWriter:
    """Saves the account of one source; a failed save is tried again."""

    def __init__(
        self, bus: Bus, options: CheckpointOptions, account: LineAccount, now: Callable[[], str], *, after: int
    ) -> None:
        """*now* returns the time as RFC 3339; *after* is the sequence of the checkpoint that the account began with."""
        self.problem = ""
        """Why the last save failed, in words."""
        self.saved_lines = account.lines
        """Number of lines in the stored checkpoint."""
        self.saves = 0
        self._bus = bus
        self._options = options
        self._account = account
        self._now = now
        self._after = after
        self._pending: Checkpoint | None = None

    async def save(self) -> bool:
        """Save if the account has changed; whether the stored checkpoint is now complete.

        `Fatal` if another collector saves under the same key: each would overwrite the counts of the other.
        """
        taken = self._account.take(self._now())
        if taken is not None:
            self._pending = self._options.complete(taken)
        pending = self._pending
        if pending is None:
            return True
        key = self._options.key
        try:
            self._after = await self._bus.bucket.save(key, self._signed(pending), after=self._after)
        except Conflict:
            return await self._resolve_conflict()
        except BusError as error:
            if not self.problem:
                log.warning("checkpoint.postponed", extra={"key": key, "error": str(error)})
            self.problem = str(error)
            return False
        if self.problem:
            log.warning("checkpoint.saved", extra={"key": key, "lines": pending.counts.lines})
        self.problem = ""
        self.saves += 1
        self.saved_lines = pending.counts.lines
        if self._pending is pending:
            self._pending = None
        return True

    def _signed(self, checkpoint: Checkpoint) -> bytes:
        return model.encode(msgspec.structs.replace(checkpoint, writer=self._bus.instance))

    async def _resolve_conflict(self) -> bool:
        """The stored checkpoint is not the last one: a save of this process without an answer, or one of another."""
        key = self._options.key
        try:
            stored = await load(self._bus, key)
        except BusError as error:
            self.problem = str(error)
            return False
        saved = stored.checkpoint
        if saved is not None and saved.writer != self._bus.instance:
            writer = saved.writer or "another collector"
            raise Fatal(f"{writer} saves its checkpoint under {key} as well: {self._options.hint}")
        self._after = stored.seq
        return False  # the next save follows it

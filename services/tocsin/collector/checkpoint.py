"""Where a source stands, kept in the bucket: loaded at start, saved as it moves, never past what is acknowledged."""

import logging
from collections.abc import Callable

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.collector.line_account import LineAccount
from tocsin.model import checkpoint as page
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.errors import BusError, Conflict, Fatal, TocsinError

log = logging.getLogger(__name__)


_HINT = "give each collector the name of its node (TOCSIN_COLLECTOR_NODE)"


class Loaded(Struct, frozen=True):
    """What is stored under the key of a source."""

    checkpoint: Checkpoint | None = None
    seq: int = 0
    """By which it is known whether another saves under the same key."""


async def load(bus: Bus, key: str) -> Loaded:
    """The checkpoint under *key*; ``TocsinError`` where it cannot be read: beginning anew would count all twice."""
    entry = await bus.bucket.entry(key)
    if entry is None:
        return Loaded()
    try:
        return Loaded(page.decode(entry.payload), entry.seq)
    except msgspec.DecodeError as error:
        raise TocsinError(f"the checkpoint {key} cannot be read: {error}") from error


def fit(saved: Checkpoint, *, events_last: int, dead_last: int) -> Checkpoint:
    """*saved* for streams that end at these sequences.

    A stream that ends below the floor was made anew, or lost its end with its disk: what it held is not counted any
    more, so that the ledger is about what there is.
    """
    counts = saved.counts
    gone = min(counts.stored, max(0, saved.floor_seq - events_last))
    dead_gone = min(counts.dead, max(0, saved.floor_dead - dead_last))
    if gone or dead_gone:
        log.error("stream.shortened", extra={"events": gone, "dead_letters": dead_gone, "key": saved.source})
    return msgspec.structs.replace(
        saved,
        floor_seq=min(saved.floor_seq, events_last),
        floor_dead=min(saved.floor_dead, dead_last),
        counts=msgspec.structs.replace(
            counts,
            lines=counts.lines - gone - dead_gone,
            stored=counts.stored - gone,
            dead=counts.dead - dead_gone,
        ),
    )


class Keeper:
    """Saves the account of one source; what could not be saved is tried again."""

    def __init__(
        self,
        bus: Bus,
        key: str,
        account: LineAccount,
        now: Callable[[], str],
        *,
        after: int,
        complete: Callable[[Checkpoint], Checkpoint] = lambda page: page,
        hint: str = _HINT,
    ) -> None:
        """*now* is the time as RFC 3339; *after* is the sequence of the checkpoint that the account began with.

        *complete* adds to a checkpoint what only the source knows; *hint* says what to do where another saves too.
        """
        self._complete = complete
        self._hint = hint
        self._after = after
        self.problem = ""
        """Why the last save failed, in words."""
        self.saved_lines = account.lines
        """How many lines the stored checkpoint speaks of."""
        self.saves = 0
        self._bus = bus
        self._key = key
        self._account = account
        self._now = now
        self._pending: Checkpoint | None = None

    async def save(self) -> bool:
        """Save where something moved; whether the stored checkpoint says all that can be said.

        `Fatal` where another collector saves under the same key: each would overwrite what the other has counted.
        """
        taken = self._account.take(self._now())
        if taken is not None:
            self._pending = self._complete(taken)
        pending = self._pending
        if pending is None:
            return True
        try:
            self._after = await self._bus.bucket.save(self._key, self._signed(pending), after=self._after)
        except Conflict:
            return await self._reconsider()
        except BusError as error:
            if not self.problem:
                log.warning("checkpoint.postponed", extra={"key": self._key, "error": str(error)})
            self.problem = str(error)
            return False
        if self.problem:
            log.warning("checkpoint.saved", extra={"key": self._key, "lines": pending.counts.lines})
        self.problem = ""
        self.saves += 1
        self.saved_lines = pending.counts.lines
        if self._pending is pending:
            self._pending = None
        return True

    def _signed(self, checkpoint: Checkpoint) -> bytes:
        return page.encode(msgspec.structs.replace(checkpoint, writer=self._bus.instance))

    async def _reconsider(self) -> bool:
        """What is stored is not what we saved last: our own save without an answer, or somebody else's."""
        try:
            stored = await load(self._bus, self._key)
        except BusError as error:
            self.problem = str(error)
            return False
        saved = stored.checkpoint
        if saved is not None and saved.writer != self._bus.instance:
            raise Fatal(
                f"{saved.writer or 'another collector'} saves its checkpoint under {self._key} as well: {self._hint}"
            )
        self._after = stored.seq
        return False  # the next save follows it

"""Where a source stands, kept in the bucket: loaded at start, saved as it moves, never past what is acknowledged."""

import logging
from collections.abc import Callable

import msgspec

from tocsin.bus import Bus
from tocsin.collector.account import Account
from tocsin.model import checkpoint as page
from tocsin.model.checkpoint import Checkpoint
from tocsin.model.errors import BusError, TocsinError

log = logging.getLogger(__name__)


async def load(bus: Bus, key: str) -> Checkpoint | None:
    """The checkpoint under *key*; ``TocsinError`` where it cannot be read: beginning anew would count all twice."""
    value = await bus.load(key)
    if value is None:
        return None
    try:
        return page.decode(value)
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

    def __init__(self, bus: Bus, key: str, account: Account, now: Callable[[], str]) -> None:
        """*now* is the time as RFC 3339."""
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
        """Save where something moved; whether the stored checkpoint says all that can be said."""
        self._pending = self._account.take(self._now()) or self._pending
        pending = self._pending
        if pending is None:
            return True
        try:
            await self._bus.save(self._key, page.encode(pending))
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

"""Sends lines: normalizes, redacts, and publishes or dead-letters each one, and settles its entry by its PubAck."""

import functools
import logging
from collections.abc import Callable

from tocsin.bus import Bus, PubAck, TooLarge
from tocsin.collector import normalize
from tocsin.collector.line_account import Entry, Kind, LineAccount
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.normalize import DeadLetter, Origin, Publication
from tocsin.collector.pressure import Pressure
from tocsin.collector.redaction import Redactor
from tocsin.collector.sources.base import Line
from tocsin.collector.stored_messages import KINDS, StoredIds, StoredMessages
from tocsin.model.errors import BusError

log = logging.getLogger(__name__)

_OVERHEAD_BYTES = 300
"""Bytes that a message takes in the stream beside its payload: subject, headers and framing."""
BUILT_IN = Redactor()
"""The redactor with the built-in patterns alone."""


class Sender:
    """Sends the lines of one source and keeps its account."""

    def __init__(
        self,
        bus: Bus,
        stored: StoredMessages,
        origin: Origin,
        account: LineAccount,
        pressure: Pressure,
        counters: CollectorMetrics,
        *,
        on_doubt: Callable[[], None],
        redactor: Redactor | None = BUILT_IN,
    ) -> None:
        """*on_doubt* is called when `resolve` has something to do; without *redactor* lines are sent unchanged."""
        self.account = account
        self._bus = bus
        self._stored = stored
        self._origin = origin
        self._pressure = pressure
        self._counters = counters
        self._redactor = redactor
        self._on_doubt = on_doubt
        self._stored_ids = StoredIds()
        self._disputed: list[tuple[Entry, int]] = []
        self._resent = bus.window.resent

    def adopt(self, ids: StoredIds, *, replays: bool) -> None:
        """Start with the ids that are stored beyond the checkpoint.

        If the source cannot read its lines again, they are counted at once. Otherwise each is counted when its line is
        read again. Nothing is committed before all are counted: they must stay above the floor, so that another start
        finds them.
        """
        self._stored_ids = ids
        self.account.withheld = replays and not ids.all_met
        if not replays:
            self._count_unmet()

    @property
    def remembers(self) -> int:
        """Number of stored ids in memory."""
        return len(self._stored_ids)

    def learn(self, ids: set[str]) -> None:
        """Recognize lines with these *ids* as well; they are stored and counted."""
        if self.remembers:
            self._stored_ids.learn(ids)
        elif ids:
            self.adopt(StoredIds(foreign=ids), replays=True)

    async def take(self, line: Line) -> str:
        """Send *line*; the reason if it became a dead letter, else empty."""
        self._counters.lines += 1
        self._counters.bytes += line.size
        message = normalize.normalize(line, self._origin)
        if message is None:
            self.account.add(Kind.SKIPPED, line.position, line.size)
            return ""
        message, redacted = normalize.redact(line, message, self._origin, self._redactor)
        kind = Kind.EVENT if isinstance(message, Publication) else Kind.DEAD
        entry = self.account.add(kind, line.position, line.size)
        if isinstance(message, DeadLetter):
            self._counters.add_dead(message.kind)
        if self._settle_stored(entry, message.id):
            return ""
        if redacted.by_class:
            self._counters.add_redacted(redacted.by_class)
        if isinstance(message, DeadLetter):
            await self._dead_letter(entry, redacted.raw, message)
            return message.reason
        return await self._publish(entry, line, message, redacted.raw)

    def _settle_stored(self, entry: Entry, id: str) -> bool:
        """Settle *entry* if its message is already stored."""
        seq = self._stored_ids.meet(id) if self.remembers else None
        if seq is None:
            return False
        self.account.settle(entry, seq)
        self._release()
        return True

    async def _publish(self, entry: Entry, line: Line, message: Publication, payload: bytes) -> str:
        size = len(payload) + _OVERHEAD_BYTES
        self._pressure.publishes(size)
        then = functools.partial(self._acknowledged, entry, size)
        try:
            await self._bus.publish(message.subject, payload, id=message.id, headers=message.headers, then=then)
        except TooLarge as error:
            self._pressure.settled(size)
            entry.kind = Kind.DEAD
            dead = normalize.dead_letter(line, self._origin, str(error), "too_long")
            self._counters.add_dead(dead.kind)
            if not self._settle_stored(entry, dead.id):
                await self._dead_letter(entry, payload, dead)
            return dead.reason
        return ""

    async def _dead_letter(self, entry: Entry, payload: bytes, dead: DeadLetter) -> None:
        then = functools.partial(self._acknowledged, entry, 0)
        await self._bus.dead_letters.publish(payload, id=dead.id, reason=dead.reason, headers=dead.headers, then=then)

    def _acknowledged(self, entry: Entry, size: int, ack: PubAck) -> None:
        self._pressure.settled(size)
        if self._bus.window.resent != self._resent:
            self._resent = self._bus.window.resent
            self.account.hold_together()
        if ack.duplicate and not self.account.knows(entry.kind, ack.seq):
            self._disputed.append((entry, ack.seq))  # an earlier message of this source, or of another one
            self._on_doubt()
        else:
            self.account.settle(entry, ack.seq)

    async def resolve(self) -> None:
        """Settle entries whose PubAcks said duplicate, by who stored the message; `BusError` if it must be retried."""
        disputed, self._disputed = self._disputed, []
        for kind in KINDS:
            pairs = [(entry, seq) for entry, seq in disputed if entry.kind is kind]
            if not pairs:
                continue
            try:
                owned = await self._stored.owned(kind, {seq for _, seq in pairs})
            except BusError:
                self._disputed += [pair for pair in disputed if pair[0].seq < 0]
                raise
            for entry, seq in pairs:
                # a deleted message was most likely stored by this source: another one would have been far ahead
                self.account.settle(entry, seq if owned.get(seq, True) else 0)

    def forget(self) -> None:
        """Reading has passed the end of an earlier run: stored lines that were not read again are counted now."""
        unmet = self._count_unmet()
        if unmet:
            log.warning("lines.unmet", extra={"lines": unmet, "why": "stored by an earlier run, gone from the source"})
        self._stored_ids = StoredIds()
        self._release()

    def _count_unmet(self) -> int:
        unmet = self._stored_ids.take_unmet()
        for message in unmet:
            self.account.count_stored(message.kind, message.seq, message.size + 1)
        return len(unmet)

    def _release(self) -> None:
        """Commit again, once every stored line of an earlier run was read again."""
        if self.account.withheld and self._stored_ids.all_met:
            self.account.withheld = False
            self.account.hold_together()
            if not self._stored_ids.foreign:
                self._stored_ids = StoredIds()

"""The way of one line: normalized, redacted, published or buried, and settled in the account by its PubAck."""

import functools
import logging
from collections.abc import Callable

from tocsin.bus import Bus, PubAck, TooLarge
from tocsin.collector import normalize
from tocsin.collector.line_account import Entry, Kind, LineAccount
from tocsin.collector.metrics import CollectorMetrics
from tocsin.collector.normalize import DeadLetter, Origin, Publication
from tocsin.collector.pressure import Pressure
from tocsin.collector.readback import KINDS, Known, Reader
from tocsin.collector.redaction import Redactor
from tocsin.collector.sources.base import Line
from tocsin.model.errors import BusError

log = logging.getLogger(__name__)

_OVERHEAD_BYTES = 300
"""Subject, headers and the stream's own bytes beside a payload."""
BUILT_IN = Redactor()
"""What redacts where nothing else is said."""


class Sender:
    """Sends the lines of one source and keeps its account."""

    def __init__(
        self,
        bus: Bus,
        reader: Reader,
        origin: Origin,
        account: LineAccount,
        pressure: Pressure,
        tally: CollectorMetrics,
        *,
        on_doubt: Callable[[], None],
        redactor: Redactor | None = BUILT_IN,
    ) -> None:
        """*on_doubt* is called when `resolve` has something to do; without *redactor* lines go out as they are."""
        self.account = account
        self._bus = bus
        self._reader = reader
        self._origin = origin
        self._pressure = pressure
        self._tally = tally
        self._redactor = redactor
        self._on_doubt = on_doubt
        self._known = Known()
        self._disputed: list[tuple[Entry, int]] = []
        self._resent = bus.window.resent

    def adopt(self, known: Known, *, replays: bool) -> None:
        """Start with what is stored beyond the checkpoint.

        Lines that a source cannot hand over again are counted at once. Others are counted as they are met, and until
        all are, nothing is committed: they must stay above the floor, where a further start would find them.
        """
        self._known = known
        self.account.withheld = replays and not known.all_met
        if not replays:
            self._count_unmet()

    @property
    def remembers(self) -> int:
        """How many ids are held from the start."""
        return len(self._known)

    async def take(self, line: Line) -> str:
        """Send *line* on its way; the reason where it became a dead letter, else empty."""
        self._tally.lines += 1
        self._tally.bytes += line.size
        made = normalize.normalize(line, self._origin)
        if made is None:
            self.account.add(Kind.SKIPPED, line.position, line.size)
            return ""
        made, redacted = normalize.redact(line, made, self._origin, self._redactor)
        kind = Kind.EVENT if isinstance(made, Publication) else Kind.DEAD
        entry = self.account.add(kind, line.position, line.size)
        if isinstance(made, DeadLetter):
            self._tally.died(made.kind)
        if len(self._known) and (seq := self._known.meet(made.id)) is not None:
            self.account.settle(entry, seq)
            self._release()
            return ""
        if redacted.found:
            self._tally.redacts(redacted.found)
        if isinstance(made, DeadLetter):
            await self._bury(entry, redacted.raw, made)
            return made.reason
        return await self._publish(entry, line, made, redacted.raw)

    async def _publish(self, entry: Entry, line: Line, made: Publication, payload: bytes) -> str:
        size = len(payload) + _OVERHEAD_BYTES
        self._pressure.publishes(size)
        then = functools.partial(self._acknowledged, entry, size)
        try:
            await self._bus.publish(made.subject, payload, id=made.id, headers=made.headers, then=then)
        except TooLarge as error:
            self._pressure.settled(size)
            entry.kind = Kind.DEAD
            letter = normalize.dead_letter(line, self._origin, str(error), "too_long")
            self._tally.died(letter.kind)
            if len(self._known) and (seq := self._known.meet(letter.id)) is not None:
                self.account.settle(entry, seq)
                self._release()
            else:
                await self._bury(entry, payload, letter)
            return letter.reason
        return ""

    async def _bury(self, entry: Entry, payload: bytes, letter: DeadLetter) -> None:
        then = functools.partial(self._acknowledged, entry, 0)
        await self._bus.dead_letters.publish(
            payload, id=letter.id, reason=letter.reason, headers=letter.headers, then=then
        )

    def _acknowledged(self, entry: Entry, size: int, ack: PubAck) -> None:
        self._pressure.settled(size)
        if self._bus.window.resent != self._resent:
            self._resent = self._bus.window.resent
            self.account.hold_together()
        if ack.duplicate and not self.account.knows(entry.kind, ack.seq):
            self._disputed.append((entry, ack.seq))  # ours, sent again? or another source's?
            self._on_doubt()
        else:
            self.account.settle(entry, ack.seq)

    async def resolve(self) -> None:
        """Settle what PubAcks called duplicates by whose they are; `BusError` where that must be tried again."""
        disputed, self._disputed = self._disputed, []
        for kind in KINDS:
            pairs = [(entry, seq) for entry, seq in disputed if entry.kind is kind]
            if not pairs:
                continue
            try:
                owned = await self._reader.owned(kind, {seq for _, seq in pairs})
            except BusError:
                self._disputed += [pair for pair in disputed if pair[0].seq < 0]
                raise
            for entry, seq in pairs:
                # what is gone from the stream was most likely ours: another source would have been far ahead of us
                self.account.settle(entry, seq if owned.get(seq, True) else 0)

    def forget(self) -> None:
        """Reading has passed all that was there at start: what was not met cannot be read again, and is counted."""
        unmet = self._count_unmet()
        if unmet:
            log.warning("lines.unmet", extra={"lines": unmet, "why": "stored by an earlier run, gone from the source"})
        self._known = Known()
        self._release()

    def _count_unmet(self) -> int:
        unmet = self._known.unmet()
        for found in unmet:
            self.account.found(found.kind, found.seq, found.size + 1)
        return len(unmet)

    def _release(self) -> None:
        """Commit again, once every line that an earlier run had stored was met."""
        if self.account.withheld and self._known.all_met:
            self.account.withheld = False
            self.account.hold_together()
            if not self._known.foreign:
                self._known = Known()

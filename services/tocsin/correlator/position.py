"""The position of the correlator in SIGNALS: loaded from the bucket at the start, saved as it advances."""

import logging

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.model import subjects
from tocsin.model.errors import BusError, Conflict, Fatal

log = logging.getLogger(__name__)


class Position(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """It never passes a message whose results JetStream has not acknowledged."""

    seq: int = 0
    """Every message of SIGNALS up to this one is finished: the alerts that it completed are stored."""
    rebuild_from: int = 1
    """A restart reads from this sequence to rebuild the windows."""
    stream: str = ""
    """When SIGNALS was created: the position says nothing about another stream of this name."""
    rules: str = ""
    """Hash of the definitions that decide what windows hold."""
    stored: str = ""
    """When message `seq` was stored, RFC 3339."""
    saved: str = ""
    writer: str = ""
    """The instance that saved it."""
    counts: dict[str, int] = {}
    """Totals of all runs: ``signals`` received, ``raised`` alerts, ``dead`` letters."""


class Loaded(Struct, frozen=True):
    """The stored position, if there is one."""

    position: Position | None = None
    seq: int = 0
    """Sequence of the stored value; it changes if another correlator saves."""
    unreadable: str = ""
    """Why the stored value is not a position; empty if it is one."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Position)


def encode(position: Position) -> bytes:
    """The position as JSON."""
    return _encoder.encode(position)


async def load(bus: Bus) -> Loaded:
    """The stored position. An unreadable one counts as missing: starting from the beginning repeats no alert."""
    entry = await bus.bucket.entry(subjects.CORRELATOR_KEY)
    if entry is None:
        return Loaded()
    try:
        return Loaded(_decoder.decode(entry.payload), entry.seq)
    except msgspec.DecodeError as error:
        return Loaded(None, entry.seq, str(error))


class PositionWriter:
    """Saves the position of this instance; a save that fails is tried again by the next one."""

    def __init__(self, bus: Bus, *, after: int) -> None:
        """*after* is the sequence of the loaded value."""
        self._bus = bus
        self._after = after
        self.problem = ""
        """Why the last save failed; empty if it did not."""
        self.saved_seq = -1
        """`Position.seq` of the last save; -1 before the first one."""

    async def save(self, position: Position) -> bool:
        """Whether *position* is stored now; `Fatal` if another correlator saves its position, too."""
        signed = msgspec.structs.replace(position, writer=self._bus.instance)
        try:
            self._after = await self._bus.bucket.save(subjects.CORRELATOR_KEY, encode(signed), after=self._after)
        except Conflict:
            await self._reconsider()
            return False
        except Fatal:
            raise
        except BusError as error:
            if not self.problem:
                log.warning("position.postponed", extra={"error": str(error)})
            self.problem = str(error)
            return False
        self.problem = ""
        self.saved_seq = signed.seq
        return True

    async def _reconsider(self) -> None:
        """The stored value is not the last save: it is a save without an answer, or another correlator's."""
        try:
            stored = await load(self._bus)
        except BusError as error:
            self.problem = str(error)
            return
        writer = stored.position.writer if stored.position is not None else ""
        if stored.seq and writer != self._bus.instance:
            raise Fatal(
                f"{writer or 'another correlator'} saves its position in SIGNALS as well: there must be one correlator"
            )
        self._after = stored.seq  # the next save follows it

"""Where the correlator stands in SIGNALS, kept in the bucket: loaded at start, saved as it moves."""

import logging

import msgspec
from msgspec import Struct

from tocsin.bus import Bus
from tocsin.model import subjects
from tocsin.model.errors import BusError, Conflict, Fatal

log = logging.getLogger(__name__)


class Position(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Never past what JetStream has acknowledged."""

    seq: int = 0
    """Every message of SIGNALS up to this one is dealt with: what it completed is raised."""
    rebuild_from: int = 1
    """From here on a restart has to read to know what is in the windows."""
    stream: str = ""
    """When SIGNALS was created: another one begins anew."""
    rules: str = ""
    """Hash of what decides what the windows hold."""
    stored: str = ""
    """When the message `seq` was stored, RFC 3339."""
    saved: str = ""
    writer: str = ""
    """The instance that saved it."""
    counts: dict[str, int] = {}
    """Over all runs: ``signals`` received, ``raised`` alerts, ``dead`` letters."""


class Loaded(Struct, frozen=True):
    """What is stored."""

    position: Position | None = None
    seq: int = 0
    """By which it is known whether another correlator saves."""
    unreadable: str = ""
    """Why there is no position where there is a value."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Position)


def encode(position: Position) -> bytes:
    """The position as JSON."""
    return _encoder.encode(position)


async def load(bus: Bus) -> Loaded:
    """The stored position. One that cannot be read is none: beginning anew repeats no alert."""
    entry = await bus.bucket.entry(subjects.CORRELATOR_KEY)
    if entry is None:
        return Loaded()
    try:
        return Loaded(_decoder.decode(entry.payload), entry.seq)
    except msgspec.DecodeError as error:
        return Loaded(None, entry.seq, str(error))


class Keeper:
    """Saves the position of this instance; what could not be saved is tried again."""

    def __init__(self, bus: Bus, *, after: int) -> None:
        """*after* is the sequence of the value that was loaded."""
        self._bus = bus
        self._after = after
        self.problem = ""
        """Why the last save failed, in words."""
        self.saved_seq = -1
        """What the stored position says; -1 before the first save."""

    async def save(self, position: Position) -> bool:
        """Whether *position* is stored; `Fatal` where another correlator saves too."""
        own = msgspec.structs.replace(position, writer=self._bus.instance)
        try:
            self._after = await self._bus.bucket.save(subjects.CORRELATOR_KEY, encode(own), after=self._after)
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
        self.saved_seq = own.seq
        return True

    async def _reconsider(self) -> None:
        """What is stored is not what we saved last: our own save without an answer, or somebody else's."""
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

"""Which events have their alert or dead letter already: asked of the streams, since this service remembers nothing."""

from collections.abc import Collection

from msgspec import Struct

from tocsin.bus import Bus, Message, Start, streams
from tocsin.model import subjects
from tocsin.model.timestamps import NS_PER_S

RECENT = 20_000
"""Alerts whose ids are read at start and after a break: five times what may be unacknowledged at once."""

_MARGIN_NS = 2 * NS_PER_S
"""Streams of one cluster may be led by servers whose clocks differ a little."""
_SERVICE = "classifier"

RESULTS = {streams.ALERTS: subjects.ALL_ALERTS, streams.dead(_SERVICE): subjects.dead(_SERVICE)}
"""Where an event may end, each stream with the filter for what this service writes there."""


class Recent(Struct, frozen=True):
    """What was stored last, as it was at one moment.

    A nats-server that is killed may forget the last moments of its consumers, and deliver anew as if it never had.
    """

    ids: frozenset[str] = frozenset()
    last_seq: int = 0
    """Last sequence of EVENTS then: what comes after it cannot be a repeat."""
    last_place: int = 0
    """Number of the last delivery then, to whomever: what this process holds from before may be another's by now."""

    def covers(self, message: Message) -> bool:
        """Whether a first delivery may still be a repeat."""
        return message.seq <= self.last_seq

    def precedes(self, message: Message) -> bool:
        """Whether *message* was delivered before that moment."""
        return message.place <= self.last_place


async def recent(bus: Bus) -> Recent:
    """The last `RECENT` results, and where EVENTS and its consumer stand; `BusError` where it cannot be read."""
    ids: set[str] = set()
    last_seq = (await bus.stream(streams.EVENTS)).state.last_seq
    place = (await bus.consumer(streams.EVENTS, streams.CLASSIFIER)).delivered.consumer_seq
    for stream, filter in RESULTS.items():
        state = (await bus.stream(stream)).state
        first = max(state.first_seq, state.last_seq - RECENT + 1, 1)
        ids |= (await bus.stored_ids(stream, filter=filter, start=Start(seq=first))).keys()
    return Recent(frozenset(ids), last_seq, place)


async def stored(bus: Bus, messages: Collection[Message]) -> set[str]:
    """The ids among *messages* that have their result already; one reading for all of them.

    A result is stored after its event, so nothing older than the oldest event has to be read.
    """
    among = {message.id for message in messages}
    oldest_ns = min(message.stored_ns for message in messages) - _MARGIN_NS
    found: set[str] = set()
    for stream, filter in RESULTS.items():
        found |= (await bus.stored_ids(stream, filter=filter, start=Start(time_ns=oldest_ns), among=among)).keys()
    return found

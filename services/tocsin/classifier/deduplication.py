"""Which events have their alert or dead letter already; the streams know, since this service keeps no state."""

from collections.abc import Collection

from msgspec import Struct

from tocsin.bus import Bus, Message, Start, streams
from tocsin.model import subjects
from tocsin.model.timestamps import NS_PER_S

RECENT = 20_000
"""Ids of this many alerts are read at the start and after a break: five times the limit of unacknowledged events."""

_MARGIN_NS = 2 * NS_PER_S
"""The leaders of two streams may be servers whose clocks differ a little."""
_SERVICE = "classifier"

RESULTS = {streams.ALERTS: subjects.ALL_ALERTS, streams.dead(_SERVICE): subjects.dead(_SERVICE)}
"""The streams that hold results of events, each with the subject filter of this service's results."""


class RecentResults(Struct, frozen=True):
    """The last results, as they were at one moment.

    A killed nats-server may lose the last state of its consumers, and deliver messages again as first deliveries.
    """

    ids: frozenset[str] = frozenset()
    last_seq: int = 0
    """Last sequence of EVENTS at that moment: a message after it cannot be a repeat."""
    last_place: int = 0
    """Number of the last delivery at that moment: an earlier one may belong to another replica by now."""

    def covers(self, message: Message) -> bool:
        """Whether a first delivery may still be a repeat."""
        return message.seq <= self.last_seq

    def precedes(self, message: Message) -> bool:
        """Whether *message* was delivered before that moment."""
        return message.place <= self.last_place


async def read_recent(bus: Bus) -> RecentResults:
    """The last `RECENT` results, the last sequences of EVENTS and its consumer; `BusError` if they are unreadable."""
    ids: set[str] = set()
    last_seq = (await bus.stream(streams.EVENTS)).state.last_seq
    delivery = (await bus.consumer(streams.EVENTS, streams.CLASSIFIER)).delivered.consumer_seq
    for stream, filter in RESULTS.items():
        state = (await bus.stream(stream)).state
        first = max(state.first_seq, state.last_seq - RECENT + 1, 1)
        ids |= (await bus.stored_ids(stream, filter=filter, start=Start(seq=first))).keys()
    return RecentResults(frozenset(ids), last_seq, delivery)


async def stored_ids(bus: Bus, messages: Collection[Message]) -> set[str]:
    """The ids of *messages* that have their result already, with one reading for all of them.

    A result is stored after its event, so nothing older than the oldest event is read.
    """
    among = {message.id for message in messages}
    oldest_ns = min(message.stored_ns for message in messages) - _MARGIN_NS
    ids: set[str] = set()
    for stream, filter in RESULTS.items():
        ids |= (await bus.stored_ids(stream, filter=filter, start=Start(time_ns=oldest_ns), among=among)).keys()
    return ids

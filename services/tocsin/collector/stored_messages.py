"""Which messages of a source the streams hold above the floors: read at the start, and when a PubAck leaves a doubt."""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from tocsin.bus import Bus, Message, Start, streams
from tocsin.collector.line_account import Kind
from tocsin.collector.normalize import source_of
from tocsin.model import subjects

KINDS = (Kind.EVENT, Kind.DEAD)
_SIZE_HEADER = "Nats-Msg-Size"


class StoredMessage(Struct, frozen=True, gc=False):
    """A message of this source that is already stored."""

    kind: Kind
    seq: int
    size: int
    """Bytes of its payload."""


StoredLine = tuple[str, StoredMessage]
"""An id and its message."""


def size_of(headers: Mapping[str, str]) -> int:
    """Payload bytes of a message that was read without its payload."""
    return int(headers.get(_SIZE_HEADER, "0"))


class StoredIds:
    """The ids that were stored at the start; a line with one of these ids is not sent again."""

    def __init__(self, messages: dict[str, StoredMessage] | None = None, foreign: set[str] | None = None) -> None:
        """*messages* of this source by id, and the ids of other sources."""
        self._messages = messages or {}
        self._foreign = foreign or set()
        self._unmet = set(self._messages)

    def __len__(self) -> int:
        """Number of ids in memory."""
        return len(self._messages) + len(self._foreign)

    @property
    def all_met(self) -> bool:
        """Whether every stored line of this source was read again."""
        return not self._unmet

    @property
    def foreign(self) -> bool:
        """Whether some ids belong to other sources."""
        return bool(self._foreign)

    def meet(self, id: str) -> int | None:
        """The sequence at which *id* is stored, 0 if another source stored it, ``None`` if it is not stored."""
        message = self._messages.get(id)
        if message is not None:
            self._unmet.discard(id)
            return message.seq
        return 0 if id in self._foreign else None

    def learn(self, ids: Collection[str]) -> None:
        """Add *ids* that are stored and already counted."""
        self._foreign |= {id for id in ids if id not in self._messages}

    def take_unmet(self) -> list[StoredMessage]:
        """The stored messages of this source whose lines were not read again; they count as met from now on."""
        messages = [self._messages[id] for id in self._unmet]
        self._unmet = set()
        return messages


class StoredMessages:
    """Reads one source's messages from the streams."""

    def __init__(self, bus: Bus, *, cluster: str, node: str, key: str) -> None:
        """*cluster* and *node* restrict the subjects unless empty; *key* identifies this source."""
        self._bus = bus
        self._key = key
        self._streams = {
            Kind.EVENT: (streams.EVENTS, subjects.events_of(cluster, node)),
            Kind.DEAD: (streams.dead("collector"), subjects.dead("collector")),
        }

    async def prepare(self) -> None:
        """Let the publish window check what is stored before it sends again after a long break."""
        await self._bus.recheck_in(dict(self._streams.values()))

    async def last(self, kind: Kind) -> int:
        """The last sequence of the stream of *kind*."""
        return (await self._bus.stream(self._streams[kind][0])).state.last_seq

    async def ids_above(self, floors: Mapping[Kind, int], *, dead: Sequence[StoredLine] | None = None) -> StoredIds:
        """The ids above the *floors*; *dead* are the dead letters of this source, if they were read already."""
        messages: dict[str, StoredMessage] = {}
        foreign: set[str] = set()
        for kind in KINDS:

            def take(message: Message, kind: Kind = kind) -> None:
                headers = message.headers
                if source_of(headers) == self._key:
                    messages.setdefault(message.id, StoredMessage(kind, message.seq, size_of(headers)))
                elif kind is Kind.EVENT:  # the id of a dead letter depends on its source: no other source's can match
                    foreign.add(message.id)

            if kind is Kind.DEAD and dead is not None:
                messages.update((id, message) for id, message in dead if message.seq > floors[kind])
                continue
            await self._read(kind, floors[kind] + 1, take)
        return StoredIds(messages, foreign)

    async def all_ids_above(self, floors: Mapping[Kind, int]) -> set[str]:
        """The ids above the *floors*, of all sources."""
        ids: set[str] = set()
        for kind in KINDS:
            await self._read(kind, floors[kind] + 1, lambda message: ids.add(message.id))
        return ids

    async def owned(self, kind: Kind, sequences: Collection[int]) -> dict[int, bool]:
        """Whether this source stored the messages with these *sequences*; a deleted message is left out."""
        pending, owned = set(sequences), dict[int, bool]()

        def take(message: Message) -> None:
            if (seq := message.seq) in pending:
                owned[seq] = source_of(message.headers) == self._key

        await self._read(kind, min(pending), take)
        return owned

    async def _read(self, kind: Kind, seq: int, take: Callable[[Message], None]) -> None:
        stream, filter = self._streams[kind]
        await self._bus.read(stream, take, filters=[filter], start=Start(seq=seq), headers_only=True)

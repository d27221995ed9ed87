"""What the streams hold of our lines above the floors: asked at start, and when a PubAck leaves a doubt."""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from tocsin.bus import Bus, Message, Start, streams
from tocsin.collector.line_account import Kind
from tocsin.collector.normalize import source_of
from tocsin.model import subjects

KINDS = (Kind.EVENT, Kind.DEAD)
_SIZE_HEADER = "Nats-Msg-Size"


class StoredMessage(Struct, frozen=True, gc=False):
    """A message of this source that is stored already."""

    kind: Kind
    seq: int
    size: int
    """Bytes of its payload."""


StoredLine = tuple[str, StoredMessage]
"""An id, and where it stands."""


def size_of(headers: Mapping[str, str]) -> int:
    """Bytes of the payload of a message that was read without it."""
    return int(headers.get(_SIZE_HEADER, "0"))


class StoredIds:
    """The ids that were stored when we began; a line whose id is among them is not sent again."""

    def __init__(self, mine: dict[str, StoredMessage] | None = None, foreign: set[str] | None = None) -> None:
        """What this source stored, and what others did."""
        self._mine = mine or {}
        self._foreign = foreign or set()
        self._unmet = set(self._mine)

    def __len__(self) -> int:
        """How many ids are held."""
        return len(self._mine) + len(self._foreign)

    @property
    def all_met(self) -> bool:
        """Whether every line that this source had stored was read again."""
        return not self._unmet

    @property
    def foreign(self) -> bool:
        """Whether some are another source's."""
        return bool(self._foreign)

    def meet(self, id: str) -> int | None:
        """The sequence that *id*, which is met now, is stored at: 0 where it is another source's; else ``None``."""
        found = self._mine.get(id)
        if found is not None:
            self._unmet.discard(id)
            return found.seq
        return 0 if id in self._foreign else None

    def learn(self, ids: Collection[str]) -> None:
        """These are stored as well, and counted."""
        self._foreign |= {id for id in ids if id not in self._mine}

    def unmet(self) -> list[StoredMessage]:
        """What this source had stored and was not met; it counts as met from now on."""
        found = [self._mine[id] for id in self._unmet]
        self._unmet = set()
        return found


class StoredMessages:
    """Asks the streams about one source's messages."""

    def __init__(self, bus: Bus, *, cluster: str, node: str, key: str) -> None:
        """*cluster* and *node* bind the subjects where they are not empty; *key* marks what is ours."""
        self._bus = bus
        self._key = key
        self._streams = {
            Kind.EVENT: (streams.EVENTS, subjects.events_of(cluster, node)),
            Kind.DEAD: (streams.dead("collector"), subjects.dead("collector")),
        }

    async def prepare(self) -> None:
        """Have the window look what is stored before it sends again after a long break."""
        await self._bus.recheck_in(dict(self._streams.values()))

    async def last(self, kind: Kind) -> int:
        """The last sequence of the stream of *kind*."""
        return (await self._bus.stream(self._streams[kind][0])).state.last_seq

    async def stored(self, floors: Mapping[Kind, int], *, dead: Sequence[StoredLine] | None = None) -> StoredIds:
        """The ids above the *floors*; *dead* is what DEAD holds of ours, where that was read already."""
        mine: dict[str, StoredMessage] = {}
        foreign: set[str] = set()
        for kind in KINDS:

            def take(message: Message, kind: Kind = kind) -> None:
                headers = message.headers
                if source_of(headers) == self._key:
                    mine.setdefault(message.id, StoredMessage(kind, message.seq, size_of(headers)))
                elif kind is Kind.EVENT:  # the id of a dead letter holds its source: of another's none is met
                    foreign.add(message.id)

            if kind is Kind.DEAD and dead is not None:
                mine.update((id, found) for id, found in dead if found.seq > floors[kind])
                continue
            await self._read(kind, floors[kind] + 1, take)
        return StoredIds(mine, foreign)

    async def ids(self, floors: Mapping[Kind, int]) -> set[str]:
        """The ids above the *floors*, whosever they are."""
        found: set[str] = set()
        for kind in KINDS:
            await self._read(kind, floors[kind] + 1, lambda message: found.add(message.id))
        return found

    async def owned(self, kind: Kind, sequences: Collection[int]) -> dict[int, bool]:
        """Which of these messages this source stored; one that is gone is not named."""
        wanted, found = set(sequences), dict[int, bool]()

        def take(message: Message) -> None:
            if (seq := message.seq) in wanted:
                found[seq] = source_of(message.headers) == self._key

        await self._read(kind, min(wanted), take)
        return found

    async def _read(self, kind: Kind, seq: int, take: Callable[[Message], None]) -> None:
        stream, filter = self._streams[kind]
        await self._bus.read(stream, take, filters=[filter], start=Start(seq=seq), headers_only=True)

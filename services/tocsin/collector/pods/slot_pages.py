"""What the bucket and the stream of dead letters hold of all slots, read once when following begins."""

from collections.abc import Mapping

from tocsin.bus import Bus, Message, Start, streams
from tocsin.collector import checkpoint
from tocsin.collector.line_account import Kind
from tocsin.collector.normalize import source_of
from tocsin.collector.pods.slots import key_of
from tocsin.collector.readback import Found, Stored, size_of
from tocsin.model import subjects
from tocsin.model.checkpoint import Checkpoint


async def pages(bus: Bus, cluster: str) -> dict[int, Checkpoint]:
    """The checkpoints of all slots, by number; `BusUnavailable` where they cannot be read."""
    keys = set(await bus.bucket.keys(f"{subjects.COLLECTOR_KEYS}.{subjects.slug(cluster)}"))
    found: dict[int, Checkpoint] = {}
    number, left = 0, sum(_is_slot(key) for key in keys)
    while left > 0:
        key = key_of(cluster, number)
        if key in keys:
            left -= 1
            loaded = await checkpoint.load(bus, key)
            if loaded.checkpoint is not None:
                found[number] = loaded.checkpoint
        number += 1
        if number > _MOST:
            break
    return found


_MOST = 100_000
_PREFIX, _SUFFIX = key_of("", 0).rsplit(".", 2)[1:]


def _is_slot(key: str) -> bool:
    node, digest = key.rsplit(".", 2)[1:]
    return digest == _SUFFIX and node.startswith(_PREFIX.rstrip("0"))


async def dead_letters(bus: Bus, cluster: str, known: Mapping[int, Checkpoint]) -> dict[str, list[Stored]]:
    """For each slot's key the dead letters above its floor: one reading for all, since all are on one subject."""
    floors = {key_of(cluster, number): page.floor_dead for number, page in known.items()}
    found: dict[str, list[Stored]] = {key: [] for key in floors}
    if not floors:
        return found

    def take(message: Message) -> None:
        key = source_of(message.headers)
        if key in floors and message.seq > floors[key]:
            found[key].append((message.id, Found(Kind.DEAD, message.seq, size_of(message.headers))))

    stream, filter = streams.dead("collector"), subjects.dead("collector")
    await bus.read(stream, take, filters=[filter], start=Start(seq=min(floors.values()) + 1), headers_only=True)
    return found

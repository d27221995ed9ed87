"""Reads the checkpoints of all slots and their dead letters, once when following begins."""

from collections.abc import Mapping

from tocsin.bus import Bus, Message, Start, streams
from tocsin.collector import checkpoint
from tocsin.collector.line_account import Kind
from tocsin.collector.normalize import source_of
from tocsin.collector.pods.slots import key_of
from tocsin.collector.stored_messages import StoredLine, StoredMessage, size_of
from tocsin.model import subjects
from tocsin.model.checkpoint import Checkpoint

_MOST = 100_000
_PREFIX, _SUFFIX = key_of("", 0).rsplit(".", 2)[1:]


async def load(bus: Bus, cluster: str) -> dict[int, Checkpoint]:
    """The checkpoints of all slots, by number; `BusUnavailable` if they cannot be read."""
    keys = set(await bus.bucket.keys(f"{subjects.COLLECTOR_KEYS}.{subjects.slug(cluster)}"))
    checkpoints: dict[int, Checkpoint] = {}
    number, left = 0, sum(_is_slot(key) for key in keys)
    while left > 0:
        key = key_of(cluster, number)
        if key in keys:
            left -= 1
            loaded = await checkpoint.load(bus, key)
            if loaded.checkpoint is not None:
                checkpoints[number] = loaded.checkpoint
        number += 1
        if number > _MOST:
            break
    return checkpoints


def _is_slot(key: str) -> bool:
    node, digest = key.rsplit(".", 2)[1:]
    return digest == _SUFFIX and node.startswith(_PREFIX.rstrip("0"))


async def dead_letters(bus: Bus, cluster: str, checkpoints: Mapping[int, Checkpoint]) -> dict[str, list[StoredLine]]:
    """For each slot's key the dead letters above its floor; read once for all slots, which share one subject."""
    floors = {key_of(cluster, number): saved.floor_dead for number, saved in checkpoints.items()}
    lines: dict[str, list[StoredLine]] = {key: [] for key in floors}
    if not floors:
        return lines

    def take(message: Message) -> None:
        key = source_of(message.headers)
        if key in floors and message.seq > floors[key]:
            lines[key].append((message.id, StoredMessage(Kind.DEAD, message.seq, size_of(message.headers))))

    stream, filter = streams.dead("collector"), subjects.dead("collector")
    await bus.read(stream, take, filters=[filter], start=Start(seq=min(floors.values()) + 1), headers_only=True)
    return lines

"""What a stream holds, as numbers that the simulator gave its events."""

import collections

from tocsin.bus import Bus, Message
from tocsin.simulator.numbers import number_of


async def numbers(bus: Bus, stream: str) -> collections.Counter[int]:
    """How often each number stands in *stream*."""
    found: collections.Counter[int] = collections.Counter()

    def take(message: Message) -> None:
        number = number_of(message.payload)
        assert number is not None, message.payload[:200]
        found[number] += 1

    await bus.read(stream, take, filters=[])
    return found


async def ids(bus: Bus, stream: str) -> dict[str, int]:
    """Id to number of every message in *stream*."""
    found: dict[str, int] = {}

    def take(message: Message) -> None:
        number = number_of(message.payload)
        assert number is not None
        found[message.id] = number

    await bus.read(stream, take, filters=[])
    return found

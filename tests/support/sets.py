"""What a stream holds: alerts of events by the numbers that the simulator gave these, and alerts of correlations."""

import collections

from tocsin.bus import Bus, Message, streams
from tocsin.model import alert
from tocsin.simulator.event_numbers import number_of

CORRELATION = "correlation"


def is_raised(message: Message) -> bool:
    """Whether a message of ALERTS is a correlation's."""
    return message.subject.startswith("alerts.") and alert.summarize(message.payload).kind == CORRELATION


async def numbers(bus: Bus, stream: str) -> collections.Counter[int]:
    """How often each number stands in *stream*."""
    found: collections.Counter[int] = collections.Counter()

    def take(message: Message) -> None:
        if not is_raised(message):
            number = number_of(message.payload)
            assert number is not None, message.payload[:200]
            found[number] += 1

    await bus.read(stream, take, filters=[])
    return found


async def ids(bus: Bus, stream: str) -> collections.Counter[str]:
    """How often each id stands in *stream*."""
    found: collections.Counter[str] = collections.Counter()

    def take(message: Message) -> None:
        found[message.id] += 1

    await bus.read(stream, take, filters=[])
    return found


async def ids_of_events(bus: Bus, stream: str) -> set[str]:
    """The ids of events' alerts in *stream*."""
    found: set[str] = set()

    def take(message: Message) -> None:
        if not is_raised(message):
            found.add(message.id)

    await bus.read(stream, take, filters=[])
    return found


async def ids_of_correlations(bus: Bus) -> collections.Counter[str]:
    """How often each alert of a correlation stands in ALERTS."""
    found: collections.Counter[str] = collections.Counter()

    def take(message: Message) -> None:
        if is_raised(message):
            found[message.id] += 1

    await bus.read(streams.ALERTS, take, filters=[])
    return found

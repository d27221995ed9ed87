"""Short ways to publish to and look into the streams of a test's server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tocsin.bus import Bus, Message, PubAck, open_bus

from support.server import NatsServer

EVENT = "tetragon.c1.n1.exec"
OWN_EVENTS = "tetragon.c1.*.>"


@asynccontextmanager
async def opened(server: NatsServer, user: str, *, duplicate_window_s: float = 60.0) -> AsyncIterator[Bus]:
    """A bus of *user*."""
    async with open_bus(server.settings(user, duplicate_window_s=duplicate_window_s), user) as bus:
        yield bus


async def settle(bus: Bus) -> None:
    """Until the server knows what was subscribed to: a ping of the client may overtake it, the one after that cannot."""
    await bus.connection.client.flush()
    await bus.connection.client.flush()


class Acks:
    """Collects PubAcks."""

    def __init__(self) -> None:
        self.all: list[PubAck] = []

    def __call__(self, ack: PubAck) -> None:
        self.all.append(ack)


async def publish(bus: Bus, numbers: range, *, subject: str = EVENT) -> list[PubAck]:
    """Publish each number as payload and id, and wait until all are stored."""
    acks = Acks()
    for number in numbers:
        await bus.publish(subject, str(number).encode(), id=f"id-{number}", then=acks)
    assert await bus.flush(10.0)
    return acks.all


async def payloads(server: NatsServer, stream: str) -> list[int]:
    """The numbers that *stream* holds, in its order."""
    found: list[int] = []
    async with opened(server, "admin") as bus:
        await bus.read(stream, lambda message: found.append(int(message.payload)), filters=[])
    return found


@asynccontextmanager
async def running(work: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Event]:
    """Run *work* beside the body, and stop it at the body's end; what it raises comes out."""
    stop = asyncio.Event()

    async def run() -> None:
        await work(stop)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(run())
        try:
            yield stop
        finally:
            stop.set()


class Taken:
    """Collects messages, acknowledging them where asked to."""

    def __init__(self, *, ack: bool = False) -> None:
        self.all: list[Message] = []
        self._ack = ack

    async def __call__(self, message: Message) -> None:
        self.all.append(message)
        if self._ack:
            await message.ack()

    @property
    def numbers(self) -> list[int]:
        """Their payloads."""
        return [int(message.payload) for message in self.all]

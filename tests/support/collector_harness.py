"""Running the collector against a real server, killing it, and reading what it has stored."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tocsin.bus import Message, streams
from tocsin.collector import service
from tocsin.collector.settings import Settings
from tocsin.collector.sources.base import Source
from tocsin.model import checkpoint, subjects
from tocsin.model.checkpoint import Checkpoint

from support.buses import opened
from support.server import NatsServer
from support.waiting import until

DEAD = streams.dead("collector")
FAST = 0.05
"""Seconds between two checkpoints."""


def event(number: int, *, node: str = "n1", padding: int = 0) -> bytes:
    """An event that carries a number."""
    process = {"exec_id": f"e{number}", "pid": number, "arguments": "x" * padding}
    return json.dumps({"process_exec": {"process": process}, "node_name": node}).encode()


def number_of(payload: bytes) -> int:
    """The number of `event`."""
    return int(json.loads(payload)["process_exec"]["process"]["pid"])


def reads(path: Path, **more: object) -> Settings:
    """Settings for a file."""
    return Settings(path=str(path), checkpoint_interval_s=FAST, **more)  # type: ignore[arg-type]


class Running:
    """Something that runs as a task until it is stopped."""

    stop: asyncio.Event
    task: "asyncio.Task[None]"

    async def kill(self) -> None:
        """End it at once: no flush, no checkpoint."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def end(self) -> None:
        """Stop it in order."""
        self.stop.set()
        await asyncio.wait_for(self.task, 20)


class Collecting(Running):
    """A collector that runs."""

    def __init__(self, server: NatsServer, settings: Settings, source: Source | None, window_s: float) -> None:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self._run(server, settings, source, window_s))

    async def _run(self, server: NatsServer, settings: Settings, source: Source | None, window_s: float) -> None:
        async with opened(server, "collector", duplicate_window_s=window_s) as bus:
            await service.run(bus, settings, self.stop, source=source)


@asynccontextmanager
async def collecting(
    server: NatsServer, settings: Settings, *, source: Source | None = None, window_s: float = 60.0
) -> AsyncIterator[Collecting]:
    """A collector for the body; stopped in order at its end, where it still runs."""
    collector = Collecting(server, settings, source, window_s)
    try:
        yield collector
    except BaseException:
        collector.task.cancel()
        raise
    if not collector.task.done():
        await collector.end()


class StoredState:
    """The messages of the streams and the checkpoints of the bucket."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.dead: list[Message] = []
        self.sources: list[Checkpoint] = []
        self.last: dict[str, int] = {}

    @property
    def numbers(self) -> list[int]:
        """The numbers in EVENTS, in its order."""
        return [number_of(message.payload) for message in self.events]

    def balances(self) -> None:
        """The ledger's equations 1 and 2, from what is stored."""
        for source in self.sources:
            counts = source.counts
            assert counts.lines == counts.stored + counts.dead + counts.repeated + counts.skipped
        assert self.last[streams.EVENTS] == sum(source.counts.stored for source in self.sources)
        assert self.last[DEAD] == sum(source.counts.dead for source in self.sources)


async def read_stored(server: NatsServer) -> StoredState:
    """Read all messages and checkpoints."""
    state = StoredState()
    async with opened(server, "admin") as bus:
        for name, into in ((streams.EVENTS, state.events), (DEAD, state.dead)):
            await bus.read(name, into.append, filters=[])
            state.last[name] = (await bus.stream(name)).state.last_seq
        for key in await bus.bucket.keys(subjects.COLLECTOR_KEYS):
            value = await bus.bucket.load(key)
            assert value is not None
            state.sources.append(checkpoint.decode(value))
    return state


async def stored(
    server: NatsServer, *, events: int | None = None, dead: int | None = None, timeout_s: float = 20
) -> None:
    """Wait until the streams hold as many."""
    async with opened(server, "admin") as bus:

        async def enough() -> bool:
            wanted = [(streams.EVENTS, events), (DEAD, dead)]
            lasts = [(await bus.stream(name)).state.last_seq >= n for name, n in wanted if n is not None]
            return all(lasts)

        await until(enough, timeout_s, what=f"{events} events, {dead} dead letters")


async def counted(server: NatsServer, lines: int, *, timeout_s: float = 20) -> None:
    """Wait until the checkpoints speak of as many lines."""
    async with opened(server, "admin") as bus:

        async def enough() -> bool:
            found = [await bus.bucket.load(key) for key in await bus.bucket.keys(subjects.COLLECTOR_KEYS)]
            return sum(checkpoint.decode(value).counts.lines for value in found if value is not None) >= lines

        await until(enough, timeout_s, what=f"{lines} lines in the checkpoints")

"""One address before one gateway or another: a switch of TCP that a test turns, closes and opens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK_BYTES = 65_536


class Passage:
    """Passes bytes from its own port to `goal`."""

    def __init__(self, goal: int) -> None:
        self.goal = goal
        """The port on this machine to which new connections lead."""
        self.opens = True
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def page(self) -> str:
        """The address of the page behind it, which ends in a slash."""
        return f"http://127.0.0.1:{self.port}/"

    def turn(self, goal: int) -> None:
        """Lead elsewhere from now on, and end what is connected."""
        self.goal = goal
        self.cut()

    def close(self) -> None:
        """Let nobody through."""
        self.opens = False
        self.cut()

    def open(self) -> None:
        """Let everybody through again."""
        self.opens = True

    def cut(self) -> None:
        """End all connections at once, without a goodbye."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        if not self.opens:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.goal)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pass(reader, far_writer))
                tasks.create_task(_pass(far_reader, writer))
        finally:
            self._writers -= both
            for own in both:
                own.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


@asynccontextmanager
async def passage(goal: int) -> AsyncIterator[Passage]:
    """A switch on a free port."""
    own = Passage(goal)
    server = await asyncio.start_server(own.handle, "127.0.0.1", 0)
    own.port = server.sockets[0].getsockname()[1]
    try:
        yield own
    finally:
        own.close()
        server.close()
        await server.wait_closed()

"""The end of a test's TLS connections, which live on after their client was closed: they say good-bye first."""

import asyncio
import socket
from contextlib import suppress

from support.waiting import until


class Sockets:
    """The sockets of one aiohttp session: the connector takes ``make`` as its ``socket_factory``."""

    def __init__(self) -> None:
        self._made: list[socket.socket] = []

    def make(self, address: tuple[object, ...]) -> socket.socket:
        """A socket for aiohttp."""
        family, kind, protocol = address[:3]
        assert isinstance(family, int)
        assert isinstance(kind, int)
        assert isinstance(protocol, int)
        self._made = [*self._open(), socket.socket(family, kind, protocol)]
        return self._made[-1]

    async def close(self) -> None:
        """Returns once all are closed."""
        for each in self._open():
            with suppress(OSError):  # the other side was quicker
                each.shutdown(socket.SHUT_RDWR)
        await until(lambda: not self._open(), what="the connections of a session are closed")

    def _open(self) -> list[socket.socket]:
        return [each for each in self._made if each.fileno() != -1]


async def no_connections(port: int) -> None:
    """Returns once this loop has no connection to *port* any more; those of clients that are not ours are shut down.

    A loop that is closed before warns of transports that nobody closed. It does not name them in public, and uvloop's,
    which does not warn, not at all.
    """
    transports = getattr(asyncio.get_running_loop(), "_transports", {})

    def still_open() -> list[socket.socket]:
        sockets = [each.get_extra_info("socket") for each in list(transports.values()) if _peer(each) == port]
        return [each for each in sockets if each is not None and each.fileno() != -1]

    for each in still_open():
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    await until(lambda: not still_open(), what=f"the connections to {port} are closed")


def _peer(transport: asyncio.Transport) -> int:
    address = transport.get_extra_info("peername")
    return int(address[1]) if isinstance(address, tuple) else -1

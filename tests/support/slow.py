"""A client of the stream that hardly reads: as fast as it is told, through a small buffer, acknowledging nothing."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_BUFFER_BYTES = 4_096
_OPEN = b'{"k":"open","cursor":null,"window":"15m","rows":400,"fold":false}'


class Slow:
    """What it has read."""

    def __init__(self) -> None:
        self.bytes = 0
        self.ended = False
        """Whether the gateway has hung up."""

    async def run(self, reader: asyncio.StreamReader, bytes_s: int) -> None:
        """Read so many bytes each second, until the end."""
        while chunk := await reader.read(max(1, bytes_s // 10)):
            self.bytes += len(chunk)
            await asyncio.sleep(0.1)
        self.ended = True


@asynccontextmanager
async def slow_client(page: str, bytes_s: int = 1_000) -> AsyncIterator[Slow]:
    """Connected to the gateway at *page*, which ends in a slash."""
    place = urlsplit(page)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, (place.hostname or "", place.port or 80))
    reader, writer = await asyncio.open_connection(sock=plain, limit=_BUFFER_BYTES)
    writer.write(
        f"GET /api/v1/stream HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: alerts.v2\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(bytes([0x81, 0x80 | len(_OPEN), 0, 0, 0, 0]) + _OPEN)
    own = Slow()
    reading = asyncio.create_task(own.run(reader, bytes_s))
    try:
        yield own
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await reading
        writer.transport.abort()

"""Standard output without blocking on a slow reader: signals are handled while the pipe is full."""

import os
import select
from collections.abc import Sequence

_SAFE_BYTES = select.PIPE_BUF
"""A writable pipe accepts at least this many bytes, so a write of this size does not block."""


class Stdout:
    """Writes lines to an open file descriptor, which stays open."""

    def __init__(self, fd: int = 1) -> None:
        self._fd = fd
        self._rest = memoryview(b"")
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    def write(self, lines: Sequence[bytes], *, now_ns: int, singly: bool) -> None:
        """Take *lines* and pass on the bytes that the reader takes at once."""
        self._rest = memoryview(bytes(self._rest) + b"".join(lines))
        self.flush()

    def flush(self) -> bool:
        """Pass on the bytes that the reader takes now; ``BrokenPipeError`` if it is gone."""
        while self._rest:
            if not self._poll.poll(0):
                return False
            self._rest = self._rest[os.write(self._fd, self._rest[:_SAFE_BYTES]) :]
        return True

    def close(self) -> None:
        """Nothing to do: the descriptor stays open."""

"""Standard output, without waiting for a slow reader: a signal is still heard while the pipe is full."""

import os
import select
from collections.abc import Sequence

_SAFE_BYTES = select.PIPE_BUF
"""A writable pipe has room for so many bytes: a write of no more does not wait."""


class Stdout:
    """Lines to an open file descriptor, which stays open."""

    def __init__(self, fd: int = 1) -> None:
        self._fd = fd
        self._rest = memoryview(b"")
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    def write(self, lines: Sequence[bytes], *, now_ns: int, singly: bool) -> None:
        """Take *lines*, and pass on what the reader takes at once."""
        self._rest = memoryview(bytes(self._rest) + b"".join(lines))
        self.flush()

    def flush(self) -> bool:
        """Pass on what the reader takes now; ``BrokenPipeError`` where it is gone."""
        while self._rest:
            if not self._poll.poll(0):
                return False
            self._rest = self._rest[os.write(self._fd, self._rest[:_SAFE_BYTES]) :]
        return True

    def close(self) -> None:
        """Nothing to do: it is not ours to close."""

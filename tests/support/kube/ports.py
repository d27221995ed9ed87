"""Free ports for servers that are started again on the same one."""

import random
import socket

# below those that systems give to outgoing connections, so that none is taken while a server is away
_FIRST, _LAST = 20000, 32000


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    while True:
        port = random.randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port

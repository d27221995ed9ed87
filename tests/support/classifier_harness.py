"""Events offered to a classifier as a collector would."""

import time
from collections.abc import Collection

from tocsin.bus import Bus
from tocsin.model import ids, subjects

CLUSTER, NODE = "c1", "worker-1"


async def offer(bus: Bus, lines: Collection[bytes]) -> None:
    """Publish *lines* as a collector would, and wait until they are stored."""
    for line in lines:
        headers = {
            "Tocsin-Received": str(time.time_ns()),
            "Tocsin-Cluster": CLUSTER,
            "Tocsin-Node": NODE,
        }
        id = ids.event_id(CLUSTER, NODE, line)
        await bus.publish(subjects.event(CLUSTER, NODE, "exec"), line, id=id, headers=headers)
    assert await bus.flush(10.0)

"""A pod that is gone for good: what it took with it is told of, and its place is given up."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec

from tocsin.collector.sources.base import Batch
from tocsin.model.checkpoint import Checkpoint, Interval, Position
from tocsin.model.timestamps import format_ns


class RemovedPodSource:
    """No lines, and the news that some cannot be read."""

    replays = True
    problem = ""
    lag_bytes = 0
    read_errors = 0

    def __init__(self, pod: str, node: str) -> None:
        """*pod* is ``namespace/name``."""
        self.name = f"kubernetes {pod}"
        self.caught_up = False
        self._pod = pod
        self._node = node
        self._after = ""

    def resume(self, position: Position | None) -> bool:
        """Where it was left."""
        log = position.log if position is not None else None
        self._after = format_ns(log.reach_ns) if log is not None and log.reach_ns else ""
        return True

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """One, without lines."""
        if not stop.is_set():
            reason, noticed = "the pod was deleted", format_ns(time.time_ns())
            missed = Interval(pod=self._pod, node=self._node, reason=reason, after=self._after, noticed=noticed)
            yield Batch(unread=[missed])
            self.caught_up = True

    def complete(self, page: Checkpoint) -> Checkpoint:
        """*page* without a place: the next pod begins anew."""
        log = None if self.caught_up else page.position.log
        return msgspec.structs.replace(page, position=msgspec.structs.replace(page.position, log=log))

    def look(self) -> None:
        """There is nothing to hold on to."""

    def facts(self) -> dict[str, str | int | float]:
        """Whose it was."""
        return {"pod": self._pod, "node": self._node}

    def close(self) -> None:
        """Nothing is open."""

"""A source for a pod that is gone for good: reports that its unread lines are lost, and gives up its position."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec

from tocsin.collector.sources.base import Batch
from tocsin.model.checkpoint import Checkpoint, Interval, Position
from tocsin.model.timestamps import format_ns


class RemovedPodSource:
    """No lines, only the report that some cannot be read."""

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
        """Take the time of the last line from *position*."""
        log = position.log if position is not None else None
        self._after = format_ns(log.reach_ns) if log is not None and log.reach_ns else ""
        return True

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """One batch without lines."""
        if not stop.is_set():
            reason, noticed = "the pod was deleted", format_ns(time.time_ns())
            unread = Interval(pod=self._pod, node=self._node, reason=reason, after=self._after, noticed=noticed)
            yield Batch(unread=[unread])
            self.caught_up = True

    def complete(self, checkpoint: Checkpoint) -> Checkpoint:
        """*checkpoint* without a position in a log: the next pod starts from the beginning."""
        position = checkpoint.position
        log = None if self.caught_up else position.log
        return msgspec.structs.replace(checkpoint, position=msgspec.structs.replace(position, log=log))

    def refresh(self) -> None:
        """Nothing to do."""

    def facts(self) -> dict[str, str | int | float]:
        """The pod and its node."""
        return {"pod": self._pod, "node": self._node}

    def close(self) -> None:
        """Nothing is open."""

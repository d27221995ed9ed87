"""One pod as a source: its log is read until the pod is deleted, with a pause after each end and each failure."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator

from tocsin.collector.sources.base import Batch
from tocsin.collector.sources.kubernetes.api import ApiError
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.log_connection import LogConnection, PodState
from tocsin.collector.sources.kubernetes.log_follower import LogFollower, Recall
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.shared import SharedResources
from tocsin.collector.sources.kubernetes.wakeup import Wakeup
from tocsin.model.checkpoint import Checkpoint, Position
from tocsin.model.timestamps import format_ns

log = logging.getLogger(__name__)


class PodSource:
    """The lines of one container of one pod."""

    replays = True
    lag_bytes = 0

    def __init__(self, pod: Pod, shared: SharedResources, recall: Recall) -> None:
        """Nothing is requested before `batches`; *recall* reads from the streams what they hold above two floors."""
        self.name = f"kubernetes {pod.path}"
        self.read_errors = 0
        self.last_line_at = time.monotonic()
        """When the last new line came, or when following began."""
        self.lines = 0
        self._shared = shared
        self._recall = recall
        self._state = PodState(pod)
        self._wakeup = Wakeup()
        self._backoff = Backoff(most_s=shared.timeouts.most_backoff_s)
        self._connection = LogConnection(shared, self._state, self._wakeup, self._backoff)
        self._follower = LogFollower(pod, shared, self._connection, recall, None)
        self._ended = False

    @property
    def pod(self) -> Pod:
        """The latest state of the pod."""
        return self._state.pod

    @property
    def problem(self) -> str:
        """Why the log cannot be read, in words."""
        return self._follower.problem

    @property
    def caught_up(self) -> bool:
        """Whether nothing has come for a moment, though the log is open."""
        return self._ended or self._connection.caught_up

    def resume(self, position: Position | None) -> bool:
        """Continue after *position*, which may be that of an earlier pod on the same node."""
        self._follower = LogFollower(self.pod, self._shared, self._connection, self._recall, position)
        return True

    def complete(self, checkpoint: Checkpoint) -> Checkpoint:
        """*checkpoint* with the position in the log."""
        return self._follower.complete(checkpoint)

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """New lines as they come, until the pod is deleted or *stop* is set."""
        while not (stop.is_set() or self._ended or self._wakeup.stopping):
            before = self._follower.lines
            try:
                async with contextlib.aclosing(self._attempt()) as batches:
                    async for batch in batches:
                        if batch.lines:
                            self.last_line_at = time.monotonic()
                            self.lines += len(batch.lines)
                        yield batch
            except ApiError as error:
                self._fail(error)
            if self._state.deleted_at is not None:
                self._ended = True
                return
            if self._follower.lines > before:
                self._backoff.reset()
            await self._wakeup.sleep(self._backoff.next())

    def _fail(self, error: ApiError) -> None:
        self.read_errors += 1
        if not self.problem:
            log.warning("log.unreadable", extra={"pod": self.pod.path, "error": str(error), "status": error.status})
        self._follower.problem = str(error)
        if error.retry_after_s:
            self._backoff.wait(error.retry_after_s)

    async def _attempt(self) -> AsyncGenerator[Batch, None]:
        """What can be read now."""
        pod, container = self.pod, self._shared.container
        if container not in pod.containers:
            self._follower.problem = (
                f"pod {pod.path} has no container {container} (it has {', '.join(pod.containers)}): set Tetragon's "
                "export.mode to stdout, or TOCSIN_COLLECTOR_KUBE_CONTAINER to the container that writes the events"
            )
            await self._wakeup.sleep(self._shared.timeouts.silence_s)
            return
        if not pod.started:
            self._follower.problem = f"container {container} of pod {pod.path} has not started yet"
            return
        async with contextlib.aclosing(self._follower.batches(pod)) as batches:
            async for batch in batches:
                yield batch

    def update(self, pod: Pod) -> None:
        """Take the state of the pod that the API server reports."""
        changed = pod.restarts > self.pod.restarts or pod.started != self.pod.started
        self._state.pod = pod
        if changed:
            self._wakeup.wake()

    def leave(self) -> None:
        """The pod is deleted: read what still comes, then end."""
        self._state.deleted_at = self._state.deleted_at or time.monotonic()
        self._wakeup.wake()

    def interrupt(self) -> None:
        """End at once."""
        self._wakeup.stop()

    def refresh(self) -> None:
        """Nothing to do: the node keeps the log."""

    def facts(self) -> dict[str, str | int | float]:
        """The pod and its node, and the time up to which the log is read."""
        reach_ns = self._follower.reach_ns
        return {"pod": self.pod.path, "node": self.pod.node, "read_to": format_ns(reach_ns) if reach_ns else ""}

    def close(self) -> None:
        """Release the memory of the last lines."""
        self._follower.close()

"""Which log of a pod is read, from which time on, and which of its lines are new."""

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from tocsin.collector.sources.base import Batch, Line
from tocsin.collector.sources.kubernetes.api import ApiError
from tocsin.collector.sources.kubernetes.log_connection import LogConnection
from tocsin.collector.sources.kubernetes.log_format import LogFormat
from tocsin.collector.sources.kubernetes.log_reader import Gap, LogLine, LogReader
from tocsin.collector.sources.kubernetes.log_request import LogRequest
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.position import PodPosition
from tocsin.collector.sources.kubernetes.recent_lines import BACK_NS, short_hash
from tocsin.collector.sources.kubernetes.shared import SharedResources
from tocsin.model.checkpoint import Checkpoint, Interval, Position
from tocsin.model.timestamps import NS_PER_S, format_ns

log = logging.getLogger(__name__)

Recall = Callable[[int, int], Awaitable[None]]
"""Reads from the streams which messages they hold above the floors of EVENTS and of the dead letters."""

_YOUNG_S = 300.0
_PASSES = 5
"""The log of an ended container is read until nothing new comes, at most this many times."""
_REPLACED, _RESTARTED, _ROTATED = "the pod was deleted", "the container was restarted", "the log was rotated"


class LogFollower:
    """The log of one container of a pod, across restarts of the container and ends of the connection."""

    def __init__(
        self,
        pod: Pod,
        shared: SharedResources,
        connection: LogConnection,
        recall: Recall,
        position: Position | None,
    ) -> None:
        """Continue after *position*, which may be that of an earlier pod on the same node."""
        self.problem = ""
        """Why the log cannot be read, in words."""
        self._shared = shared
        self._connection = connection
        self._recall = recall
        self._position = PodPosition(pod, shared.hash_budget, position)
        self._reader = LogReader(self._position.recent, shared.limit)
        self._format = LogFormat()
        self._restarts = 0
        """The restart count of the container whose log is read."""
        self._change = ""
        """Why the next log is another one; empty if it is the same."""
        self._unread_pod = pod.path
        """The pod that a gap belongs to if its log was replaced."""
        self._rereads_all = self._was_quiet = False
        self._opened_reach_ns = 0
        """The newest event time when the current log was opened."""
        self._opened_at = -_YOUNG_S
        self._recalled = self._recalled_without_time = False
        """Whether the streams were asked during this connection; and whether that was before a line had a time."""
        self._enter(pod, position)

    def _enter(self, pod: Pod, position: Position | None) -> None:
        """Choose the container whose log is read first."""
        last = position.log if position is not None else None
        if last is not None and last.pod == pod.uid:
            self._restarts = last.restarts
            return
        self._restarts = pod.restarts if self._shared.newest else max(0, pod.restarts - 1)
        if last is not None:
            self._change, self._unread_pod = _REPLACED, last.name
        self._position.enter(pod, self._restarts)

    @property
    def lines(self) -> int:
        """Number of the last line read, counted over the whole life of the source."""
        return self._position.recent.number

    @property
    def reach_ns(self) -> int:
        """The newest event time that several of the last lines reach; 0 if none is known."""
        return self._position.recent.reach_ns

    def complete(self, checkpoint: Checkpoint) -> Checkpoint:
        """*checkpoint* with the position in the log."""
        return self._position.complete(checkpoint)

    def close(self) -> None:
        """Release the memory of the last lines."""
        self._position.recent.close()

    async def batches(self, pod: Pod) -> AsyncGenerator[Batch, None]:
        """New lines: first the rest of the previous container's log, then the current log until its connection ends."""
        if pod.restarts > self._restarts:
            async with contextlib.aclosing(self._previous(pod)) as batches:
                async for batch in batches:
                    yield batch
        async with contextlib.aclosing(self._current(pod)) as batches:
            async for batch in batches:
                yield batch

    async def _previous(self, pod: Pod) -> AsyncGenerator[Batch, None]:
        """The lines that the container wrote before its restart; read again until nothing new comes."""
        young = time.monotonic() - self._opened_at < _YOUNG_S  # the log read last may have been the new container's
        since = self._since(min(self._opened_reach_ns, self.reach_ns) if young else self.reach_ns)
        skipped = _RESTARTED if pod.restarts - self._restarts > 1 else ""
        for _ in range(_PASSES):
            before = self.lines
            self._reader.begin(since=bool(since), other_log=bool(self._change or skipped))
            request = LogRequest(pod=pod, container=self._shared.container, since=since, previous=True)
            try:
                async with contextlib.aclosing(self._read(request)) as batches:
                    async for batch in batches:
                        yield batch
            except ApiError as error:
                if error.status not in (400, 404):
                    raise
                log.warning("log.previous_gone", extra={"pod": pod.path, "error": str(error)})
                break
            self._change = skipped = "" if self._reader.received else self._change or skipped
            if self.lines == before:
                if rest := self._reader.finish():
                    yield self._batch(pod, rest)
                break
        self._restarts = pod.restarts
        self._change = self._change or _RESTARTED
        self._position.enter(pod, pod.restarts)

    async def _current(self, pod: Pod) -> AsyncGenerator[Batch, None]:
        """The lines of the running container, until the connection ends."""
        if self._was_quiet and not self._change:
            self._rereads_all = not await self._ends_with_last_read(pod)
        since = None if self._change or self._rereads_all else self._since(self.reach_ns)
        before = self.lines
        self._reader.begin(since=bool(since), other_log=bool(self._change))
        self._opened_reach_ns, self._opened_at = self.reach_ns, time.monotonic()
        tail_lines = 0 if self._shared.newest and not before else None
        request = LogRequest(
            pod=pod, container=self._shared.container, since=since, follow=True, tail_lines=tail_lines
        )  # fmt: skip
        async with contextlib.aclosing(self._read(request)) as batches:
            async for batch in batches:
                yield batch
        # if not even the known lines come again, the time is wrong or the log is another one
        self._rereads_all = bool(since) and not self._reader.received
        self._was_quiet = self.lines == before

    async def _ends_with_last_read(self, pod: Pod) -> bool:
        """Whether the last line of the log is the last line read.

        If the node's clock was set back, new lines may be older than the time that is asked for.
        """
        request = LogRequest(pod=pod, container=self._shared.container, tail_lines=1)
        line = await self._connection.last_line(request)
        return line is None or short_hash(line) == self._position.recent.newest

    def _since(self, reach_ns: int) -> str | None:
        return format_ns(max(0, reach_ns - BACK_NS) // NS_PER_S * NS_PER_S)[:19] + "Z" if reach_ns else None

    async def _read(self, request: LogRequest) -> AsyncGenerator[Batch, None]:
        """The new lines of one connection."""
        self._recalled = self._recalled_without_time = False
        async with self._connection.open(request) as content:
            if content is None:
                return
            self.problem = self._format.problem(request.pod, self._shared.container)
            chunks = self._connection.chunks(content, request, lambda: self._reader.unfinished_bytes)
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    lines = self._reader.feed(chunk)
                    await self._recall_stored()
                    if lines or self._reader.gap:
                        yield self._batch(request.pod, lines)

    async def _recall_stored(self) -> None:
        """Ask the streams for stored lines before lines are delivered that the hashes do not reach back to."""
        doubt_ns = self._reader.doubt_ns
        if doubt_ns is None or self._recalled or (self._recalled_without_time and not doubt_ns):
            return
        since_ns = min(doubt_ns or self._opened_reach_ns, self._opened_reach_ns) - 2 * BACK_NS
        mark = self._position.mark(since_ns)
        if mark is not None:
            self._recalled, self._recalled_without_time = bool(doubt_ns), True
            await self._recall(mark.floor_seq, mark.floor_dead)

    def _batch(self, pod: Pod, lines: Sequence[LogLine]) -> Batch:
        now_ns = time.time_ns()
        place = f"{pod.uid}:{self._restarts}"
        unread = [self._interval(pod, self._reader.gap, now_ns)] if self._reader.gap is not None else []
        if self._reader.received:
            self._change = ""
        if lines:
            self._format.see(lines)
            self.problem = self._format.problem(pod, self._shared.container)
        return Batch(
            [Line(line.raw, Position(offset=line.number), place, line.size, now_ns, line.digest) for line in lines],
            unread=unread,
        )

    def _interval(self, pod: Pod, gap: Gap, now_ns: int) -> Interval:
        reason = self._change or _ROTATED
        return Interval(
            pod=self._unread_pod if reason == _REPLACED else pod.path, node=pod.node, reason=reason,
            after=gap.after, before=gap.before, noticed=format_ns(now_ns),
        )  # fmt: skip

"""Following one pod's log: across ends of its stream, restarts of its container, and silence."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import aiohttp

from tocsin.collector.sources.base import Batch, Line
from tocsin.collector.sources.kubernetes.api import ApiError
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.log_format import LogFormat
from tocsin.collector.sources.kubernetes.log_reader import LogLine, LogReader
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.position import PodPosition
from tocsin.collector.sources.kubernetes.recent_lines import BACK_NS, short_hash
from tocsin.collector.sources.kubernetes.shared import LongLineSlot, SharedResources
from tocsin.collector.sources.kubernetes.wakeup import Wakeup
from tocsin.model.checkpoint import Checkpoint, Interval, Position
from tocsin.model.timestamps import NS_PER_S, format_ns

log = logging.getLogger(__name__)

Recall = Callable[[int, int], Awaitable[None]]

_QUIET_S = 1.0
_WAITING_S = 2.0
_SETTLED_S = 10.0
"""A stream that lasted so long was a good one."""
_YOUNG_S = 300.0
_PASSES = 5
"""The log of a container that has ended is read until nothing new comes, at most so often."""
_MOST_LEAVING_S = 10.0
_REPLACED, _RESTARTED, _ROTATED = "the pod was deleted", "the container was started anew", "the log was rotated"


class PodSource:
    """The lines of one container of one pod."""

    replays = True
    lag_bytes = 0

    def __init__(self, pod: Pod, shared: SharedResources, recall: Recall) -> None:
        """Nothing is asked before `batches`; *recall* asks the streams what they hold above two floors."""
        self.name = f"kubernetes {pod.path}"
        self.pod = pod
        self.problem = ""
        self.read_errors = 0
        self.last_line_at = time.monotonic()
        """When a line came that was not read before (or following began)."""
        self.lines = 0
        self._shared = shared
        self._patience = shared.patience
        self._recall = recall
        self._place = PodPosition(pod, shared.room, None)
        self._reading = LogReader(self._place.recent, shared.limit)
        self._restarts = 0
        """Of the container whose log was read to its end, or is read."""
        self._anew = ""
        """Why the log that is opened next is another one; empty where it is the same."""
        self._took = pod.path
        """Whose lines are missing where some are."""
        self._shape = LogFormat()
        self._distrusts = self._quiet = False
        self._backoff = Backoff(most_s=self._patience.most_backoff_s)
        self._alarm = Wakeup()
        self._gone_at: float | None = None
        self._over = False
        self._asked_at = self._opened_at = self._data_at = 0.0
        self._opened_reach = 0
        """How far the times were when the stream began,"""
        self._began = -_YOUNG_S
        """which was then."""
        self._recalled = self._recalled_blindly = False
        """Whether it was asked what is stored, and whether before a line told how far back they reach."""
        self._busy = False
        """Whether what came is being handed over."""

    @property
    def caught_up(self) -> bool:
        """Whether nothing has come for a moment, though the log is open."""
        if self._over:
            return True
        if self._busy:  # what came is not handed over yet: reading may be held back
            return False
        now = time.monotonic()
        if self._opened_at:
            return now - max(self._opened_at, self._data_at) > _QUIET_S
        return bool(self._asked_at) and now - self._asked_at > _WAITING_S

    def resume(self, position: Position | None) -> bool:
        """Begin after *position*, which may be that of a pod that was here before."""
        pod, known = self.pod, position.log if position is not None else None
        self._place = PodPosition(pod, self._shared.room, position)
        self._reading = LogReader(self._place.recent, self._shared.limit)
        if known is not None and known.pod == pod.uid:
            self._restarts = known.restarts
        else:
            self._restarts = pod.restarts if self._shared.newest else max(0, pod.restarts - 1)
            if known is not None:
                self._anew, self._took = _REPLACED, known.name
            self._place.enter(pod, self._restarts)
        return True

    def complete(self, page: Checkpoint) -> Checkpoint:
        """*page* with the place in the log."""
        return self._place.complete(page)

    async def batches(self, stop: asyncio.Event) -> AsyncGenerator[Batch, None]:
        """New lines as they come, until `leave` or *stop*."""
        while not (stop.is_set() or self._over or self._alarm.stopping):
            before = self._reading.recent.number
            try:
                async with contextlib.aclosing(self._once()) as batches:
                    async for batch in batches:
                        yield batch
            except ApiError as error:
                self._fail(error)
            if self._gone_at is not None:
                self._over = True
                return
            if self._reading.recent.number > before:
                self._backoff.reset()
            await self._alarm.rest(self._backoff.next())

    def _fail(self, error: ApiError) -> None:
        self.read_errors += 1
        if not self.problem:
            log.warning("log.unreadable", extra={"pod": self.pod.path, "error": str(error), "status": error.status})
        self.problem = str(error)
        if error.retry_after_s:
            self._backoff.wait(error.retry_after_s)

    async def _once(self) -> AsyncGenerator[Batch, None]:
        pod, container = self.pod, self._shared.container
        if container not in pod.containers:
            self.problem = (
                f"pod {pod.path} has no container {container} (it has {', '.join(pod.containers)}): set Tetragon's "
                "export.mode to stdout, or TOCSIN_COLLECTOR_KUBE_CONTAINER to the one that writes its events"
            )
            await self._alarm.rest(self._patience.silence_s)
            return
        if not pod.started:
            self.problem = f"container {container} of pod {pod.path} has not started yet"
            return
        if pod.restarts > self._restarts:
            async with contextlib.aclosing(self._previous(pod)) as batches:
                async for batch in batches:
                    yield batch
        async with contextlib.aclosing(self._follow(pod)) as batches:
            async for batch in batches:
                yield batch

    async def _previous(self, pod: Pod) -> AsyncGenerator[Batch, None]:
        """What the container wrote before it was started anew: read until nothing new comes."""
        young = time.monotonic() - self._began < _YOUNG_S  # it may have been the new container's log already
        since = self._since(min(self._opened_reach, self._place.recent.reach_ns) if young else None)
        skipped = _RESTARTED if pod.restarts - self._restarts > 1 else ""
        for _ in range(_PASSES):
            before = self._place.recent.number
            self._reading.begin(since=bool(since), anew=bool(self._anew or skipped))
            try:
                async with contextlib.aclosing(self._read(pod, since, previous=True)) as batches:
                    async for batch in batches:
                        yield batch
            except ApiError as error:
                if error.status not in (400, 404):
                    raise
                log.warning("log.previous_gone", extra={"pod": pod.path, "error": str(error)})
                break
            self._anew = skipped = "" if self._reading.came else self._anew or skipped
            if self._place.recent.number == before:
                if rest := self._reading.finish():
                    yield self._batch(rest)
                break
        self._restarts = pod.restarts
        self._anew = self._anew or _RESTARTED
        self._place.enter(pod, pod.restarts)

    async def _follow(self, pod: Pod) -> AsyncGenerator[Batch, None]:
        if self._quiet and not self._anew:
            self._distrusts = not await self._ends_as_read(pod)
        since = None if self._anew or self._distrusts else self._since(None)
        before = self._place.recent.number
        self._reading.begin(since=bool(since), anew=bool(self._anew))
        self._opened_reach, self._began = self._place.recent.reach_ns, time.monotonic()
        async with contextlib.aclosing(self._read(pod, since, previous=False)) as batches:
            async for batch in batches:
                yield batch
        # where not even what was read comes again, the time is wrong, or the log is another one
        self._distrusts = bool(since) and not self._reading.came
        self._quiet = self._place.recent.number == before

    async def _ends_as_read(self, pod: Pod) -> bool:
        """Whether the last line of the log is the one that was read last: after a clock was set back, lines may hide
        from whoever asks for those since a time."""
        query = {"container": self._shared.container, "tailLines": "1"}
        wanted = f"get the log of container {self._shared.container} of pod {pod.path}"
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
        content = await self._shared.api.get(path, query, wanted=wanted)
        last = content.removesuffix(b"\n").rpartition(b"\n")[2]
        return not content or short_hash(last) == self._place.recent.newest

    def _since(self, reach_ns: int | None) -> str | None:
        reach = self._place.recent.reach_ns if reach_ns is None else reach_ns
        return format_ns(max(0, reach - BACK_NS) // NS_PER_S * NS_PER_S)[:19] + "Z" if reach else None

    async def _read(self, pod: Pod, since: str | None, *, previous: bool) -> AsyncGenerator[Batch, None]:
        """One connection to the log, from its opening to its end."""
        turn = LongLineSlot(self._shared)
        await self._shared.pace.turn()
        self._asked_at = began = time.monotonic()
        self._recalled = self._recalled_blindly = False
        try:
            async with contextlib.AsyncExitStack() as stack:
                content = await self._opened(stack, pod, since, previous=previous)
                if content is None:
                    return
                chunks = await stack.enter_async_context(
                    contextlib.aclosing(self._chunks(content, pod, previous=previous))
                )
                async for chunk in chunks:
                    fresh = self._reading.feed(chunk)
                    await self._ask()
                    if fresh or self._reading.missing:
                        yield self._batch(fresh)
                    await turn.need(self._reading.unfinished)
        finally:
            turn.release()
            self._asked_at = self._opened_at = 0.0
            self._busy = False
            if time.monotonic() - began > _SETTLED_S:
                self._backoff.reset()

    async def _opened(
        self, stack: contextlib.AsyncExitStack, pod: Pod, since: str | None, *, previous: bool
    ) -> aiohttp.StreamReader | None:
        """The log, once its headers have come; ``None`` where they did not: following an empty log sends none."""
        query = {"container": self._shared.container}
        query |= {"previous": "true"} if previous else {"follow": "true"}
        query |= {"sinceTime": since} if since else {}
        if self._shared.newest and not previous and not self._place.recent.number:
            query["tailLines"] = "0"
        wanted = f"get the log of container {self._shared.container} of pod {pod.path}"
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
        self._shared.opened += 1
        try:
            content = await self._alarm.within(
                self._patience.silence_s, stack.enter_async_context(self._shared.api.stream(path, query, wanted=wanted))
            )
        except TimeoutError:
            self._alarm.hurried()
            return None
        self._opened_at = time.monotonic()
        self.problem = self._shape.problem(pod, self._shared.container)
        return content

    async def _chunks(self, content: aiohttp.StreamReader, pod: Pod, *, previous: bool) -> AsyncGenerator[bytes, None]:
        while True:
            seconds = self._patience.silence_s
            if self._reading.unfinished:
                seconds = min(seconds, self._patience.unfinished_s)
            if self._gone_at is not None:
                seconds = min(seconds, self._patience.leaving_s)
            if not previous and self.pod.restarts > pod.restarts:
                seconds = min(seconds, self._patience.restarted_s)
            try:
                chunk = await self._alarm.within(seconds, content.readany())
            except TimeoutError:
                if self._alarm.hurried():
                    continue
                if previous:
                    raise ApiError(f"the log of pod {pod.path} has no end: nothing came for {seconds:g} s") from None
                return
            if not chunk:
                return
            self._busy = True
            yield chunk
            self._busy, self._data_at = False, time.monotonic()
            if self._gone_at is not None and self._data_at - self._gone_at > _MOST_LEAVING_S:
                return

    async def _ask(self) -> None:
        """Lines come that may have been read before the hashes begin: ask the streams before they are handed over."""
        doubt_ns = self._reading.doubt_ns
        if doubt_ns is None or self._recalled or (self._recalled_blindly and not doubt_ns):
            return
        since = min(doubt_ns or self._opened_reach, self._opened_reach) - 2 * BACK_NS
        mark = self._place.mark(since)
        if mark is not None:
            self._recalled, self._recalled_blindly = bool(doubt_ns), True
            await self._recall(mark.floor_seq, mark.floor_dead)

    def _batch(self, fresh: Sequence[LogLine]) -> Batch:
        now, pod = time.time_ns(), self.pod
        place = f"{pod.uid}:{self._restarts}"
        missing, unread = self._reading.missing, []
        if missing is not None:
            reason = self._anew or _ROTATED
            whose = self._took if reason == _REPLACED else pod.path
            unread = [
                Interval(
                    pod=whose, node=pod.node, reason=reason, after=missing.after, before=missing.before,
                    noticed=format_ns(now),
                )
            ]  # fmt: skip
        if self._reading.came:
            self._anew = ""
        if fresh:
            self.last_line_at = time.monotonic()
            self.lines += len(fresh)
            self._shape.see(fresh)
            self.problem = self._shape.problem(pod, self._shared.container)
        return Batch(
            [Line(f.raw, Position(offset=f.number), place, f.size, now, f.digest) for f in fresh], unread=unread
        )

    def update(self, pod: Pod) -> None:
        """The API server says something new of the pod."""
        hurried = pod.restarts > self.pod.restarts or pod.started != self.pod.started
        self.pod = pod
        if hurried:
            self._alarm.hurry()

    def leave(self) -> None:
        """The pod is gone: read what still comes, and end."""
        self._gone_at = self._gone_at or time.monotonic()
        self._alarm.hurry()

    def interrupt(self) -> None:
        """End at once."""
        self._alarm.stop()

    def look(self) -> None:
        """A log is held by its node, not by us."""

    def facts(self) -> dict[str, str | int | float]:
        """Whose log it is, and how far it is read."""
        reach = self._place.recent.reach_ns
        return {"pod": self.pod.path, "node": self.pod.node, "read_to": format_ns(reach) if reach else ""}

    def close(self) -> None:
        """Make room for others."""
        self._place.recent.close()

"""The connections to one pod's log, one after the other: when to open one, and when it has been silent for too long."""

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import aiohttp

from tocsin.collector.sources.kubernetes.api import ApiError
from tocsin.collector.sources.kubernetes.backoff import Backoff
from tocsin.collector.sources.kubernetes.log_request import LogRequest
from tocsin.collector.sources.kubernetes.objects import Pod
from tocsin.collector.sources.kubernetes.shared import LongLineSlot, SharedResources
from tocsin.collector.sources.kubernetes.wakeup import Wakeup

_QUIET_S = 1.0
_WAITING_S = 2.0
_SETTLED_S = 10.0
"""A connection that lasted this long resets the backoff."""
_MOST_LEAVING_S = 10.0
"""The log of a deleted pod is read for at most this long."""


class PodState:
    """The latest state of the pod; it changes while its log is read."""

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self.deleted_at: float | None = None
        """When the pod was found deleted, in monotonic seconds."""


class LogConnection:
    """Opens the log of one pod and reads it until its end, or until nothing comes any more."""

    def __init__(self, shared: SharedResources, state: PodState, wakeup: Wakeup, backoff: Backoff) -> None:
        """*wakeup* ends a wait early; *backoff* is reset by a connection that lasts."""
        self._shared = shared
        self._timeouts = shared.timeouts
        self._state = state
        self._wakeup = wakeup
        self._backoff = backoff
        self._long_line = LongLineSlot(shared)
        self._requested_at = self._opened_at = self._received_at = 0.0
        self._delivering = False
        """Whether received bytes are still being processed."""

    @property
    def caught_up(self) -> bool:
        """Whether nothing has come for a moment, though the log is open."""
        if self._delivering:  # reading may be held back
            return False
        now = time.monotonic()
        if self._opened_at:
            return now - max(self._opened_at, self._received_at) > _QUIET_S
        return bool(self._requested_at) and now - self._requested_at > _WAITING_S

    @contextlib.asynccontextmanager
    async def open(self, request: LogRequest) -> AsyncIterator[aiohttp.StreamReader | None]:
        """The content of the log.

        It is ``None`` if no headers come within `silence_s`: the API server sends none while a followed log is empty.
        """
        await self._shared.opening_rate.wait()
        self._requested_at = began = time.monotonic()
        try:
            async with contextlib.AsyncExitStack() as stack:
                yield await self._headers(stack, request)
        finally:
            self._long_line.release()
            self._requested_at = self._opened_at = 0.0
            self._delivering = False
            if time.monotonic() - began > _SETTLED_S:
                self._backoff.reset()

    async def _headers(self, stack: contextlib.AsyncExitStack, request: LogRequest) -> aiohttp.StreamReader | None:
        self._shared.opened += 1
        stream = self._shared.api.stream(request.path, request.query, action=request.action)
        try:
            content = await self._wakeup.within(self._timeouts.silence_s, stack.enter_async_context(stream))
        except TimeoutError:
            self._wakeup.was_woken()
            return None
        self._opened_at = time.monotonic()
        return content

    async def chunks(
        self, content: aiohttp.StreamReader, request: LogRequest, unfinished_bytes: Callable[[], int]
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the log as they come, until it ends or is silent for too long.

        *unfinished_bytes* is the size of the line that has not ended yet. `ApiError` if a log that must end does not.
        """
        while True:
            seconds = self._silence_s(request, unfinished_bytes())
            try:
                chunk = await self._wakeup.within(seconds, content.readany())
            except TimeoutError:
                if self._wakeup.was_woken():
                    continue
                if request.previous:
                    path = request.pod.path
                    raise ApiError(f"the log of pod {path} does not end: no data for {seconds:g} s") from None
                return
            if not chunk:
                return
            self._delivering = True
            yield chunk
            await self._long_line.update(unfinished_bytes())
            self._delivering, self._received_at = False, time.monotonic()
            deleted_at = self._state.deleted_at
            if deleted_at is not None and self._received_at - deleted_at > _MOST_LEAVING_S:
                return

    def _silence_s(self, request: LogRequest, unfinished_bytes: int) -> float:
        """How long the connection may be silent now."""
        timeouts = self._timeouts
        seconds = timeouts.silence_s
        if unfinished_bytes:
            seconds = min(seconds, timeouts.unfinished_s)
        if self._state.deleted_at is not None:
            seconds = min(seconds, timeouts.leaving_s)
        if not request.previous and self._state.pod.restarts > request.pod.restarts:
            seconds = min(seconds, timeouts.restarted_s)
        return seconds

    async def last_line(self, request: LogRequest) -> bytes | None:
        """The last line of the log, without its line end; ``None`` if the log is empty."""
        content = await self._shared.api.get(request.path, request.query, action=request.action)
        return content.removesuffix(b"\n").rpartition(b"\n")[2] if content else None

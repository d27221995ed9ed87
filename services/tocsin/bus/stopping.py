"""Waiting that a stop ends, and tasks that end with the block that needs them.

Every task of Tocsin is in a `asyncio.TaskGroup` or is made here, so that none outlives its owner or fails unseen.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tocsin.model.errors import Fatal

T = TypeVar("T")


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Wait *seconds*, or until *stop* is set; whether it is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()


@asynccontextmanager
async def background(*works: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Run *works* beside the body; cancel them and wait for their end when the body ends.

    If one of them fails, the body is cancelled and the error is raised in its place. An error of the body is raised as
    it is. If there are several, a `Fatal` wins; else they are raised as a group.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(work) for work in works]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
    except BaseExceptionGroup as group:
        error = _cause(group)
    else:
        return
    raise error


def _cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    fatal, _ = group.split(Fatal)
    chosen = fatal or group
    return chosen.exceptions[0] if len(chosen.exceptions) == 1 else chosen


@asynccontextmanager
async def started(work: Coroutine[Any, Any, T], *, name: str | None = None) -> AsyncIterator[asyncio.Task[T]]:
    """*work* as a task for the body to wait for; it is cancelled and awaited when the body ends.

    If *work* has failed by then, its error is raised, unless the body raises one.
    """
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        failed = not task.cancelled() and task.exception() is not None  # reading it marks it as seen
    if failed:
        task.result()


async def first_of(*events: asyncio.Event, timeout_s: float | None = None) -> None:
    """Wait until one of *events* is set, for *timeout_s* at most."""
    async with contextlib.AsyncExitStack() as stack:
        waits = [await stack.enter_async_context(started(event.wait())) for event in events]
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


async def run_until_stopped(
    work: Coroutine[Any, Any, object], stop: asyncio.Event, *, grace_s: Callable[[], float]
) -> None:
    """Run *work* to its end; once *stop* is set it has *grace_s* to end, and then it is cancelled."""
    async with started(work) as running:
        async with started(stop.wait()) as stopping:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await asyncio.wait({running}, timeout=grace_s())

"""Runs the children in order and stops them in reverse: the source first, the server last."""

import asyncio
import contextlib
import sys

from tocsin.embedded.child import Child, Spec
from tocsin.model.errors import TocsinError
from tocsin.runtime import logs

_NAME_WIDTH = 10
_COLOURS = (36, 33, 35, 32, 34, 31)


def say(name: str, line: bytes) -> None:
    """Print one line of a child, readable and with its name before it."""
    text = logs.readable(line.rstrip())
    if not text:
        return
    head = f"{name:<{_NAME_WIDTH}}"
    if sys.stdout.isatty():
        head = f"\x1b[{_COLOURS[sum(name.encode()) % len(_COLOURS)]}m{head}\x1b[0m"
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stdout.write("".join(f"{head} | {part}\n" for part in text.splitlines()))
        sys.stdout.flush()


class Supervisor:
    """The children of one ``tocsin up``."""

    def __init__(self, lock: int) -> None:
        """*lock* is the descriptor of the state directory's lock, which every child inherits."""
        self._lock = lock
        self._children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, spec: Spec) -> Child:
        """Start one more child, which is stopped before all that were started before it."""
        child = Child(spec, lock=self._lock, say=say)
        self._children.append(child)
        self._tasks.append(asyncio.create_task(child.run(), name=spec.name))
        return child

    async def wait(self, stop: asyncio.Event) -> None:
        """Until *stop* is set; `SettingsError` where a child cannot run as it is set up."""
        waiting = asyncio.create_task(stop.wait())
        try:
            while not waiting.done():
                running = [task for task in self._tasks if not task.done()]
                await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
                self._raise_failure()
        finally:
            waiting.cancel()

    async def stop(self) -> None:
        """Stop all, the last one started first, each finished before the next is asked."""
        for child in reversed(self._children):
            await child.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, ready: asyncio.Task[None], stop: asyncio.Event, what: str, timeout_s: float) -> None:
        """Wait for *ready* or *stop*; `TocsinError` where a child gives up first or it takes too long."""
        stopping = asyncio.create_task(stop.wait())
        try:
            waits = [ready, stopping, *self._tasks]
            done, _ = await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if ready in done:
            ready.result()
            return
        ready.cancel()
        self._raise_failure()
        if stopping not in done:
            raise TocsinError(f"{what} was not ready within {timeout_s:g} s")

    def _raise_failure(self) -> None:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

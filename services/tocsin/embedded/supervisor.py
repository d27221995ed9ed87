"""Starts the children in order and stops them in reverse order: the source first, the server last."""

import asyncio
import contextlib
import sys
from typing import Any

from tocsin.embedded.child import Child, Spec
from tocsin.model.errors import TocsinError
from tocsin.runtime import logs
from tocsin.runtime.stopping import first_of, started

_NAME_WIDTH = 10
_COLOURS = (36, 33, 35, 32, 34, 31)


def print_line(name: str, line: bytes) -> None:
    """Print one line of a child in readable form, after the child's name."""
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
    """The child processes of ``tocsin up``."""

    def __init__(self, lock: int, tasks: asyncio.TaskGroup) -> None:
        """*lock* is the descriptor of the state directory's lock, which every child inherits.

        The children run in *tasks*. One that cannot run does not end the others at once: `wait` and `until` raise its
        error, and `stop` stops all in order.
        """
        self._lock = lock
        self._tasks = tasks
        self._children: list[Child] = []
        self._failure: Exception | None = None
        self._failed = asyncio.Event()

    def start(self, spec: Spec) -> Child:
        """Start another child; it is stopped before all earlier ones."""
        child = Child(spec, lock=self._lock, print_line=print_line)
        self._children.append(child)
        self._tasks.create_task(self._run(child), name=spec.name)
        return child

    async def _run(self, child: Child) -> None:
        try:
            await child.run()
        except Exception as error:
            self._failure = self._failure or error
            self._failed.set()

    async def wait(self, stop: asyncio.Event) -> None:
        """Wait until *stop* is set; `SettingsError` if a child cannot run with its settings."""
        await first_of(stop, self._failed)
        self._raise_failure()

    async def stop(self) -> None:
        """Stop all children one after the other, the last one first."""
        for child in reversed(self._children):
            await child.stop()

    async def until(self, ready: asyncio.Task[None], stop: asyncio.Event, what: str, timeout_s: float) -> None:
        """Wait for *ready* or *stop*; `TocsinError` if a child fails first, or after *timeout_s*."""
        async with started(stop.wait()) as stopping, started(self._failed.wait()) as failed:
            waits: list[asyncio.Task[Any]] = [ready, stopping, failed]
            done, _ = await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if ready in done:
            ready.result()
            return
        ready.cancel()
        self._raise_failure()
        if stopping not in done:
            raise TocsinError(f"{what} was not ready within {timeout_s:g} s")

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

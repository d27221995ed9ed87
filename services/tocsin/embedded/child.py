"""One child process: it ends with the supervisor, restarts after a growing pause, and its output is printed."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from tocsin.model.errors import SettingsError, TocsinError
from tocsin.runtime import launch
from tocsin.runtime.stopping import wait_or_stop

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_SETTLED_S = 30.0
"""A child that lived this long starts again without a pause the next time."""
_STOP_S = 25.0
"""The collector takes longest: its reader, acknowledgements, last save and flush may each take 5 s."""
_CHUNK_BYTES = 65_536
_LINE_BYTES = 1 << 20
_TAIL_LINES = 5
_PR_SET_PDEATHSIG = 1

Print = Callable[[str, bytes], None]


class Spec(Struct, frozen=True, kw_only=True):
    """A child to run."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    once: bool = False
    """Whether it is not restarted after exit code 0, as after the end of standard input."""
    stdin: bool = False
    """Whether it reads the standard input of this process."""
    hide: Sequence[bytes] = ()
    """A line that contains one of these is not printed."""


class Child:
    """Keeps one process running until `stop`."""

    def __init__(self, spec: Spec, *, lock: int, print_line: Print) -> None:
        self.spec = spec
        self.restarts = -1
        self.process: asyncio.subprocess.Process | None = None
        self.ended = asyncio.Event()
        """Set when it will not be restarted."""
        self._lock = lock
        self._print_line = print_line
        self._stopping = asyncio.Event()
        self._last: list[str] = []

    async def run(self) -> None:
        """Start it, and restart it when it ends; `SettingsError` if another start would fail in the same way."""
        pause_s = _FIRST_PAUSE_S
        try:
            while not self._stopping.is_set():
                started = time.monotonic()
                code = await self._once()
                if self._stopping.is_set() or (code == 0 and self.spec.once):
                    return
                if code == launch.WRONG_SETTINGS:
                    raise SettingsError(f"{self.spec.name} cannot start: {' '.join(self._last[-1:])}")
                if time.monotonic() - started > _SETTLED_S:
                    pause_s = _FIRST_PAUSE_S
                self._print(f"ended with {_in_words(code)}, restarts in {pause_s:g} s")
                await wait_or_stop(self._stopping, pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        finally:
            self.ended.set()

    async def stop(self) -> None:
        """Ask it to stop, wait, and kill it if it does not stop in time."""
        self._stopping.set()
        self._signal("terminate")
        try:
            await asyncio.wait_for(self.ended.wait(), _STOP_S)
        except TimeoutError:
            self._print(f"did not stop within {_STOP_S:g} s and is killed")
            self._signal("kill")
            await self.ended.wait()

    def _signal(self, how: Literal["terminate", "kill"]) -> None:
        process = self.process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                getattr(process, how)()

    async def _once(self) -> int:
        self.restarts += 1
        process = self.process = await asyncio.create_subprocess_exec(
            *self.spec.command,
            env=dict(self.spec.environ),
            stdin=None if self.spec.stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(self._lock,),
            preexec_fn=_die_with(os.getpid()),
        )
        if self._stopping.is_set():  # `stop` was called during the start
            self._signal("terminate")
        if process.stdout is None:
            raise TocsinError(f"{self.spec.name}: no pipe")
        async for line in _lines(process.stdout):
            self._last = [*self._last, line.decode("utf-8", "replace")][-_TAIL_LINES:]
            if not any(part in line for part in self.spec.hide):
                self._print_line(self.spec.name, line)
        return await process.wait()

    def _print(self, text: str) -> None:
        self._print_line(self.spec.name, text.encode())


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines without their ends; a very long line is cut, so that no child can fill the memory."""
    rest = b""
    while chunk := await stream.read(_CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
        if len(rest) > _LINE_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _die_with(parent: int) -> Callable[[], None]:
    """A function to call in the new process: it is killed when *parent* dies (Linux), and gets its own session."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def apply() -> None:
        os.setsid()  # Ctrl-C is for the supervisor, which stops its children in order
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return apply

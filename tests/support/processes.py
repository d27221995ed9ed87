"""The whole house as real processes: ``tocsin up`` in a state directory of its own, whose children a test may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tocsin.bus import NatsSettings
from tocsin.embedded.state import read_environment
from tocsin.runtime import settings

_READY_S = 60.0
_STOP_S = 40.0
_PROC = Path("/proc")


class House:
    """One ``tocsin up``; its state outlives it, so it can be started again."""

    def __init__(self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "up.log"
        self._arguments = arguments
        self._environ = dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._begin = 0
        """Where the log of the present process begins."""

    def start(self, stdin: int = subprocess.DEVNULL) -> None:
        """Start, and return once the page answers and the server's address is known."""
        environment = self.state / "env"
        environment.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tocsin.cli", "up", "--state-dir", str(self.state), *self._arguments]
        for flag in ("--port", "--nats-port"):
            if flag not in self._arguments:
                command += [flag, "0"]
        own = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=stdin, stdout=log, stderr=log, env={**own, **self._environ})
        self._until(lambda: "Dashboard:" in self._said(), "the dashboard")

    def kill(self) -> None:
        """SIGKILL to the supervisor alone; its children die with it."""
        assert self._process is not None
        children = self.children()
        self._process.kill()
        self._process.wait()
        self._process = None
        self._until(lambda: not any(map(_alive, children.values())), "the children's end")

    def kill_child(self, name: str) -> None:
        """SIGKILL to one child: ``nats``, ``collector``, ``classifier``, ``gateway``."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        self._until(lambda: not _alive(pid), f"the end of {name}")

    def hold(self) -> None:
        """Let the supervisor stand still: a child that ends is not started again, those that live go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def release(self) -> None:
        """Let the supervisor go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def pid(self, name: str) -> int:
        """The process of one child, waiting for it to be there."""
        self._until(lambda: name in self.children(), name)
        return self.children()[name]

    def stop(self) -> int:
        """Stop in order; the exit code."""
        if self._process is None:
            return 0
        self.release()
        self._process.terminate()
        try:
            code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    def children(self) -> dict[str, int]:
        """Name to process id of the children that live."""
        assert self._process is not None
        found = {}
        for folder in _PROC.glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if int(parent) != self._process.pid:
                continue
            if words[0].endswith(b"nats-server"):
                found["nats"] = int(folder.name)
            elif len(words) > 2 and words[2].startswith(b"tocsin."):
                found[words[2].decode().removeprefix("tocsin.")] = int(folder.name)
        return found

    @property
    def page(self) -> str:
        """The page's address, which ends in a slash."""
        return read_environment(self.state / "env")["TOCSIN_PAGE_URL"]

    def nats(self) -> NatsSettings:
        """The admin's way to the server."""
        written = read_environment(self.state / "env")
        own = {name: value for name, value in written.items() if name.startswith("TOCSIN_NATS_")}
        return settings.load(NatsSettings, own, prefix="TOCSIN_NATS")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One ``tocsin`` command that asks this house."""
        command = [sys.executable, "-m", "tocsin.cli", *arguments, "--state-dir", str(self.state)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def _said(self) -> str:
        return self.log.read_bytes()[self._begin :].decode("utf-8", "replace")

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _READY_S
        while not condition():
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"tocsin up ended with {self._process.returncode}: {self._said()[-3000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what}: not within {_READY_S:g} s: {self._said()[-3000:]}")
            time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

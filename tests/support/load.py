"""Numbered load: the simulator as a process of its own, writing an export file as Tetragon does."""

import os
import subprocess
import sys
from pathlib import Path


class Load:
    """One run of ``tocsin simulate``."""

    def __init__(self, path: Path, *flags: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tocsin.cli", "simulate", "--path", str(path), *flags]
        own = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=own)

    @property
    def running(self) -> bool:
        """Whether it still writes."""
        return self._process.poll() is None

    def wait(self, timeout_s: float = 120.0) -> None:
        """Until all is written."""
        code = self._process.wait(timeout_s)
        assert code == 0, f"the simulator ended with {code}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

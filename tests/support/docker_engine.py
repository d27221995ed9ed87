"""A Docker engine with the image's base in it: the machine's own, else one that lives for this run alone."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_ENGINE = ROOT / "scripts" / "docker-engine"
_MISSING = 3
_START_S, _STOP_S = 400, 60


@contextmanager
def engine() -> Iterator[dict[str, str]]:
    """What to set in the environment to use it; skips where the machine has none and cannot have one."""
    if os.geteuid():
        pytest.skip("needs root, which kills processes of containers and may start an engine")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-docker-", dir="/tmp"))  # short: the socket's path is bounded
    try:
        done = _script("start", folder, timeout_s=_START_S)
        if done.returncode == _MISSING:
            pytest.skip(done.stderr.strip().splitlines()[-1])
        assert done.returncode == 0, done.stderr
        yield dict(line.split("=", 1) for line in done.stdout.splitlines())
    finally:
        _script("stop", folder, timeout_s=_STOP_S)
        shutil.rmtree(folder, ignore_errors=True)


def _script(word: str, folder: Path, *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_ENGINE), word, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)

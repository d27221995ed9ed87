"""Where helm, etcd and kube-apiserver lie that ``scripts/kube-tools`` has built."""

import functools
import subprocess
import sys
from pathlib import Path

_SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "kube-tools"


@functools.cache
def _folder() -> Path | None:
    answer = subprocess.run([sys.executable, str(_SCRIPT), "--print"], stdout=subprocess.PIPE, text=True, check=False)
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def missing_tools() -> str:
    """Why a test has to be skipped, else an empty text."""
    if _folder() is None:
        return "kube-apiserver, etcd and helm are not built: run scripts/kube-tools (needs Go, some eight minutes)"
    return ""


def tool(name: str) -> Path:
    """The program *name*: ``helm``, ``etcd`` or ``kube-apiserver``."""
    folder = _folder()
    assert folder is not None, missing_tools()
    return folder / name

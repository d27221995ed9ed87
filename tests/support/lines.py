"""Lines of Tetragon's export file, as one test wants them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NODE = "worker-1"


def moment(ago_s: float = 0.0) -> str:
    """So long ago, as Tetragon writes times."""
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat().replace("+00:00", "Z")


def exec_id(pid: int, node: str = NODE) -> str:
    """As the agent makes them: node, start and pid."""
    return base64.b64encode(f"{node}:1:{pid}".encode()).decode()


def pod(namespace: str = "payments", name: str = "ledger-1", **more: Any) -> dict[str, Any]:
    """The pod of a process."""
    container = {"id": "containerd://1f2e3d4c", "name": "ledger", "image": {"id": "x@sha256:0", "name": "ledger:1"}}
    return {"namespace": namespace, "name": name, "container": container, "workload": "ledger", **more}


def process(pid: int, binary: str, arguments: str = "", *, parent: int = 1, ago_s: float = 0.0, **more: Any) -> Any:
    """One process; in a pod where *more* has one."""
    return {
        "exec_id": exec_id(pid), "pid": pid, "uid": 0, "cwd": "/", "binary": binary, "arguments": arguments,
        "flags": "execve clone", "start_time": moment(ago_s), "parent_exec_id": exec_id(parent), **more,
    }  # fmt: skip


def line(kind: str, own: Any, parent: Any = None, *, ago_s: float = 0.0, node: str = NODE, **body: Any) -> bytes:
    """One event of *kind*, ``process_exec`` for example."""
    whole = {"process": own, **({} if parent is None else {"parent": parent}), **body}
    return json.dumps({kind: whole, "node_name": node, "time": moment(ago_s)}).encode() + b"\n"


def started(number: int, *, ago_s: float = 0.0, **more: Any) -> bytes:
    """A program that was started in a pod: an alert of medium severity, or of low with the flag ``procFS``."""
    own = process(1000 + number, "/usr/bin/id", f"number {number}", ago_s=ago_s, pod=pod(), **more)
    return line("process_exec", own, process(1, "/bin/sh", pod=pod()), ago_s=ago_s)


def append(path: Path, *lines: bytes) -> None:
    """Write on, as the agent does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"".join(lines))

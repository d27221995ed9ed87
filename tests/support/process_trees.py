"""Processes that start one another, and alerts of them as Tetragon's events bring them."""

from typing import Any

import msgspec
from msgspec import Raw

from tocsin.model.alert import Alert

from support.gateway import alert

BEGIN = "2026-11-23T14:00:"


def process(id: str, parent: str = "", *, binary: str = "", second: int = 0, **fields: Any) -> dict[str, Any]:
    """A process as Tetragon writes it."""
    own = {
        "exec_id": id, "parent_exec_id": parent, "binary": binary or f"/bin/{id}", "arguments": f"of {id}",
        "pid": 100 + second, "uid": 0, "start_time": f"{BEGIN}{second:02d}Z",
    }  # fmt: skip
    return {name: value for name, value in {**own, **fields}.items() if value != ""}


def told(
    number: int,
    own: dict[str, Any],
    parent: dict[str, Any] | None = None,
    *ancestors: dict[str, Any],
    severity: str = "low",
    kind: str = "exec",
    **fields: Any,
) -> Alert:
    """An alert of the process *own*."""
    body: dict[str, Any] = {"process": own}
    if parent is not None:
        body["parent"] = parent
    if ancestors:
        body["ancestors"] = list(ancestors)
    known = parent or {}
    return alert(
        number,
        severity,
        kind=kind,
        exec_id=own.get("exec_id", ""),
        parent_exec_id=known.get("exec_id", own.get("parent_exec_id", "")),
        process=own.get("binary", ""),
        parent_process=known.get("binary", ""),
        event=Raw(msgspec.json.encode({f"process_{kind}": body, "node_name": "worker-1"})),
        **fields,
    )

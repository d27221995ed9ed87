"""Which events a logsource means, as a Sigma detection: written again from the documentation, to hold against the parser's."""

from typing import Any

from tocsin.model.subjects import EVENT_KINDS

FIELDS = frozenset({"kind", "TargetFilename", "Initiated", "DestinationIp", "DestinationPort", "SourcePort", "access"})
"""Fields that a logsource may demand."""
_CALLS = ["kprobe", "lsm", "tracepoint"]
_WRITTEN = ("file_event", "file_create", "file_change", "file_delete", "file_rename")


def demand(product: str | None, category: str | None, service: str | None) -> dict[str, Any] | list[dict[str, Any]]:
    """What an event must have, as a detection."""
    if product == "tetragon":
        return _native(category)
    if service == "auditd":
        return {"kind": ["exec", *_CALLS]}
    if category in _WRITTEN:
        return {"kind": _CALLS, "TargetFilename|exists": True, "access": "write"}
    if category == "file_access":
        return {"kind": _CALLS, "TargetFilename|exists": True, "access": "read"}
    if category == "network_connection":
        return {"kind": _CALLS, "Initiated|exists": True}
    if category == "image_load":
        return {"kind": "loader"}
    assert category in (None, "process_creation"), category
    return {"kind": "exec"}


def _native(category: str | None) -> dict[str, Any] | list[dict[str, Any]]:
    if category is None:
        return {"kind|exists": True}
    if category == "call":
        return {"kind": _CALLS}
    if category == "file":
        return {"kind": _CALLS, "TargetFilename|exists": True}
    if category == "network":
        ends = ("DestinationIp", "DestinationPort", "SourcePort")
        return [{"kind": _CALLS, f"{field}|exists": True} for field in ends]
    assert category in EVENT_KINDS, category
    return {"kind": category}

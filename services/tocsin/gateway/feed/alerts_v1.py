"""The names of `alerts.v1`: clients that ask for this version get rows and top values with them, for one release."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tocsin.gateway.window.rows import Row
from tocsin.model.alert_row import RowFields
from tocsin.model.event import event_key

_SHARED = {
    "severity": "sev", "namespace": "ns", "workload": "wl", "process": "bin", "event_type": "fn", "kind": "event",
    "techniques": "att", "fingerprint": "fp",
}  # fmt: skip
_TOP = {"event_type": "event", "rules": "rule", "techniques": "technique"}
_DEFAULTS = {info.name: info.default for info in msgspec.structs.fields(RowFields)}
_encode = msgspec.json.Encoder().encode


def encode(row: Row, n: int = 1) -> bytes:
    """The row as JSON; *n* is how many alerts it stands for."""
    shape = row.shape
    own = {"args": row.arguments, "target": row.target, "late_s": row.late_s}
    fields: dict[str, Any] = {"id": row.id, "seq": row.seq, "t": row.t, "n": n}
    fields |= {name: value for name, value in own.items() if value}
    for name, default in _DEFAULTS.items():
        value = getattr(shape, name)
        if name == "rules":
            fields |= ({"rule": value[0]} if value else {}) | ({"rules": value} if len(value) > 1 else {})
        elif value != default:
            fields[_SHARED.get(name, name)] = event_key(value) if name == "kind" else value
    return _encode(fields)


def renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a frame, with the old names of top values."""
    tops = {name: _old_top(fields[name]) for name in ("top", "matched_top") if fields.get(name)}
    return {**fields, **tops}


def _old_top(top: Mapping[str, Any]) -> dict[str, Any]:
    return {_TOP.get(name, name): values for name, values in top.items()}

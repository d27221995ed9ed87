"""Rows for the gateway's pure parts."""

from typing import Any

from tocsin.gateway.window.rows import Row, RowFactory
from tocsin.model.alert import RuleHit, Summary
from tocsin.model.severity import Severity
from tocsin.model.timestamps import format_ns

_shapes = RowFactory()
START_MS = 1_763_906_892_000


def summary(number: int = 1, severity: str = "low", *, t: int = 0, late_s: int = 0, **fields: Any) -> Summary:
    """An alert's summary; *t* is its time in milliseconds since 1970."""
    moment = (t or START_MS + number) * 1_000_000
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "time": format_ns(moment),
        "received": format_ns(moment + late_s * 1_000_000_000),
        "severity": Severity(severity),
        "title": "A program was started",
        "kind": "exec",
        "event_type": "execve",
        "fingerprint": f"{severity}-{number}",
    }
    rules = fields.pop("rules", ())
    values["rules"] = tuple(RuleHit(rule, rule, "high") for rule in rules)
    return Summary(**{**values, **fields})


def row(number: int = 1, severity: str = "low", *, seq: int = 0, **fields: Any) -> Row:
    """A row; its sequence is its number where none is given."""
    return _shapes.row(seq or number, summary(number, severity, **fields))

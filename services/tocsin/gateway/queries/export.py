"""Rows as a file for other programs: CSV (RFC 4180) and one JSON object a line."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import rows
from tocsin.gateway.window.rows import Row
from tocsin.model.timestamps import NS_PER_MS, NS_PER_S, format_ns

Format = Literal["csv", "ndjson"]

MEDIA: Mapping[Format, str] = {"csv": "text/csv; charset=utf-8; header=present", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take a cell for that begins with it; the wide ones count where Japanese is spoken."""
_DISARMED = "'"
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\r\n"} | {0x7F: 0x2421}
"""Control characters as signs that one can see: a terminal obeys them, and many readers stop at NUL."""
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)

_COLUMNS: Mapping[str, Callable[[Row], str]] = {
    "time": lambda row: format_ns(row.t * NS_PER_MS),
    "severity": lambda row: row.shape.sev.value,
    "title": lambda row: row.shape.title,
    "rules": lambda row: " ".join(row.shape.rules),
    "techniques": lambda row: " ".join(row.shape.att),
    "process": lambda row: row.shape.bin,
    "arguments": lambda row: row.args,
    "target": lambda row: row.target,
    "event": lambda row: row.shape.event,
    "function": lambda row: row.shape.fn,
    "namespace": lambda row: row.shape.ns,
    "workload": lambda row: row.shape.wl,
    "pod": lambda row: row.shape.pod,
    "container": lambda row: row.shape.container,
    "node": lambda row: row.shape.node,
    "silenced": lambda row: "yes" if row.shape.silenced else "no",
    "late_s": lambda row: str(row.late_s),
    "fingerprint": lambda row: row.shape.fp,
    "id": lambda row: row.id,
    "seq": lambda row: str(row.seq),
}


def head(format: Format) -> bytes:
    """What stands before the first row."""
    return _table([tuple(_COLUMNS)]) if format == "csv" else b""


def body(format: Format, some: Sequence[Row]) -> bytes:
    """These rows."""
    if format == "ndjson":
        return b"".join(rows.encode(row) + b"\n" for row in some)
    return _table([tuple(disarmed(cell(row)) for cell in _COLUMNS.values()) for row in some])


def disarmed(text: str) -> str:
    """The text as a cell that no program takes for a formula and no terminal for an order."""
    seen = text.translate(_PICTURES)
    return f"{_DISARMED}{seen}" if seen.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else seen


def filename(format: Format, span: TimeRange) -> str:
    """What the file is called: nothing that an event chose is in it."""
    begin, end = (format_ns(second * NS_PER_S)[:19].replace(":", "") for second in (span.from_s, span.to_s))
    return f"tocsin-{begin}Z-{end}Z.{format}"


def _table(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8", "replace")

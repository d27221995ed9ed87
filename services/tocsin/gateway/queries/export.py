"""Rows as a file for other programs: CSV (RFC 4180) and one JSON object a line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from tocsin.gateway.queries.time_range import TimeRange
from tocsin.gateway.window import rows
from tocsin.gateway.window.rows import Row
from tocsin.model.alert_row import COLUMNS, FIELDS
from tocsin.model.timestamps import NS_PER_MS, NS_PER_S, format_ns

Format = Literal["csv", "ndjson"]

MEDIA: Mapping[Format, str] = {"csv": "text/csv; charset=utf-8; header=present", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may take a cell that begins with one of these for a formula; the wide ones count in Japan."""
_DISARMED = "'"
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\r\n"} | {0x7F: 0x2421}
"""Control characters as visible symbols: a terminal obeys them, and many readers stop at NUL."""
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)

_HEADER = tuple("time" if name == "t" else name for name in COLUMNS)


def _cells(row: Row) -> Iterator[str]:
    """The values of the row as texts, in the order of the columns."""
    for name in COLUMNS:
        value = getattr(row if FIELDS[name].own else row.shape, name)
        if name == "t":
            yield format_ns(value * NS_PER_MS)
        elif isinstance(value, bool):
            yield "yes" if value else "no"
        else:
            yield " ".join(value) if isinstance(value, tuple) else str(value)


def head(format: Format) -> bytes:
    """The part before the first row."""
    return _table([_HEADER]) if format == "csv" else b""


def body(format: Format, page: Sequence[Row]) -> bytes:
    """These rows."""
    if format == "ndjson":
        return b"".join(rows.encode(row) + b"\n" for row in page)
    return _table([tuple(map(disarmed, _cells(row))) for row in page])


def disarmed(text: str) -> str:
    """The text as a cell that no program takes for a formula and no terminal for a command."""
    visible = text.translate(_PICTURES)
    return f"{_DISARMED}{visible}" if visible.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else visible


def filename(format: Format, span: TimeRange) -> str:
    """Name of the file: it has no text from an event."""
    begin, end = (format_ns(second * NS_PER_S)[:19].replace(":", "") for second in (span.from_s, span.to_s))
    return f"tocsin-{begin}Z-{end}Z.{format}"


def _table(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8", "replace")

"""Filters written as addresses, the way the page writes them."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tocsin.gateway.window.row_filter import FIELDS, unsigned

_READABLE = "/:,!*'()"


def printed(wire: Mapping[str, Sequence[str] | str]) -> str:
    """The query string of a filter as it travels."""
    parts = []
    for field in FIELDS:
        values = [_written(value) for value in wire.get(field, ())]
        if values:
            parts.append(f"{field}={','.join(values)}")
    if wire.get("q"):
        parts.append(f"q={quote(str(wire['q']), safe=_READABLE)}")
    return "&".join(parts)


def _written(value: str) -> str:
    text, excludes = unsigned(value)
    escaped = re.sub(r"[\\,]", r"\\\g<0>", text)
    escaped = f"\\{escaped}" if escaped.startswith("-") else escaped
    return quote(f"-{escaped}" if excludes else escaped, safe=_READABLE)

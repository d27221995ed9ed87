"""A cursor, ``epoch:seq``: a place in ALERTS, valid on any gateway; the epoch changes when the stream is recreated."""

import hashlib
import re

_EPOCH_BYTES = 4
_CURSOR = re.compile(r"([0-9a-f]{1,32}):(\d{1,19})", re.ASCII)


def epoch(created: str) -> str:
    """The stream's identity, derived from its time of creation."""
    return hashlib.blake2b(created.encode(), digest_size=_EPOCH_BYTES).hexdigest()


def render(epoch: str, seq: int) -> str:
    """The cursor of everything up to and including *seq*."""
    return f"{epoch}:{seq}"


def parse(text: str) -> tuple[str, int] | None:
    """Epoch and sequence, or ``None`` if *text* is not a cursor."""
    match = _CURSOR.fullmatch(text)
    return (match[1], int(match[2])) if match else None

"""Dead letters: what could not be handled, made so that NATS certainly takes it."""

import hashlib
from collections.abc import Mapping

REASON_HEADER = "Tocsin-Reason"
SUBJECT_HEADER = "Tocsin-Subject"
LENGTH_HEADER = "Tocsin-Length"
"""Bytes of the whole, where only its beginning was kept."""
HASH_HEADER = "Tocsin-Hash"
"""BLAKE2b-128 of the whole, where only its beginning was kept."""

KEPT_BYTES = 64 << 10
"""What is kept of a letter that is too large."""
_HEADER_CHARACTERS = 512
_ROOM_BYTES = 16 << 10
"""For the headers of a letter: twenty of the longest, and their names."""


def letter(
    payload: bytes, *, reason: str, subject: str, headers: Mapping[str, str], limit_bytes: int
) -> tuple[bytes, dict[str, str]]:
    """Payload and headers of a dead letter, which is cut where it would be more than *limit_bytes*."""
    marks = {name: one_line(value) for name, value in headers.items()}
    marks[REASON_HEADER] = one_line(reason)
    if subject:
        marks[SUBJECT_HEADER] = one_line(subject)
    if len(payload) + _ROOM_BYTES > limit_bytes:
        marks.setdefault(LENGTH_HEADER, str(len(payload)))
        marks.setdefault(HASH_HEADER, hashlib.blake2b(payload, digest_size=16).hexdigest())
        payload = payload[: min(KEPT_BYTES, max(0, limit_bytes - _ROOM_BYTES))]
    return payload, marks


def one_line(text: str) -> str:
    """*text* as a header's value: printable ASCII, one line, bounded."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:_HEADER_CHARACTERS]).strip() or "unknown"

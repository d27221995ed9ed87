"""Dead letters: what could not be handled is stored with the reason, in a form that NATS certainly takes."""

import hashlib
from collections.abc import Mapping

from tocsin.bus.connection import Connection
from tocsin.bus.message import Message
from tocsin.bus.publish_window import PublishWindow, Then
from tocsin.model import subjects

REASON_HEADER = "Tocsin-Reason"
SUBJECT_HEADER = "Tocsin-Subject"
LENGTH_HEADER = "Tocsin-Length"
"""Bytes of the whole payload, if only its beginning was kept."""
HASH_HEADER = "Tocsin-Hash"
"""BLAKE2b-128 of the whole payload, if only its beginning was kept."""

KEPT_BYTES = 64 << 10
"""What is kept of a payload that is too large."""
_HEADER_CHARACTERS = 512
_HEADERS_BYTES = 16 << 10
"""Reserved for the headers: twenty of the longest, and their names."""


class DeadLetters:
    """Publishes the dead letters of one service."""

    def __init__(self, connection: Connection, window: PublishWindow) -> None:
        self._connection = connection
        self._subject = subjects.dead(connection.service)
        self._window = window
        self.published = 0
        """Since the start of this process."""

    async def publish(
        self,
        payload: bytes,
        *,
        id: str,
        reason: str,
        subject: str = "",
        headers: Mapping[str, str] | None = None,
        then: Then | None = None,
    ) -> None:
        """Store *payload* as it was received, with the *reason*; *then* is called once it is stored.

        A payload that is larger than NATS takes is cut to its first 64 KiB, with the length and hash of the whole.
        """
        self.published += 1
        kept, marks = dead_letter(
            payload, reason=reason, subject=subject, headers=headers or {}, limit_bytes=self._connection.max_payload
        )
        await self._window.publish(self._subject, kept, id=id, headers=marks, then=then)

    async def publish_message(self, message: Message, reason: str) -> None:
        """Store *message*, and terminate it once that is done: no redelivery repairs what is wrong with it."""
        await self.publish(
            message.payload,
            id=message.id or f"{message.stream}.{message.seq}",
            reason=reason,
            subject=message.subject,
            headers={k: v for k, v in message.headers.items() if k.startswith("Tocsin-")},
            then=lambda _: message.term(),
        )


def dead_letter(
    payload: bytes, *, reason: str, subject: str, headers: Mapping[str, str], limit_bytes: int
) -> tuple[bytes, dict[str, str]]:
    """Payload and headers of a dead letter; the payload is cut if both would be more than *limit_bytes*."""
    marks = {name: one_line(value) for name, value in headers.items()}
    marks[REASON_HEADER] = one_line(reason)
    if subject:
        marks[SUBJECT_HEADER] = one_line(subject)
    if len(payload) + _HEADERS_BYTES > limit_bytes:
        marks.setdefault(LENGTH_HEADER, str(len(payload)))
        marks.setdefault(HASH_HEADER, hashlib.blake2b(payload, digest_size=16).hexdigest())
        payload = payload[: min(KEPT_BYTES, max(0, limit_bytes - _HEADERS_BYTES))]
    return payload, marks


def one_line(text: str) -> str:
    """*text* as a header's value: printable ASCII, one line, bounded."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:_HEADER_CHARACTERS]).strip() or "unknown"

"""What size of message NATS takes: the server's limit for all, and a stream's for the headers."""

from collections.abc import Mapping

from tocsin.model.errors import BusError

_HEADER_BYTES = 65_535
"""A stream stores no more headers than this."""
_SAFE_HEADER_CHARACTERS = 8_192
"""Up to this many are below that limit in any encoding, with the cost of each header line."""
_LINE_BYTES = 4
"""Of a header line, beside its name and value."""
_FRAME_BYTES = 16
"""Of the headers together, beside their lines."""


class TooLarge(BusError):
    """The message is larger than NATS takes: it was not sent, and no retry sends it."""


def check_size(subject: str, payload: bytes, headers: Mapping[str, str], *, max_payload: int) -> None:
    """Raise `TooLarge` if the server does not take the message, or a stream its headers."""
    characters = 0
    for value in headers.values():
        characters += len(value)
    if characters > _SAFE_HEADER_CHARACTERS and (size := _encoded(headers)) > _HEADER_BYTES:
        raise TooLarge(f"{subject}: {size:,} bytes of headers are more than a stream stores")
    if len(payload) + _HEADER_BYTES > max_payload and len(payload) + _encoded(headers) > max_payload:
        raise TooLarge(f"{subject}: {len(payload):,} bytes are more than the server's max_payload of {max_payload:,}")


def _encoded(headers: Mapping[str, str]) -> int:
    lines = sum(len(name.encode()) + len(value.encode()) + _LINE_BYTES for name, value in headers.items())
    return lines + _FRAME_BYTES

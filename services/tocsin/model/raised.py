"""The record of an alert that the correlator is about to publish (stream RAISED)."""

import msgspec
from msgspec import Raw, Struct


class Raised(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert of a correlation: which rule fired, for which key, completed by which signal."""

    id: str
    """Of the alert: a hash of rule, key and completing signal."""
    rule: str
    key: dict[str, str] = {}
    time: str
    """Of the completing signal."""
    seq: int
    """Of the completing signal, in SIGNALS."""
    subject: str
    """Of the alert."""
    alert: Raw
    """The alert as it is published, so that it can be published again."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Raised)


def encode(raised: Raised) -> bytes:
    """The record as JSON; the alert's bytes are spliced in."""
    return _encoder.encode(raised)


def decode(payload: bytes) -> Raised:
    """A record from its JSON; ``msgspec.DecodeError`` if it is not one."""
    return _decoder.decode(payload)

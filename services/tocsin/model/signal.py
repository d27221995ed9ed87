"""The signal that correlations count: a compact record of an event that matched one of their rules (stream SIGNALS)."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct


class Signal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event that correlations count; it is stored before its alert, so that a stored alert proves its signal."""

    id: str
    """Of the event and of its alert. A signal that is stored twice counts once."""
    time: str
    """The alert's: RFC 3339, UTC, nanoseconds."""
    rules: tuple[str, ...]
    """Ids of the matched rules that correlations count."""
    values: dict[str, str] = {}
    """Field to value, for every field that a correlation over these rules groups by or counts; absent if the event
    has none. An alias stands under ``<alias>@<rule id>``."""
    cluster: str
    node: str = ""
    namespace: str = ""
    pod: str = ""
    container: str = ""
    image: str = ""
    workload: str = ""
    workload_kind: str = ""
    process: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Signal, ...])


def encode(signals: Sequence[Signal]) -> bytes:
    """The payload of one message of SIGNALS: the signals of several events as a JSON array."""
    return _encoder.encode(signals)


def encode_one(signal: Signal) -> bytes:
    """One signal, to be joined with others."""
    return _encoder.encode(signal)


def join(encoded: Sequence[bytes]) -> bytes:
    """The same as `encode`, of signals that are encoded already."""
    return b"".join((b"[", b",".join(encoded), b"]"))


def decode(payload: bytes) -> tuple[Signal, ...]:
    """The signals of one message; ``msgspec.DecodeError`` if it has none."""
    return _decoder.decode(payload)

"""What JetStream tells of streams and consumers, as far as anybody here asks."""

from typing import Any

from msgspec import Struct


class StreamState(Struct, frozen=True):
    """What a stream holds."""

    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_ts: str = ""
    """When the first message that it still holds was stored (RFC 3339); before all times where it holds none."""
    subjects: dict[str, int] = {}
    """Messages for each subject, where they were asked for."""


class Stream(Struct, frozen=True):
    """A stream as JetStream tells it."""

    created: str
    state: StreamState
    config: dict[str, Any] = {}


class Floor(Struct, frozen=True):
    """A place in a stream, by the stream's numbers and by the consumer's."""

    stream_seq: int = 0
    consumer_seq: int = 0


class Consumer(Struct, frozen=True):
    """How far a durable reader is."""

    name: str
    config: dict[str, Any] = {}
    ack_floor: Floor = Floor()
    delivered: Floor = Floor()
    num_ack_pending: int = 0
    num_redelivered: int = 0
    num_pending: int = 0


class Stored(Struct, frozen=True):
    """A message read from a stream by its sequence."""

    subject: str
    seq: int
    payload: bytes
    headers: dict[str, str]

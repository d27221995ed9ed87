"""The parts that Tocsin uses of JetStream's answers about streams and consumers."""

from typing import Any

from msgspec import Struct


class StreamState(Struct, frozen=True):
    """The content of a stream."""

    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_ts: str = ""
    """When its first remaining message was stored (RFC 3339); the year 1 if there is none."""
    subjects: dict[str, int] = {}
    """Messages of each subject, if the request asked for them."""


class Stream(Struct, frozen=True):
    """State and configuration of a stream."""

    created: str
    state: StreamState
    config: dict[str, Any] = {}


class Floor(Struct, frozen=True):
    """A position, as sequence of the stream and as number of the consumer."""

    stream_seq: int = 0
    consumer_seq: int = 0


class Consumer(Struct, frozen=True):
    """State of a durable consumer."""

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

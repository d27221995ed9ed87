"""The answers of JetStream's own API, as far as the doctor reads them."""

from typing import Any

from msgspec import Struct


class State(Struct, frozen=True):
    """What a stream holds."""

    messages: int = 0
    bytes: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_ts: str = ""
    subjects: dict[str, int] = {}


class Stream(Struct, frozen=True):
    """A stream, and the time of the server that tells of it."""

    config: dict[str, Any]
    state: State
    ts: str = ""


class Floor(Struct, frozen=True):
    """A place, by the numbers of consumer and stream."""

    consumer_seq: int = 0
    stream_seq: int = 0


class Consumer(Struct, frozen=True):
    """A reader of a stream."""

    name: str
    config: dict[str, Any] = {}
    delivered: Floor = Floor()
    ack_floor: Floor = Floor()
    num_ack_pending: int = 0
    num_pending: int = 0
    num_redelivered: int = 0


class Consumers(Struct, frozen=True):
    """All readers of a stream."""

    consumers: list[Consumer] | None = None


class Limits(Struct, frozen=True):
    """What an account may have; -1 is no limit."""

    max_storage: int = -1


class Account(Struct, frozen=True):
    """What an account has."""

    storage: int = 0
    limits: Limits = Limits()

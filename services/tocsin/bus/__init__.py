"""The one door to NATS: nothing above this room knows the client library."""

from tocsin.bus.bus import (
    CLUSTER_HEADER,
    NODE_HEADER,
    REASON_HEADER,
    RECEIVED_HEADER,
    SUBJECT_HEADER,
    Bus,
    Consumer,
    Stored,
    Stream,
    StreamState,
    one_line,
    open_bus,
)
from tocsin.bus.message import Message
from tocsin.bus.reading import Start
from tocsin.bus.settings import NatsSettings
from tocsin.bus.window import ID_HEADER, PubAck

__all__ = [
    "CLUSTER_HEADER",
    "ID_HEADER",
    "NODE_HEADER",
    "REASON_HEADER",
    "RECEIVED_HEADER",
    "SUBJECT_HEADER",
    "Bus",
    "Consumer",
    "Message",
    "NatsSettings",
    "PubAck",
    "Start",
    "Stored",
    "Stream",
    "StreamState",
    "one_line",
    "open_bus",
]

"""The only access to NATS: nothing above this package knows the client library."""

from tocsin.bus.bus import CLUSTER_HEADER, NODE_HEADER, RECEIVED_HEADER, SOURCE_HEADER, Bus, open_bus
from tocsin.bus.dead_letters import HASH_HEADER, LENGTH_HEADER, REASON_HEADER, SUBJECT_HEADER, one_line
from tocsin.bus.jetstream_types import Consumer, Stored, Stream, StreamState
from tocsin.bus.message import Message
from tocsin.bus.message_size import TooLarge
from tocsin.bus.publish_window import ID_HEADER, PubAck, Then
from tocsin.bus.settings import NatsSettings
from tocsin.bus.stream_reader import Start

__all__ = [
    "CLUSTER_HEADER",
    "HASH_HEADER",
    "ID_HEADER",
    "LENGTH_HEADER",
    "NODE_HEADER",
    "REASON_HEADER",
    "RECEIVED_HEADER",
    "SOURCE_HEADER",
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
    "Then",
    "TooLarge",
    "one_line",
    "open_bus",
]

"""One delivery of a message from a stream, and the answers to it."""

from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from tocsin.bus.publish_window import ID_HEADER


class Message:
    """A message of a durable consumer; answer it with exactly one of `ack`, `nak` and `term`."""

    __slots__ = ("_client", "_tokens", "headers", "on_answer", "payload", "reply", "subject")

    def __init__(self, client: Client, message: Msg) -> None:
        """Wrap what nats-py received."""
        self._client = client
        self.subject = message.subject
        self.payload: bytes = message.data
        self.headers: dict[str, str] = message.headers or {}
        self.reply = message.reply
        self.on_answer: Callable[[Message], None] | None = None
        """Called when it is answered for good."""
        self._tokens: list[str] | None = None

    @property
    def id(self) -> str:
        """The id it was published under."""
        return self.headers.get(ID_HEADER, "")

    @property
    def stream(self) -> str:
        """The stream that holds it."""
        return self._token(_STREAM)

    @property
    def seq(self) -> int:
        """Its sequence in the stream."""
        return int(self._token(_SEQ))

    @property
    def delivered(self) -> int:
        """How often it was delivered, this time included."""
        return int(self._token(_DELIVERED))

    @property
    def stored_ns(self) -> int:
        """When the stream stored it, nanoseconds since 1970."""
        return int(self._token(_TIME))

    @property
    def pending(self) -> int:
        """How many messages of the consumer come after it."""
        return int(self._token(_PENDING))

    @property
    def place(self) -> int:
        """Its number among the deliveries of its consumer, from 1 without a gap."""
        return int(self._token(_PLACE))

    async def ack(self) -> None:
        """It is done."""
        if self.on_answer is not None:
            self.on_answer(self)
        await self._answer(b"")

    async def nak(self) -> None:
        """Deliver it again, to any replica."""
        if self.on_answer is not None:
            self.on_answer(self)
        await self._answer(b"-NAK")

    async def term(self) -> None:
        """Never deliver it again."""
        if self.on_answer is not None:
            self.on_answer(self)
        await self._answer(b"+TERM")

    async def working(self) -> None:
        """The work on it goes on: do not deliver it again yet."""
        await self._answer(b"+WPI")

    async def _answer(self, answer: bytes) -> None:
        try:
            await self._client.publish(self.reply, answer)
        except (Error, OSError):
            return  # disconnected: it is delivered again, and its id says that it was handled already

    def _token(self, index: int) -> str:
        if self._tokens is None:
            tokens = self.reply.split(".")
            self._tokens = tokens[2:] if len(tokens) == _SHORT_FORM else tokens[4:]
        return self._tokens[index]


_SHORT_FORM = 9
_STREAM, _DELIVERED, _SEQ, _PLACE, _TIME, _PENDING = 0, 2, 3, 4, 5, 6
"""Tokens after ``$JS.ACK.`` (the longer form: after ``$JS.ACK.<domain>.<account>.``):
``<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>``."""

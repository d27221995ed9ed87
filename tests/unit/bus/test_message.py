"""What the subject of a delivery tells, in both forms that servers write."""

from nats.aio.client import Client
from nats.aio.msg import Msg

from tocsin.bus import Message

_SHORT = "$JS.ACK.EVENTS.classifier.3.1234.77.1700000000000000001.9"
_LONG = "$JS.ACK._.ACCOUNT.EVENTS.classifier.3.1234.77.1700000000000000001.9"


def _read(reply: str) -> tuple[object, ...]:
    client = Client()
    message = Message(client, Msg(client, subject="tetragon.c.n.exec", reply=reply, data=b""))
    return message.stream, message.delivered, message.seq, message.place, message.stored_ns, message.pending


def test_the_short_form_is_read() -> None:
    assert _read(_SHORT) == ("EVENTS", 3, 1234, 77, 1_700_000_000_000_000_001, 9)


def test_the_long_form_means_the_same_with_or_without_what_follows() -> None:
    assert _read(_LONG) == _read(f"{_LONG}.x7f") == _read(_SHORT)

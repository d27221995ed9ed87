"""What a client subscribes to, from its frames."""

import pytest

from tocsin.gateway.feed.client import Client
from tocsin.gateway.feed.frames import Ack, Open, ProtocolError, View
from tocsin.gateway.feed.groups import Fanout
from tocsin.gateway.feed.subscription import Selection, Subscription
from tocsin.gateway.window.window import Window
from tocsin.model.filter import EVERYTHING, FilterError, grammar


def subscription() -> Subscription:
    return Subscription(Client(Fanout(Window(100)), lambda: None))


def test_a_later_frame_changes_what_it_names_and_keeps_the_rest() -> None:
    own = subscription()
    own.open(Open(filter={"namespace": ["a"]}, window="1h"), 0.0)
    first = own.selection
    assert first == Selection(grammar.parse({"namespace": ["a"]}), b'{"namespace":["a"]}', 3_600)
    own.change(View(window="5m"), 1.0)
    assert own.selection == Selection(first.filter, first.filter_json, 300)
    own.change(View(filter={}), 2.0)
    assert own.selection == Selection(EVERYTHING, b"{}", 300)


def test_open_comes_once_and_first() -> None:
    own = subscription()
    with pytest.raises(ProtocolError, match="open comes first"):
        own.change(View(), 0.0)
    own.open(Open(), 0.0)
    with pytest.raises(ProtocolError, match="open comes once"):
        own.open(Open(), 0.0)


def test_a_frame_that_is_wrong_opens_nothing_and_changes_nothing() -> None:
    own = subscription()
    with pytest.raises(ProtocolError, match="cursor"):
        own.open(Open(cursor="somewhere"), 0.0)
    with pytest.raises(FilterError):
        own.open(Open(filter={"namespace": "a"}), 0.0)
    assert not own.opened
    own.open(Open(filter={"namespace": ["a"]}), 0.0)
    before = own.selection
    with pytest.raises(FilterError):
        own.change(View(filter={"namespace": "a"}, window="1m"), 0.0)
    assert own.selection == before


def test_an_acknowledgement_without_a_cursor_is_ignored() -> None:
    own = subscription()
    own.acknowledge(Ack(to="a1:1"))
    own.open(Open(), 0.0)
    own.acknowledge(Ack(to="somewhere"))

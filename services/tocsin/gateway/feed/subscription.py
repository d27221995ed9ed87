"""What one client subscribes to, as its frames ``open`` and ``view`` say."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tocsin.gateway.feed import frames
from tocsin.gateway.feed.client import Client
from tocsin.gateway.feed.frames import Ack, Open, ProtocolError, Version, View
from tocsin.gateway.window import cursor
from tocsin.model.filter import EVERYTHING, Filter, grammar


class Selection(Struct, frozen=True):
    """The alerts that snapshots and stats are about."""

    filter: Filter = EVERYTHING
    filter_json: bytes = b"{}"
    """The filter as the client wrote it."""
    window_s: int = 0
    """The length of the time range that ends now."""
    version: Version = frames.VERSION
    """The version of the protocol that the client speaks."""


class Subscription:
    """Applies the frames of one client; a frame that is wrong raises `ProtocolError` or `FilterError`."""

    def __init__(
        self, client: Client, version: Version = frames.VERSION, old_filter_keys: dict[str, int] | None = None
    ) -> None:
        """*old_filter_keys* counts former names of fields in the client's filters."""
        self.client = client
        self.opened = False
        self.selection = Selection(version=version)
        self._old_filter_keys = {} if old_filter_keys is None else old_filter_keys

    def open(self, frame: Open, now: float) -> None:
        """The first frame."""
        if self.opened:
            raise ProtocolError("open comes once")
        place = None if frame.cursor is None else cursor.parse(frame.cursor)
        if frame.cursor is not None and place is None:
            raise ProtocolError("the cursor is not valid")
        filter_ = self._parse(frame.filter)
        window_s = frames.window_s(frame.window)
        self.client.open(place, filter_, frame.rows, visible=frame.visible, now=now, fold=frame.fold)
        self.selection = Selection(filter_, msgspec.json.encode(frame.filter), window_s, self.selection.version)
        self.opened = True

    def change(self, frame: View, now: float) -> None:
        """Every later one."""
        if not self.opened:
            raise ProtocolError("open comes first")
        old = self.selection
        filter_ = None if frame.filter is None else self._parse(frame.filter)
        window_s = old.window_s if frame.window is None else frames.window_s(frame.window)
        filter_json = old.filter_json if frame.filter is None else msgspec.json.encode(frame.filter)
        self.selection = Selection(old.filter if filter_ is None else filter_, filter_json, window_s, old.version)
        whole = window_s != old.window_s
        self.client.view(filter_, frame.rows, visible=frame.visible, whole=whole, now=now, fold=frame.fold)

    def acknowledge(self, frame: Ack) -> None:
        """The client has all frames up to a cursor; one that is not valid is ignored."""
        place = cursor.parse(frame.to)
        if place is not None and self.opened:
            self.client.acknowledge(*place)

    def _parse(self, wire: Mapping[str, Any]) -> Filter:
        filter_ = grammar.parse(wire)
        for name in grammar.old_names(wire):
            self._old_filter_keys[name] = self._old_filter_keys.get(name, 0) + 1
        return filter_

"""Rules tried over what the stream holds: the event of each alert, and none where an alert has none."""

import json

import pytest

from tocsin.cli.rules import events
from tocsin.cli.rules.events import InputEvent
from tocsin.model.timestamps import parse_ns

from support import rule_texts
from support.buses import opened
from support.server import NatsServer


def _alert(id: str, event: bytes | None) -> bytes:
    shown = {"id": id, "time": "2026-11-24T10:00:00Z", "cluster": "c1", "node": "n1", "fingerprint": "f"}
    return json.dumps({**shown, **({"event": json.loads(event)} if event else {})}).encode()


async def test_the_events_of_the_last_hours_alerts_are_handed_over(
    declared: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = declared.settings("admin")
    for name in ("url", "user", "password"):
        monkeypatch.setenv(f"TOCSIN_NATS_{name.upper()}", getattr(settings, name))
    event = rule_texts.exec_event()
    async with opened(declared, "classifier") as bus:
        await bus.publish("alerts.medium.c1.web.execve", _alert("1", event), id="1", then=lambda _: None)
        await bus.publish("alerts.high.c1.web.storm", _alert("2", None), id="2", then=lambda _: None)
        assert await bus.flush(10.0)
    taken: list[InputEvent] = []
    await events.read_stream("1h", "", taken.append)
    (given,) = taken
    assert (given.id, given.cluster, given.node) == ("1", "c1", "n1")
    assert given.time_ns == parse_ns("2026-11-24T10:00:00Z")
    assert json.loads(given.line) == json.loads(event)

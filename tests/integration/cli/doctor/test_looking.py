"""The doctor at a real server: what is right, what somebody broke, and what a user of few rights cannot see."""

import time
from pathlib import Path

import msgspec

from tocsin.bus import NatsSettings, jetstream_api, streams
from tocsin.cli.doctor.command import run_checks
from tocsin.cli.doctor.finding import Finding
from tocsin.cli.doctor.gather.collect import Targets, collect
from tocsin.cli.doctor.observations import Layout, Sample
from tocsin.model.checkpoint import Checkpoint, Counts, encode
from tocsin.model.subjects import checkpoint_key
from tocsin.model.timestamps import format_ns

from support import rule_texts
from support.buses import opened
from support.doctor import places
from support.server import NatsServer, binary


async def looked(where: Targets) -> dict[str, Finding]:
    return {finding.check: finding for finding in run_checks(await collect(where))}


async def test_a_fresh_server_with_our_streams_is_fine(declared: NatsServer) -> None:
    found = await looked(places(declared, viewer_password=declared.passwords["viewer"]))
    fine = {name for name, finding in found.items() if finding.verdict == "ok"}
    assert fine >= {
        "settings.environment", "nats.server", "nats.jetstream", "nats.max_payload", "nats.doors", "nats.login",
        "nats.store", "rights.own", "rights.viewer", "streams.declared", "streams.durables", "streams.backlog",
        "readers.classifier", "letters.dead_collector", "ledger.balance", "clock.server",
    }  # fmt: skip
    assert {name for name, finding in found.items() if finding.verdict == "fail"} == set()
    assert found["page"].verdict == "unknown"
    assert "--gateway" in found["page"].do


async def test_a_server_without_our_streams_is_told_to_be_declared(nats_server: NatsServer) -> None:
    found = await looked(places(nats_server))
    assert found["streams.declared"].verdict == "fail"
    assert "EVENTS" in found["streams.declared"].found
    assert "tocsin declare" in found["streams.declared"].do


async def test_what_somebody_changed_is_named_field_by_field(declared: NatsServer) -> None:
    async with opened(declared, "admin") as bus:
        config = dict((await bus.stream(streams.ALERTS)).config)
        await jetstream_api.call(bus.connection, "STREAM.UPDATE.ALERTS", {**config, "duplicate_window": 5_000_000_000})
        await jetstream_api.call(bus.connection, "CONSUMER.DELETE.ALERTS_KEPT.siem")
    found = await looked(places(declared))
    assert found["streams.declared"].details == ("ALERTS: duplicate_window is 5 s; 60 s is declared",)
    assert found["streams.durables"].details == ("ALERTS_KEPT/siem: missing",)


async def test_dead_letters_are_told_with_their_newest_reasons(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        for number in range(3):
            await bus.dead_letters.publish(
                b"x", id=f"d{number}", reason="no JSON" if number else "too long", then=lambda _: None
            )
        assert await bus.flush(10.0)
    found = (await looked(places(declared)))["letters.dead_collector"]
    assert found.verdict == "warn"
    assert set(found.details) == {"2 of the newest: no JSON", "1 of the newest: too long"}


async def test_events_that_nobody_counted_unbalance_the_ledger_and_wait_for_the_classifier(
    declared: NatsServer,
) -> None:
    async with opened(declared, "collector") as bus:
        for number in range(3):
            event = rule_texts.exec_event()
            headers = {"Tocsin-Received": str(time.time_ns())}
            await bus.publish("tetragon.c1.n1.exec", event, id=f"e{number}", headers=headers, then=lambda _: None)
        assert await bus.flush(10.0)
    seen = await collect(places(declared))
    found = {finding.check: finding for finding in run_checks(seen)}
    assert found["ledger.balance"].verdict == "fail"
    assert "collector to EVENTS" in found["ledger.balance"].details[0]
    assert isinstance(seen.sample, Sample)
    assert (seen.sample.kinds, seen.sample.execs) == ({"exec": 3}, 3)
    assert isinstance(seen.layout, Layout)
    assert seen.layout.ack_v2 is False
    (classifier,) = (own for own in seen.layout.readers if own.name == "classifier")
    assert classifier.waiting == 3
    assert classifier.oldest_s is not None


async def test_where_collectors_stand_is_read_from_their_checkpoints(declared: NatsServer) -> None:
    old = format_ns(time.time_ns() - 3_600 * 10**9)
    lost = Checkpoint(source="file /a", cluster="c1", node="n1", saved=old, counts=Counts(vanished_files=2))
    async with opened(declared, "collector") as bus:
        await bus.bucket.save(checkpoint_key("c1", "n1", "file /a"), encode(lost))
    found = await looked(places(declared))
    assert found["sources.stopped"].verdict == "warn"
    assert found["sources.stopped"].details == ("n1 (file /a, 0 lines): for 60 min",)
    assert found["sources.vanished"].verdict == "fail"


async def test_a_user_of_few_rights_is_told_what_it_may_not_see(declared: NatsServer) -> None:
    found = await looked(places(declared, "gateway"))
    assert found["rights.own"].verdict == "warn"
    assert any("CONSUMER.LIST" in subject for subject in found["rights.own"].details)
    assert "admin" in found["rights.own"].do
    seen = {name: found[name].verdict for name in ("streams.declared", "streams.durables", "readers.classifier")}
    assert set(seen.values()) == {"ok"}
    assert found["events"].verdict == "unknown"
    assert found["events"].found == "the user gateway may not read it"


async def test_a_wrong_password_and_a_silent_address_are_told_apart(declared: NatsServer) -> None:
    wrong = msgspec.structs.replace(declared.settings("admin"), password="guess")
    refused = await looked(msgspec.structs.replace(places(declared), nats=wrong))
    assert refused["nats.server"].verdict == "ok"
    assert refused["nats.login"].verdict == "fail"
    assert "guess" not in str(refused)
    nobody = msgspec.structs.replace(wrong, url="nats://127.0.0.1:1")
    silent = await looked(msgspec.structs.replace(places(declared), nats=nobody))
    assert silent["nats.server"].verdict == "fail"
    assert "nats.login" not in silent
    assert silent["streams.declared"].verdict == "unknown"


async def test_a_server_that_asks_nobody_for_a_password_is_an_open_door(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, conf='listen = "127.0.0.1:-1"\n')
    server.start()
    try:
        found = await looked(Targets(nats=NatsSettings(url=server.url), environ={}, gateway="http://127.0.0.1:1"))
    finally:
        server.stop()
    assert found["nats.doors"].verdict == "fail"
    assert found["nats.jetstream"].verdict == "fail"
    assert found["nats.max_payload"].verdict == "fail"
    assert binary()


async def test_a_viewer_with_too_many_rights_is_found(tmp_path: Path) -> None:
    users = ", ".join(f'{{ user = {name}, password = "p" }}' for name in ("admin", "viewer"))
    store = f'jetstream {{ store_dir = "{tmp_path}/store" }}'
    server = NatsServer(tmp_path, conf=f'listen = "127.0.0.1:-1"\n{store}\nauthorization {{ users = [{users}] }}\n')
    server.start()
    try:
        nats = NatsSettings(url=server.url, user="admin", password="p")
        found = await looked(Targets(nats=nats, environ={}, gateway="http://127.0.0.1:1", viewer_password="p"))
    finally:
        server.stop()
    assert found["rights.viewer"].verdict == "fail"
    assert "it can publish" in found["rights.viewer"].details

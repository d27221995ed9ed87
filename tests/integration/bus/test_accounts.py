"""An account of its own: answers that are sent where their asker may not publish itself, and nodes among each other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nats.aio.client import Client

from tocsin.bus import Bus, Start, open_bus, streams
from tocsin.bus.declare import apply
from tocsin.bus.permissions import accounts, users, users_conf
from tocsin.model.errors import BusUnavailable, Fatal

from support.buses import Taken, opened, publish, running
from support.deployed_nats import DeployedServer, serving
from support.server import SIZES, NatsServer
from support.waiting import until

NODES = ("n1", "n2")
SIEMS = ("soc", "audit")
FORGED = b"forged"
OTHERS = (
    "alerts.critical.c1.ns.x", "tetragon.c1.n2.exec", "signals.c1", "tocsin.raised.rule", "tocsin.dead.classifier",
    "$KV.tocsin-checkpoints.correlator", "$KV.tocsin-checkpoints.collector.c1.n2.x", "tocsin.history.query",
    "_INBOX_collector-n2.x", "_INBOX_admin.x",
)  # fmt: skip
"""Subjects that a collector of node n1 may not publish to."""


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NatsServer]:
    """Deployed, with a collector for each of two nodes and two more SIEMs."""
    rights = users.table(cluster="c1", nodes=NODES, siems=SIEMS)
    logins: dict[str, users_conf.Login] = {name: f"password-of-{name}" for name in rights}
    folder = tmp_path / "nats"
    folder.mkdir()
    server = DeployedServer(folder, monkeypatch, users_text=accounts.render(logins, rights))
    server.passwords = {name: f"password-of-{name}" for name in rights}
    async with serving(server) as own:
        yield own


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """The same without accounts."""
    folder = tmp_path / "plain"
    folder.mkdir()
    server = NatsServer(folder)
    async with serving(server) as own:
        yield own


async def _client(server: NatsServer, user: str) -> Client:
    client = Client()
    await client.connect(server.url, user=user, password=server.passwords[user], inbox_prefix=users.inbox(user))
    return client


async def _messages(bus: Bus) -> dict[str, list[str]]:
    """What each stream holds, by subject."""
    return {name: sorted((await bus.stream(name, subjects_filter=">")).state.subjects) for name in streams.NAMES}


async def _ask(client: Client, subject: str, payload: bytes, reply: str) -> None:
    await client.publish(subject, payload, reply=reply)
    await client.flush()


async def _creation(client: Client, name: str, **config: Any) -> dict[str, Any]:
    filter = "tetragon.c1.n1.>"
    own = {"name": name, "ack_policy": "none", "deliver_policy": "all", "filter_subject": filter, **config}
    request = msgspec.json.encode({"stream_name": "EVENTS", "config": own})
    answer = await client.request(f"$JS.API.CONSUMER.CREATE.EVENTS.{name}.{filter}", request, timeout=5)
    return msgspec.json.decode(answer.data, type=dict[str, Any])


async def _have_it_sent(client: Client) -> None:
    """Save a text of our own, and have it sent to subjects of others in each way that JetStream knows."""
    await client.request("$KV.tocsin-checkpoints.collector.c1.n1.x", FORGED, timeout=5)
    await client.request("tetragon.c1.n1.exec", FORGED, headers={"Nats-Msg-Id": "1"}, timeout=5)
    assert "error" not in await _creation(client, "mine")
    key = "$KV.tocsin-checkpoints.collector.c1.n1.x"
    for subject in OTHERS:
        await _ask(client, f"$JS.API.DIRECT.GET.{streams.BUCKET_STREAM}.{key}", b"", subject)
        await _ask(client, "$JS.API.STREAM.INFO.EVENTS", b"", subject)
        await _ask(client, "$JS.API.CONSUMER.MSG.NEXT.EVENTS.mine", b"1", subject)
    await client.request("$JS.API.STREAM.INFO.EVENTS", b"", timeout=5)  # all before it is answered


async def test_no_answer_reaches_a_subject_that_its_asker_may_not_publish_to(server: NatsServer) -> None:
    async with opened(server, "admin") as admin:
        client = await _client(server, "collector-n1")
        try:
            before = await _messages(admin)
            await _have_it_sent(client)
            after = await _messages(admin)
        finally:
            await client.close()
    assert {name for name in after if after[name] != before[name]} == {"EVENTS", streams.BUCKET_STREAM}
    assert after["EVENTS"] == ["tetragon.c1.n1.exec"]
    assert after[streams.BUCKET_STREAM] == ["$KV.tocsin-checkpoints.collector.c1.n1.x"]


async def test_without_accounts_it_does_which_is_what_they_are_for(plain: NatsServer) -> None:
    async with opened(plain, "admin") as admin:
        client = await _client(plain, "collector")
        try:
            await _have_it_sent(client)

            async def forged() -> bool:
                return "alerts.critical.c1.ns.x" in (await _messages(admin))["ALERTS"]

            await until(forged)
        finally:
            await client.close()


async def test_a_siem_cannot_have_alerts_sent_as_anything_else(server: NatsServer) -> None:
    async with opened(server, "classifier") as classifier, opened(server, "admin") as admin:
        await publish(classifier, range(3), subject="alerts.high.c1.ns.x")
        before = await _messages(admin)
        client = await _client(server, "siem")
        try:
            for subject in OTHERS:
                await _ask(client, "$JS.API.CONSUMER.MSG.NEXT.ALERTS_KEPT.siem", b"1", subject)
                await _ask(client, "$JS.API.CONSUMER.INFO.ALERTS_KEPT.siem", b"", subject)
            await client.request("$JS.API.CONSUMER.INFO.ALERTS_KEPT.siem", b"", timeout=5)
            assert await _messages(admin) == before
        finally:
            await client.close()


async def test_a_push_consumer_delivers_into_no_stream_that_counts(server: NatsServer) -> None:
    """It delivers where somebody hears exactly that subject; a stream of one subject does, and that is all it reaches."""
    async with opened(server, "admin") as admin:
        client = await _client(server, "collector-n1")
        try:
            await client.request("tetragon.c1.n1.exec", FORGED, headers={"Nats-Msg-Id": "1"}, timeout=5)
            before = await _messages(admin)
            for number, subject in enumerate(OTHERS):
                await _creation(client, f"push{number}", deliver_subject=subject)

            async def delivered() -> bool:
                return (await admin.stream("DEAD_CLASSIFIER")).state.messages == 1

            await until(delivered)
            after = await _messages(admin)
        finally:
            await client.close()
    assert {name for name in after if after[name] != before[name]} == {"DEAD_CLASSIFIER"}


async def _refused(client: Client, notes: list[str], subject: str) -> bool:
    notes.clear()
    await client.publish(subject, b"1")
    await client.flush()
    await client.flush()
    return bool(notes)


@pytest.mark.parametrize(
    "subject",
    [
        "tetragon.c1.n2.exec",
        "tetragon.c2.n1.exec",
        "$KV.tocsin-checkpoints.collector.c1.n2.x",
        "$JS.API.DIRECT.GET.KV_tocsin-checkpoints.$KV.tocsin-checkpoints.collector.c1.n2.x",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine.tetragon.c1.n2.>",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine.tetragon.*.n1.>",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.classifier",
    ],
)
async def test_the_collector_of_a_node_is_refused_what_belongs_to_another(server: NatsServer, subject: str) -> None:
    notes: list[str] = []

    async def note(error: Exception) -> None:
        notes.append(str(error))

    client = Client()
    await client.connect(server.url, user="collector-n1", password="password-of-collector-n1", error_cb=note)
    try:
        assert await _refused(client, notes, subject)
        assert not await _refused(client, notes, "tetragon.c1.n1.exec")
    finally:
        await client.close()


async def test_a_filter_beyond_the_node_is_refused_whatever_the_subject_of_the_request_says(server: NatsServer) -> None:
    client = await _client(server, "collector-n1")
    try:
        for own in ({"filter_subject": "tetragon.>"}, {"filter_subjects": ["tetragon.>"], "filter_subject": ""}):
            assert "error" in await _creation(client, "mine", **own)
    finally:
        await client.close()


async def test_two_nodes_publish_and_save_side_by_side_through_the_bus(server: NatsServer) -> None:
    for number, node in enumerate(NODES):
        async with open_bus(server.settings(f"collector-{node}"), "collector") as bus:
            assert bus.connection.inbox == f"_INBOX_collector-{node}"
            await publish(bus, range(number, number + 1), subject=f"tetragon.c1.{node}.exec")
            await bus.bucket.save(f"collector.c1.{node}.x", b"here")
            assert await bus.bucket.load(f"collector.c1.{node}.x") == b"here"
            found = await bus.stored_ids("EVENTS", filter=f"tetragon.c1.{node}.>", start=Start())
            assert list(found) == [f"id-{number}"]


async def test_a_collector_that_loads_the_place_of_another_node_ends(server: NatsServer) -> None:
    async def load() -> None:
        async with open_bus(server.settings("collector-n1"), "collector") as bus:
            await bus.bucket.load("collector.c1.n2.x")
            await asyncio.Event().wait()

    async with asyncio.timeout(20):
        with pytest.raises((Fatal, BusUnavailable), match=r"collector\.c1\.n2\.x"):
            await load()


async def test_each_siem_reads_and_answers_for_itself(server: NatsServer) -> None:
    async with opened(server, "admin") as admin, opened(server, "classifier") as classifier:
        names = [streams.siem(name) for name in SIEMS]
        await apply(admin.connection, SIZES, duplicate_window_s=60.0, readers=names)
        await publish(classifier, range(2), subject="alerts.high.c1.ns.x")
        for name in names:
            taken = Taken(ack=True)
            async with (
                open_bus(server.settings(name), "siem") as siem,
                running(lambda stop: siem.consume("ALERTS_KEPT", name, taken, stop)),  # noqa: B023
            ):
                await until(lambda: taken.numbers == [0, 1])  # noqa: B023
        waiting = [(await admin.consumer("ALERTS_KEPT", name)).num_pending for name in ("siem", *names)]
    assert waiting == [2, 0, 0]

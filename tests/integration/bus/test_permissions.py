"""What each user may do on a real server, and above all what it may not: on the embedded one and on a deployed one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nats.aio.client import Client
from nats.errors import Error

from tocsin.bus import Start, streams
from tocsin.bus.permissions import users
from tocsin.model import subjects
from tocsin.model.errors import Fatal

from support.buses import EVENT, OWN_EVENTS, Taken, opened, publish, running
from support.deployed_nats import DeployedServer, serving
from support.server import NatsServer
from support.waiting import until

API = "$JS.API"
MAKERS = {
    "collector": ("EVENTS", "DEAD_COLLECTOR"),
    "classifier": ("ALERTS", "DEAD_CLASSIFIER"),
    "correlator": ("SIGNALS", "RAISED", "ALERTS", "ALERTS_KEPT", "DEAD_CORRELATOR"),
    "gateway": ("ALERTS", "ALERTS_KEPT"),
}
"""Who may make short-lived consumers, and where."""
READERS = [(stream, name) for stream, names in streams.reader_names().items() for name in names]


@pytest.fixture(params=["embedded", "deployed"])
async def declared(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[NatsServer]:
    """A server with all streams: all users in one account, or in the accounts of deploy/nats."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder) if request.param == "embedded" else DeployedServer(folder, monkeypatch)
    async with serving(server) as own:
        yield own


class Probe:
    """A client that notes what it is refused."""

    def __init__(self, client: Client, refused: list[str]) -> None:
        self.client = client
        self._refused = refused

    async def settle(self) -> None:
        """Until the server has answered all that was sent: a ping may overtake it, the one after that cannot."""
        await self.client.flush()
        await self.client.flush()

    async def refused(self, subject: str, payload: bytes = b"") -> bool:
        """Whether a publish to *subject* is refused."""
        self._refused.clear()
        await self.client.publish(subject, payload)
        await self.settle()
        return bool(self._refused)

    async def deaf(self, subject: str) -> bool:
        """Whether a subscription to *subject* is refused."""
        self._refused.clear()
        subscription = await self.client.subscribe(subject)
        await self.settle()
        await subscription.unsubscribe()
        return bool(self._refused)


@asynccontextmanager
async def probing(server: NatsServer, user: str) -> AsyncIterator[Probe]:
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    client = Client()
    await client.connect(server.url, user=user, password=server.passwords[user], error_cb=note)
    try:
        yield Probe(client, refused)
    finally:
        with contextlib.suppress(Error, OSError):
            await client.close()


def _creation(stream: str, name: str, **config: Any) -> bytes:
    own = {"name": name, "ack_policy": "none", "deliver_policy": "all", **config}
    return msgspec.json.encode({"stream_name": stream, "config": own})


def _attempts(stream: str, name: str, filter: str) -> list[tuple[str, bytes]]:
    """Every way to touch a declared reader."""
    made, filtered = _creation(stream, name), _creation(stream, name, filter_subject=filter)
    durable = _creation(stream, name, durable_name=name)
    return [
        (f"{API}.CONSUMER.CREATE.{stream}", durable),
        (f"{API}.CONSUMER.CREATE.{stream}.{name}", made),
        (f"{API}.CONSUMER.CREATE.{stream}.{name}.{filter}", filtered),
        (f"{API}.CONSUMER.DURABLE.CREATE.{stream}.{name}", durable),
        (f"{API}.CONSUMER.MSG.NEXT.{stream}.{name}", b"1"),
        (f"{API}.CONSUMER.DELETE.{stream}.{name}", b""),
        (f"{API}.CONSUMER.PAUSE.{stream}.{name}", b""),
        (f"{API}.CONSUMER.UNPIN.{stream}.{name}", b""),
        (f"{API}.CONSUMER.RESET.{stream}.{name}", b""),
        (f"$JS.ACK.{stream}.{name}.1.1.1.1.0", b""),
    ]


@pytest.mark.parametrize("user", [name for name in users.NAMES if name not in ("admin",)])
async def test_nobody_but_the_admin_touches_a_declared_reader_that_is_not_its_own(
    declared: NatsServer, user: str
) -> None:
    own = {
        "classifier": [("EVENTS", "classifier")],
        "history": [("ALERTS", "history"), ("ALERTS_KEPT", "history")],
        "siem": [("ALERTS", "siem"), ("ALERTS_KEPT", "siem")],
    }.get(user, [])
    async with probing(declared, user) as probe:
        allowed = [
            subject
            for stream, name in READERS
            if (stream, name) not in own
            for subject, payload in _attempts(stream, name, "tetragon.c1.n1.>" if stream == "EVENTS" else "alerts.>")
            if not await probe.refused(subject, payload)
        ]
    assert allowed == []


@pytest.mark.parametrize("user", [name for name in users.NAMES if name not in ("admin",)])
async def test_nobody_but_the_admin_administers(declared: NatsServer, user: str) -> None:
    forbidden = [
        "STREAM.CREATE.X", "STREAM.UPDATE.EVENTS", "STREAM.DELETE.EVENTS", "STREAM.PURGE.EVENTS", "STREAM.LIST",
        "STREAM.NAMES", "STREAM.MSG.GET.EVENTS", "STREAM.MSG.DELETE.EVENTS", "STREAM.SNAPSHOT.EVENTS",
        "STREAM.RESTORE.EVENTS", "CONSUMER.LIST.EVENTS", "CONSUMER.NAMES.EVENTS", "INFO", "ACCOUNT.PURGE.X",
        "DIRECT.GET.EVENTS", "DIRECT.GET.EVENTS.tetragon.c1.n1.exec",
    ]  # fmt: skip
    async with probing(declared, user) as probe:
        allowed = [subject for subject in forbidden if not await probe.refused(f"{API}.{subject}")]
    assert allowed == []


def _others(user: str, allowed: Sequence[str]) -> list[str]:
    taken = {
        EVENT: "tetragon.", "alerts.high.c1.ns.x": "alerts.", "signals.c1.n1": "signals.",
        "tocsin.raised.rule": "tocsin.raised.", "$KV.tocsin-checkpoints.collector.c1.n1.x": "collector-key",
        "$KV.tocsin-checkpoints.correlator": "correlator-key", "tocsin.history.query": "tocsin.history.",
        "tocsin.dead.somebody": "-", "tocsin.metrics.somebody.1": "-", "tocsin.rules.somebody.1": "-",
        "_INBOX_admin.x": "-", "anything": "-",
    }  # fmt: skip
    return [subject for subject, right in taken.items() if right not in allowed]


MAY_PUBLISH = {
    "collector": ["tetragon.", "collector-key"],
    "classifier": ["alerts.", "signals."],
    "correlator": ["alerts.", "tocsin.raised.", "correlator-key"],
    "gateway": ["tocsin.history."],
    "history": [],
    "forwarder": [],
    "siem": [],
    "viewer": [],
}


@pytest.mark.parametrize("user", MAY_PUBLISH)
async def test_a_user_publishes_nothing_but_its_own_subjects(declared: NatsServer, user: str) -> None:
    async with probing(declared, user) as probe:
        allowed = [subject for subject in _others(user, MAY_PUBLISH[user]) if not await probe.refused(subject, b"1")]
    assert allowed == []


MAY_HEAR = {
    "gateway": ["tocsin.metrics.>", "tocsin.rules.>"],
    "history": ["tocsin.history.query"],
    "viewer": ["alerts.>", "_INBOX.>"],
}


@pytest.mark.parametrize("user", [name for name in users.NAMES if name != "admin"])
async def test_a_user_hears_nothing_but_its_own_subjects(declared: NatsServer, user: str) -> None:
    everything = [
        ">", "tetragon.>", "alerts.>", "signals.>", "tocsin.>", "tocsin.metrics.>", "tocsin.rules.>", "tocsin.dead.>",
        "tocsin.history.query", "$JS.>", "$JS.EVENT.>", "$KV.>", "$SYS.>", "_INBOX.>",
        *(f"_INBOX_{name}.>" for name in users.NAMES),
    ]  # fmt: skip
    own = [*MAY_HEAR.get(user, []), *([] if user == "viewer" else [f"_INBOX_{user}.>"])]
    async with probing(declared, user) as probe:
        heard = [subject for subject in everything if not await probe.deaf(subject)]
    assert sorted(heard) == sorted(own)


@pytest.mark.parametrize(("user", "stream"), [(user, stream) for user, own in MAKERS.items() for stream in own])
async def test_a_reader_of_streams_reads_its_own(declared: NatsServer, user: str, stream: str) -> None:
    filters = {
        "EVENTS": OWN_EVENTS,
        "DEAD_COLLECTOR": subjects.dead("collector"),
        "DEAD_CLASSIFIER": subjects.dead("classifier"),
        "DEAD_CORRELATOR": subjects.dead("correlator"),
        "SIGNALS": "signals.>",
        "RAISED": "tocsin.raised.>",
    }
    async with opened(declared, user) as bus:
        assert await bus.stored_ids(stream, filter=filters.get(stream, "alerts.>"), start=Start()) == {}


@pytest.mark.parametrize("user", MAKERS)
async def test_a_reader_of_streams_makes_none_elsewhere(declared: NatsServer, user: str) -> None:
    async with probing(declared, user) as probe:
        allowed = [
            stream
            for stream in streams.NAMES
            if stream not in MAKERS[user]
            for subject in (f"{API}.CONSUMER.CREATE.{stream}.mine", f"{API}.CONSUMER.CREATE.{stream}.mine.>")
            if not await probe.refused(subject, _creation(stream, "mine"))
        ]
    assert allowed == []


async def test_a_collector_reads_no_events_but_those_of_its_filter(declared: NatsServer) -> None:
    async with probing(declared, "collector") as probe:
        assert await probe.refused(f"{API}.CONSUMER.CREATE.EVENTS.mine", _creation("EVENTS", "mine"))
        assert await probe.refused(f"{API}.CONSUMER.CREATE.EVENTS.mine.alerts.>", _creation("EVENTS", "mine"))


async def test_the_gateway_follows_with_several_filters_and_reads_checkpoints(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "gateway") as gateway:
        await collector.bucket.save("collector.c1.n1.aa", b"here")
        assert await gateway.bucket.keys(subjects.COLLECTOR_KEYS) == ["collector.c1.n1.aa"]
        assert await gateway.bucket.load("collector.c1.n1.aa") == b"here"
        assert (await gateway.consumer("EVENTS", "classifier")).name == "classifier"
        taken = Taken()

        async def follow(stop: asyncio.Event) -> None:
            await gateway.follow("ALERTS", taken, stop, filters=["alerts.medium.>", "alerts.low.>"])

        async with opened(declared, "classifier") as bus, running(follow):
            await publish(bus, range(2), subject="alerts.high.c1.ns.x")
            await publish(bus, range(2, 4), subject="alerts.low.c1.ns.x")
            await until(lambda: len(taken.all) == 2)
    assert taken.numbers == [2, 3]


async def test_a_refused_publish_ends_the_process_and_names_user_and_subject(declared: NatsServer) -> None:
    async def publish_elsewhere() -> None:
        async with opened(declared, "collector") as bus:
            await bus.publish("alerts.high.c1.ns.x", b"1", id="1")
            await asyncio.Event().wait()

    async with asyncio.timeout(10):
        with pytest.raises(Fatal, match=r"'collector'.*alerts\.high\.c1\.ns\.x"):
            await publish_elsewhere()


async def test_a_refused_subscription_ends_the_process(declared: NatsServer) -> None:
    async def hear_elsewhere() -> None:
        async with opened(declared, "siem") as bus:
            await bus.subscribe("alerts.>", lambda subject, payload: None)
            await asyncio.Event().wait()

    async with asyncio.timeout(10):
        with pytest.raises(Fatal, match=r"'siem'.*alerts"):
            await hear_elsewhere()


async def test_a_siem_pulls_and_acknowledges_through_its_durables(declared: NatsServer) -> None:
    async with opened(declared, "classifier") as bus, opened(declared, "siem") as siem:
        await publish(bus, range(3), subject="alerts.critical.c1.ns.x")
        await publish(bus, range(3, 5), subject="alerts.low.c1.ns.x")
        kept, rest = Taken(ack=True), Taken(ack=True)
        async with (
            running(lambda stop: siem.consume("ALERTS_KEPT", "siem", kept, stop)),
            running(lambda stop: siem.consume("ALERTS", "siem", rest, stop)),
        ):
            await until(lambda: len(kept.all) == 3 and len(rest.all) == 2)
    assert kept.numbers == [0, 1, 2]
    assert rest.numbers == [3, 4]


async def test_the_viewer_sees_alerts_live(declared: NatsServer) -> None:
    async with probing(declared, "viewer") as viewer, opened(declared, "classifier") as bus:
        heard = await viewer.client.subscribe("alerts.critical.>")
        await viewer.settle()
        await publish(bus, range(1), subject="alerts.critical.c1.ns.x")
        assert (await heard.next_msg(5)).data == b"0"

"""The classifier against a real server: one alert for each event, whatever happens in between."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from tocsin.bus import REASON_HEADER, Bus, Message, streams
from tocsin.classifier import service
from tocsin.classifier.judge import judge
from tocsin.classifier.settings import Settings
from tocsin.model import alert as alerts
from tocsin.model import event as events
from tocsin.model import ids
from tocsin.model.errors import BadEvent, BusUnavailable
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.policy_files import Policies

from support import corpus, rulings
from support.buses import opened, running
from support.classifier_harness import CLUSTER, NODE, offer
from support.server import NatsServer
from support.waiting import until

DEAD = streams.dead("classifier")


def exec_event(number: int = 0) -> bytes:
    """A shell started in a pod."""
    return msgspec.json.encode(
        {
            "process_exec": {
                "process": {
                    "exec_id": f"bm9kZTo{number}",
                    "pid": 4242,
                    "uid": 0,
                    "binary": "/bin/bash",
                    "arguments": "-i",
                    "flags": "execve clone",
                    "pod": {"namespace": "shop", "name": "web-1", "workload": "web", "workload_kind": "Deployment"},
                },
                "parent": {"binary": "/usr/bin/runc"},
            },
            "node_name": NODE,
            "time": "2026-11-24T10:00:00.5Z",
        }
    )


class Reader:
    """What the streams hold, read by the admin."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus

    async def settled(self) -> bool:
        """Whether the classifier has answered every event."""
        try:
            consumer = await self.bus.consumer(streams.EVENTS, streams.CLASSIFIER)
        except BusUnavailable:
            return False
        return consumer.num_pending + consumer.num_ack_pending == 0

    async def messages(self, stream: str) -> list[Message]:
        """All messages of a stream."""
        found: list[Message] = []
        await self.bus.read(stream, found.append, filters=[])
        return found

    async def ids(self, stream: str) -> list[str]:
        """Their ids, in order."""
        return [message.id for message in await self.messages(stream)]


@asynccontextmanager
async def classifying(
    server: NatsServer, *, duplicate_window_s: float = 60.0, metrics: Metrics | None = None
) -> AsyncIterator[Bus]:
    """A classifier at work for the body."""
    own = Settings()
    async with (
        opened(server, "classifier", duplicate_window_s=duplicate_window_s) as bus,
        running(lambda stop: service.run(bus, Policies(), rulings.bare(), own, stop, metrics=metrics)),
    ):
        yield bus


def values(metrics: Metrics) -> dict[str, float]:
    """Metrics by name, severities added up."""
    found: dict[str, float] = {}
    for sample in metrics.snapshot():
        found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def test_a_shell_in_a_pod_becomes_a_medium_alert_on_its_subject(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "admin") as admin, classifying(declared):
        line = exec_event()
        await offer(collector, [line])
        await until(Reader(admin).settled)
        [message] = await Reader(admin).messages(streams.ALERTS)
    assert message.subject == "alerts.medium.c1.shop.execve"
    assert message.id == ids.event_id(CLUSTER, NODE, line)
    alert = alerts.decode(message.payload)
    assert alert.title == "/bin/bash executed by /usr/bin/runc"
    assert alert.time == "2026-11-24T10:00:00.500000000Z"
    assert bytes(alert.event) == line


async def test_bad_bytes_become_a_dead_letter_and_the_stream_goes_on(declared: NatsServer) -> None:
    metrics = Metrics()
    async with (
        opened(declared, "collector") as collector,
        opened(declared, "admin") as admin,
        classifying(declared, metrics=metrics),
    ):
        await offer(collector, [exec_event(1), b'{"process_exec":', exec_event(2)])
        await until(Reader(admin).settled)
        assert len(await Reader(admin).ids(streams.ALERTS)) == 2
        [dead] = await Reader(admin).messages(DEAD)
    assert dead.payload == b'{"process_exec":'
    assert "ends before the JSON does" in dead.headers[REASON_HEADER]
    assert dead.headers["Tocsin-Node"] == NODE
    counted = values(metrics)
    assert counted["tocsin_classifier_received_events_total"] == 3
    assert counted["tocsin_classifier_published_alerts_total"] == 2
    assert counted["tocsin_classifier_buried_events_total"] == 1


async def test_an_alert_larger_than_the_server_takes_is_dead_lettered_once(declared: NatsServer) -> None:
    room = (8 << 20) - (8 << 10)
    line = exec_event()[:-1] + b',"node_labels":{"x":"' + b"y" * room
    line = line[: room - 4] + b'"}}'
    async with opened(declared, "collector") as collector, opened(declared, "admin") as admin, classifying(declared):
        bare = b'{"process_exec":{"process":{"binary":"/bin/sh","arguments":"' + b"y" * ((8 << 20) - 2300) + b'"}}}'
        await offer(collector, [line, bare])
        await until(Reader(admin).settled, timeout_s=20.0)
        kept, dead = await Reader(admin).ids(streams.ALERTS), await Reader(admin).messages(DEAD)
    assert kept == [ids.event_id(CLUSTER, NODE, line)]
    assert [message.id for message in dead] == [ids.event_id(CLUSTER, NODE, bare)]
    assert "max_payload" in dead[0].headers[REASON_HEADER]


@pytest.mark.parametrize("late", [False, True], ids=["within the duplicate window", "beyond the duplicate window"])
async def test_redelivery_after_a_killed_classifier_repeats_nothing(nats_server: NatsServer, late: bool) -> None:
    window_s = 1.0 if late else 8.0
    lines = [exec_event(number) for number in range(40)]
    async with opened(nats_server, "admin", duplicate_window_s=window_s) as admin:
        await admin.declare(streams.sizes(256 << 20))
        reader = Reader(admin)
        async with opened(nats_server, "collector") as collector:
            await offer(collector, [*lines, b"bad"])
        await _die_half_way(nats_server, window_s, len(lines) + 1)
        assert len(await reader.ids(streams.ALERTS)) == 20
        assert len(await reader.ids(DEAD)) == 1
        if late:
            await _outlive(reader, window_s)
        metrics = Metrics()
        async with classifying(nats_server, duplicate_window_s=window_s, metrics=metrics):
            await until(reader.settled, timeout_s=40.0)
        assert sorted(await reader.ids(streams.ALERTS)) == sorted(ids.event_id(CLUSTER, NODE, line) for line in lines)
        assert len(await reader.ids(DEAD)) == 1
        assert values(metrics)["tocsin_classifier_repeated_events_total"] == 21


async def _die_half_way(server: NatsServer, window_s: float, expected: int) -> None:
    """A classifier that took everything, stored the result of every other event, and acknowledged nothing."""
    table, seqs = rulings.bare(), set[int]()
    async with opened(server, "classifier", duplicate_window_s=window_s) as bus:

        async def handle(message: Message) -> None:
            seqs.add(message.seq)
            try:
                event = events.read(message.payload)
            except BadEvent as error:
                await bus.dead_letters.publish(message.payload, id=message.id, reason=str(error))
                return
            if message.seq % 2:
                judged = judge(event, message.payload, service.origin_of(message, event), table)
                await bus.publish(judged.subject, alerts.encode(judged.alert), id=message.id)

        async with running(lambda stop: bus.consume(streams.EVENTS, streams.CLASSIFIER, handle, stop)):
            await until(lambda: len(seqs) == expected)
        assert await bus.flush()


async def _outlive(reader: Reader, window_s: float) -> None:
    """Wait until the duplicate window has forgotten the last alert."""
    [*_, last] = await reader.messages(streams.ALERTS)
    await until(lambda: time.time_ns() > last.stored_ns + (window_s + 0.5) * NS_PER_S)


async def test_what_a_server_forgot_to_have_delivered_is_not_judged_again(nats_server: NatsServer) -> None:
    lines = [exec_event(number) for number in range(30)]
    window_s = 1.0
    async with opened(nats_server, "admin", duplicate_window_s=window_s) as admin:
        await admin.declare(streams.sizes(256 << 20))
        reader = Reader(admin)
        async with opened(nats_server, "collector") as collector, classifying(nats_server, duplicate_window_s=window_s):
            await offer(collector, lines)
            await until(reader.settled)
        await _outlive(reader, window_s)
        # a consumer without a memory: everything comes again as if for the first time
        await admin.connection.client.request(
            f"$JS.API.CONSUMER.DELETE.{streams.EVENTS}.{streams.CLASSIFIER}", b"", timeout=5
        )
        await admin.declare(streams.sizes(256 << 20))
        metrics = Metrics()
        async with opened(nats_server, "collector") as collector:
            await offer(collector, [exec_event(99)])
        async with classifying(nats_server, duplicate_window_s=window_s, metrics=metrics):
            await until(reader.settled)
        assert len(await reader.ids(streams.ALERTS)) == 31
    assert values(metrics)["tocsin_classifier_repeated_events_total"] == 30


async def test_a_killed_server_loses_and_repeats_nothing(nats_server: NatsServer) -> None:
    lines, window_s = [exec_event(number) for number in range(600)], 8.0
    async with opened(nats_server, "admin", duplicate_window_s=window_s) as admin:
        await admin.declare(streams.sizes(256 << 20))
        async with (
            opened(nats_server, "collector") as collector,
            classifying(nats_server, duplicate_window_s=window_s) as bus,
        ):
            offering = asyncio.ensure_future(offer(collector, lines))
            await until(lambda: bus.window.acknowledged > 50)
            nats_server.kill()
            nats_server.start()
            await offering
            await until(Reader(admin).settled, timeout_s=40.0)
        stored = await Reader(admin).ids(streams.ALERTS)
    assert sorted(stored) == sorted(ids.event_id(CLUSTER, NODE, line) for line in lines)


async def test_every_real_event_becomes_an_alert(declared: NatsServer) -> None:
    lines = corpus.full("vm-p4-default")
    async with opened(declared, "collector") as collector, opened(declared, "admin") as admin, classifying(declared):
        await offer(collector, lines)
        await until(Reader(admin).settled, timeout_s=30.0)
        assert len(set(await Reader(admin).ids(streams.ALERTS))) == len(lines) == 1762
        assert await Reader(admin).ids(DEAD) == []


async def test_a_classifier_waits_for_the_streams_and_then_works(nats_server: NatsServer) -> None:
    async with opened(nats_server, "admin") as admin, classifying(nats_server):
        await admin.declare(streams.sizes(256 << 20))
        async with opened(nats_server, "collector") as collector:
            await offer(collector, [exec_event()])
        await until(Reader(admin).settled)
        assert len(await Reader(admin).ids(streams.ALERTS)) == 1

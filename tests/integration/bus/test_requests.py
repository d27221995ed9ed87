"""Requests, live subscriptions and the key-value bucket, with a real server and our users."""

import pytest

from tocsin.bus import NatsSettings, open_bus
from tocsin.model.errors import BusUnavailable, Conflict

from support.buses import opened, settle
from support.server import NatsServer
from support.waiting import until


async def test_a_question_on_the_bus_is_answered_by_one_of_those_who_may(declared: NatsServer) -> None:
    async with (
        opened(declared, "history") as one,
        opened(declared, "history") as two,
        opened(declared, "gateway") as gateway,
    ):
        asked: list[bytes] = []

        async def answer(payload: bytes) -> bytes:
            asked.append(payload)
            return payload.upper()

        for bus in (one, two):
            await bus.answer("tocsin.history.query", answer, queue="history")
            await settle(bus)
        assert await gateway.request("tocsin.history.query", b"how many", timeout_s=5) == b"HOW MANY"
    assert asked == [b"how many"]


async def test_a_question_that_nobody_hears_fails_at_once(declared: NatsServer) -> None:
    async with opened(declared, "gateway") as gateway:
        with pytest.raises(BusUnavailable, match="nobody answers"):
            await gateway.request("tocsin.history.query", b"?", timeout_s=60)


async def test_metrics_told_by_a_service_are_heard_by_the_gateway(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "gateway") as gateway:
        heard: list[tuple[str, bytes]] = []
        await gateway.subscribe("tocsin.metrics.>", lambda subject, payload: heard.append((subject, payload)))
        await settle(gateway)
        await bus.publish_unstored("tocsin.metrics.collector.1", b"{}")
        await until(lambda: heard == [("tocsin.metrics.collector.1", b"{}")])


async def test_a_subscription_outlives_a_handler_that_raises_and_a_restart(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "gateway") as gateway:
        heard: list[bytes] = []

        def handle(subject: str, payload: bytes) -> None:
            heard.append(payload)
            raise LookupError(subject)

        await gateway.subscribe("tocsin.metrics.>", handle)
        await settle(gateway)
        await bus.publish_unstored("tocsin.metrics.collector.1", b"1")
        await until(lambda: heard == [b"1"])
        declared.kill()
        declared.start()
        await until(lambda: bus.connection.reconnects == 1 and gateway.connection.reconnects == 1)
        await bus.publish_unstored("tocsin.metrics.collector.1", b"2")
        await until(lambda: heard == [b"1", b"2"])


async def test_what_is_saved_is_loaded_after_the_server_was_killed(declared: NatsServer) -> None:
    key = "collector.c1.n1.aa"
    async with opened(declared, "collector") as bus:
        assert await bus.bucket.load(key) is None
        await bus.bucket.save(key, b"one")
        await bus.bucket.save(key, b"two")
        declared.kill()
        await until(lambda: not bus.connection.up)
        with pytest.raises(BusUnavailable):
            await bus.bucket.save(key, b"three")
        declared.start()
        await until(lambda: bus.connection.reconnects == 1)
        assert await bus.bucket.load(key) == b"two"
        await bus.bucket.save(key, b"")
        assert await bus.bucket.load(key) == b""


async def test_saving_without_a_bucket_says_that_nothing_was_stored(nats_server: NatsServer) -> None:
    async with opened(nats_server, "collector") as bus:
        with pytest.raises(BusUnavailable):
            await bus.bucket.save("collector.c1.n1.aa", b"one")


async def test_the_settings_say_how_long_ids_are_known(declared: NatsServer) -> None:
    admin = declared.settings("admin", duplicate_window_s=7.0)
    async with open_bus(admin, "admin") as bus:
        assert bus.duplicate_window_s == 7.0
    assert NatsSettings().duplicate_window_s == 60.0


async def test_a_value_that_another_saved_since_is_not_overwritten(declared: NatsServer) -> None:
    key = "collector.c1.n1.aa"
    async with opened(declared, "collector") as bus, opened(declared, "collector") as other:
        first = await bus.bucket.save(key, b"one", after=0)
        entry = await other.bucket.entry(key)
        assert entry is not None
        assert (entry.payload, entry.seq) == (b"one", first)
        second = await other.bucket.save(key, b"two", after=entry.seq)
        for stale in (0, first):
            with pytest.raises(Conflict):
                await bus.bucket.save(key, b"three", after=stale)
        assert await bus.bucket.load(key) == b"two"
        assert await bus.bucket.save(key, b"three", after=second) > second

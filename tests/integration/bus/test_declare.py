"""Declaring streams, durables and bucket on a real server: as often as one likes, and without losing anything."""

import msgspec
import pytest

from tocsin.bus import Bus, jetstream_api, open_bus, streams
from tocsin.model.timestamps import NS_PER_S

from support.buses import opened, publish
from support.server import SIZES, NatsServer
from support.waiting import until


async def _config(bus: Bus, name: str) -> dict[str, object]:
    return (await bus.stream(name)).config


async def _until_kept(bus: Bus, number: int) -> None:
    async def enough() -> bool:
        return (await bus.stream("ALERTS_KEPT")).state.messages == number

    await until(enough)


async def test_declaring_makes_all_that_is_missing(nats_server: NatsServer) -> None:
    async with opened(nats_server, "admin") as bus:
        assert await bus.missing() == list(streams.NAMES)
        await bus.declare(SIZES)
        assert await bus.missing() == []
        assert (await bus.consumer("EVENTS", "classifier")).num_pending == 0
        assert [c.name for c in await bus.consumers("ALERTS")] == ["siem"]


async def test_a_service_that_may_declares_at_its_start(nats_server: NatsServer) -> None:
    settings = msgspec.structs.replace(nats_server.settings("admin"), declare="auto", store_mb=256)
    async with open_bus(settings, "admin") as bus:
        assert await bus.missing() == []
        assert (await bus.stream("EVENTS")).config["max_bytes"] == SIZES.events


async def test_declaring_twice_changes_nothing(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "admin") as bus:
        await publish(collector, range(3))
        before = [await bus.stream(name) for name in streams.NAMES]
        await bus.declare(SIZES)
        assert [await bus.stream(name) for name in streams.NAMES] == before
        assert (await bus.consumer("EVENTS", "classifier")).num_pending == 3


async def test_sizes_and_windows_follow_the_declaration(declared: NatsServer) -> None:
    async with opened(declared, "admin", duplicate_window_s=8.0) as bus:
        await bus.declare(streams.sizes(512 << 20))
        config = await _config(bus, "EVENTS")
        assert config["max_bytes"] == streams.sizes(512 << 20).events
        assert config["duplicate_window"] == 8 * NS_PER_S
        await bus.declare(SIZES)
        assert (await _config(bus, "EVENTS"))["max_bytes"] == SIZES.events


async def test_a_size_below_what_the_stream_holds_is_not_applied(
    declared: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "admin") as bus:
        for number in range(10):
            await collector.publish("tetragon.c1.n1.exec", bytes(100_000), id=str(number))
        assert await collector.flush(10.0)
        await bus.declare(streams.sizes(1 << 20))
        assert (await _config(bus, "EVENTS"))["max_bytes"] == SIZES.events
        assert (await bus.stream("EVENTS")).state.messages == 10
        assert (await _config(bus, "ALERTS"))["max_bytes"] == streams.sizes(1 << 20).alerts
    kept = [record for record in caplog.records if record.message == "stream.kept"]
    assert [record.__dict__["stream"] for record in kept] == ["EVENTS"]


async def test_critical_and_high_are_kept_apart_and_nothing_else(declared: NatsServer) -> None:
    async with opened(declared, "classifier") as bus, opened(declared, "admin") as admin:
        for number, severity in enumerate(("low", "critical", "medium", "high")):
            await publish(bus, range(number, number + 1), subject=f"alerts.{severity}.c1.ns.x")
        seen: list[str] = []
        await _until_kept(admin, 2)
        await admin.read("ALERTS_KEPT", lambda message: seen.append(message.subject), filters=[])
    assert seen == ["alerts.critical.c1.ns.x", "alerts.high.c1.ns.x"]


async def test_the_kept_alerts_outlive_a_flood_that_fills_the_others(declared: NatsServer) -> None:
    async with opened(declared, "classifier") as bus, opened(declared, "admin") as admin:
        await jetstream_api.call(
            admin.connection, "STREAM.UPDATE.ALERTS", {**await _config(admin, "ALERTS"), "max_msgs": 10}
        )
        await publish(bus, range(5), subject="alerts.critical.c1.ns.x")
        await _until_kept(admin, 5)
        await publish(bus, range(5, 50), subject="alerts.low.c1.ns.x")
        assert (await admin.stream("ALERTS")).state.first_seq == 41
        assert (await admin.stream("ALERTS_KEPT")).state.messages == 5

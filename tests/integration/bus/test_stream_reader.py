"""Reading by sequence against a real server: each once and in order, to the end or for ever."""

import asyncio

import pytest

from tocsin.bus import Message, Start, jetstream_api, streams
from tocsin.model.errors import BusUnavailable, Gone
from tocsin.model.timestamps import parse_ns

from support.buses import EVENT, OWN_EVENTS, Taken, opened, publish, running
from support.server import NatsServer
from support.waiting import until


async def test_reading_back_an_empty_stream_returns_at_once(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        async with asyncio.timeout(2):
            assert await bus.stored_ids("EVENTS", filter=OWN_EVENTS, start=Start()) == {}


async def test_reading_ends_at_the_streams_end_as_it_was(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(3000))
        numbers: list[int] = []

        async def handle(message: Message) -> None:
            numbers.append(int(message.payload))
            if len(numbers) == 10:
                await publish(bus, range(3000, 3005))

        async with asyncio.timeout(10):
            await admin.read("EVENTS", handle, filters=[], start=Start(seq=1001))
    assert numbers == list(range(1000, 3000))


async def test_a_filter_whose_last_message_lies_before_the_end_ends_too(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        await publish(bus, range(3))
        await publish(bus, range(3, 6), subject="tetragon.c2.n1.exec")
        async with asyncio.timeout(2):
            found = await bus.stored_ids("EVENTS", filter=OWN_EVENTS, start=Start(seq=2))
    assert found == {"id-1": 2, "id-2": 3}


async def test_stored_ids_carry_no_payload_and_name_only_what_was_asked_for(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(5))
        found = await bus.stored_ids("EVENTS", filter=OWN_EVENTS, start=Start(), among={"id-3", "id-9"})
        sizes: list[int] = []
        await admin.read("EVENTS", lambda m: sizes.append(len(m.payload)), filters=["tetragon.>"], headers_only=True)
    assert found == {"id-3": 4}
    assert sizes == [0] * 5


async def test_reading_can_begin_at_a_time(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(3))
        stored = await admin.message("EVENTS", 3)
        numbers: list[int] = []
        at = parse_ns(stored.headers["Nats-Time-Stamp"])
        assert at is not None
        await admin.read("EVENTS", lambda m: numbers.append(int(m.payload)), filters=[], start=Start(time_ns=at))
    assert numbers == [2]


async def test_a_read_across_a_killed_server_hands_each_over_once(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(5000))
        numbers: list[int] = []

        async def handle(message: Message) -> None:
            numbers.append(int(message.payload))
            if len(numbers) == 1500:
                declared.kill()
                await until(lambda: not admin.connection.up)
                declared.start()

        async with asyncio.timeout(15):
            await admin.read("EVENTS", handle, filters=[])
    assert numbers == list(range(5000))


async def test_a_read_gives_up_where_nats_stays_away(declared: NatsServer) -> None:
    async with opened(declared, "admin") as admin:
        declared.kill()
        await until(lambda: not admin.connection.up)
        with pytest.raises(BusUnavailable, match="EVENTS"):
            await admin.read("EVENTS", Taken(), filters=[], timeout_s=0.5)


async def test_what_a_handler_raises_comes_out_of_read(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(3))

        def handle(message: Message) -> None:
            raise LookupError(message.seq)

        with pytest.raises(LookupError):
            await admin.read("EVENTS", handle, filters=[])


async def test_following_shows_each_once_and_in_order_across_killed_servers(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(100))
        taken = Taken()

        async def follow(stop: asyncio.Event) -> None:
            await admin.follow("EVENTS", taken, stop, filters=["tetragon.>"], start=Start(seq=51))

        async with running(follow):
            await until(lambda: len(taken.all) == 50)
            await publish(bus, range(100, 1100))
            for begin in (1100, 1200):
                declared.kill()
                declared.start()
                await publish(bus, range(begin, begin + 100))
            await until(lambda: len(taken.all) == 1250)
    sequences = [message.seq for message in taken.all]
    assert sequences == sorted(set(sequences))
    assert sorted(taken.numbers) == list(range(50, 1300))


async def test_following_goes_on_when_its_consumer_is_deleted(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        taken = Taken()

        async def follow(stop: asyncio.Event) -> None:
            await admin.follow("EVENTS", taken, stop, filters=["tetragon.>"])

        async with running(follow):
            await publish(bus, range(5))
            await until(lambda: len(taken.all) == 5)
            for consumer in await admin.consumers("EVENTS"):
                if consumer.name != streams.CLASSIFIER:
                    await jetstream_api.call(admin.connection, f"CONSUMER.DELETE.EVENTS.{consumer.name}")
            await publish(bus, range(5, 10))
            await until(lambda: len(taken.all) == 10)
    assert taken.numbers == list(range(10))


async def test_following_begins_once_the_stream_exists(nats_server: NatsServer) -> None:
    async with opened(nats_server, "gateway") as gateway, opened(nats_server, "admin") as admin:
        taken = Taken()

        async def follow(stop: asyncio.Event) -> None:
            await gateway.follow("ALERTS", taken, stop, filters=["alerts.>"])

        async with running(follow):
            await admin.declare(streams.sizes(256 << 20))
            async with opened(nats_server, "classifier") as bus:
                await publish(bus, range(3), subject="alerts.high.c1.ns.shell")
            await until(lambda: len(taken.all) == 3)


async def test_readers_leave_no_consumer_behind(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(3))
        await bus.stored_ids("EVENTS", filter=OWN_EVENTS, start=Start())
        assert [consumer.name for consumer in await admin.consumers("EVENTS")] == ["classifier"]


async def test_a_message_is_read_by_its_sequence_until_it_was_evicted(declared: NatsServer) -> None:
    async with opened(declared, "admin") as admin, opened(declared, "classifier") as bus:
        await publish(bus, range(3), subject="alerts.low.c1.ns.x")
        await jetstream_api.call(admin.connection, "STREAM.PURGE.ALERTS", {"keep": 1})
        async with opened(declared, "gateway") as gateway:
            assert (await gateway.message("ALERTS", 3)).payload == b"2"
            with pytest.raises(Gone):
                await gateway.message("ALERTS", 1)


async def test_what_is_evicted_while_it_is_read_does_not_hold_the_reader_up(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus, opened(declared, "admin") as admin:
        await publish(bus, range(3000))
        numbers: list[int] = []

        async def handle(message: Message) -> None:
            numbers.append(int(message.payload))
            if len(numbers) == 1:
                await jetstream_api.call(admin.connection, "STREAM.PURGE.EVENTS")

        async with asyncio.timeout(10):
            await admin.read("EVENTS", handle, filters=[EVENT])
    assert numbers == sorted(set(numbers))

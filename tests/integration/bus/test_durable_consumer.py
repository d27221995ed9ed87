"""Durable consumption against a real server: every message answered, none lost with a connection or a process."""

import asyncio

import pytest

from tocsin.bus import REASON_HEADER, SUBJECT_HEADER, Bus, Message, jetstream_api, streams
from tocsin.model.errors import BusUnavailable, Fatal

from support.buses import Taken, opened, payloads, publish, running
from support.server import SIZES, NatsServer
from support.waiting import until

DURABLE = ("EVENTS", "classifier")


async def _waiting(bus: Bus) -> int:
    consumer = await bus.consumer(*DURABLE)
    return consumer.num_pending + consumer.num_ack_pending


async def test_acknowledged_messages_are_not_delivered_again(
    declared: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(2500))
        taken = Taken(ack=True)
        async with running(lambda stop: bus.consume(*DURABLE, taken, stop)):
            await until(lambda: len(taken.all) == 2500)

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none)
        assert taken.numbers == list(range(2500))
        assert {message.delivered for message in taken.all} == {1}
        assert taken.all[0].id == "id-0"
        assert taken.all[-1].seq == 2500
    assert caplog.messages == []


async def test_a_nak_brings_a_message_again_and_term_never(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(2))
        seen: list[tuple[int, int]] = []

        async def handle(message: Message) -> None:
            seen.append((int(message.payload), message.delivered))
            if message.payload == b"0" and message.delivered < 3:
                await message.nak()
            else:
                await message.term()

        async with running(lambda stop: bus.consume(*DURABLE, handle, stop)):
            await until(lambda: len(seen) == 4)

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none)
        assert sorted(seen) == [(0, 1), (0, 2), (0, 3), (1, 1)]


async def test_what_a_stopped_process_had_not_begun_goes_to_another_at_once(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector:
        await publish(collector, range(300))
        first, second = Taken(ack=True), Taken(ack=True)
        async with opened(declared, "classifier") as bus:
            stop = asyncio.Event()

            async def one(message: Message) -> None:
                await first(message)
                stop.set()

            await bus.consume(*DURABLE, one, stop)
        async with (
            opened(declared, "classifier") as bus,
            running(lambda stop: bus.consume(*DURABLE, second, stop)),
        ):
            await until(lambda: len({*first.numbers, *second.numbers}) == 300, timeout_s=5.0)
    assert len(first.all) == 1
    assert len(second.all) == 299


async def test_no_message_is_lost_when_the_server_is_killed_while_they_are_consumed(declared: NatsServer) -> None:
    settings = {"duplicate_window_s": 4.0}
    async with opened(declared, "admin", **settings) as admin:
        await admin.declare(streams.sizes(256 << 20))
    async with (
        opened(declared, "collector", **settings) as collector,
        opened(declared, "classifier", **settings) as bus,
    ):
        numbers: set[int] = set()

        async def handle(message: Message) -> None:
            numbers.add(int(message.payload))
            await message.ack()

        async def offer() -> None:
            for number in range(4000):
                await collector.publish("tetragon.c1.n1.exec", str(number).encode(), id=f"id-{number}")

        async with running(lambda stop: bus.consume(*DURABLE, handle, stop)):
            offering = asyncio.create_task(offer())
            for threshold in (500, 2000):
                await until(lambda threshold=threshold: len(numbers) >= threshold and bus.connection.up)
                declared.kill()
                declared.start()
            await offering
            assert await collector.flush(20.0)
            await until(lambda: len(numbers) == 4000, timeout_s=20.0)

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none, timeout_s=20.0)
    assert bus.connection.reconnects >= 1


async def test_consuming_goes_on_when_its_durable_is_deleted_and_made_again(declared: NatsServer) -> None:
    async with (
        opened(declared, "admin") as admin,
        opened(declared, "collector") as collector,
        opened(declared, "classifier") as bus,
    ):
        taken = Taken(ack=True)
        async with running(lambda stop: bus.consume(*DURABLE, taken, stop)):
            await publish(collector, range(5))
            await until(lambda: len(taken.all) == 5)
            await jetstream_api.call(admin.connection, "CONSUMER.DELETE.EVENTS.classifier")
            await publish(collector, range(5, 10))
            await admin.declare(streams.sizes(256 << 20))
            await until(lambda: set(taken.numbers) >= set(range(10)))


async def test_what_raises_is_buried_with_its_reason_and_not_delivered_again(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(3))
        seen: list[int] = []

        async def handle(message: Message) -> None:
            seen.append(int(message.payload))
            if message.payload == b"1":
                raise KeyError("no such field")
            await message.ack()

        async with running(lambda stop: bus.consume(*DURABLE, handle, stop)):

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none)
        assert seen == [0, 1, 2]
    assert await payloads(declared, "DEAD_CLASSIFIER") == [1]
    async with opened(declared, "admin") as admin:
        letter = await admin.message("DEAD_CLASSIFIER", 1)
    assert letter.headers[REASON_HEADER] == "KeyError: 'no such field'"
    assert letter.headers[SUBJECT_HEADER] == "tetragon.c1.n1.exec"
    assert letter.headers["Nats-Msg-Id"] == "id-1"


async def test_a_failure_of_nats_makes_no_dead_letter_and_the_message_is_handed_over_again(
    declared: NatsServer,
) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(2))
        tries: list[int] = []

        async def handle(message: Message) -> None:
            tries.append(int(message.payload))
            if len(tries) < 3:
                raise BusUnavailable("no answer in 5 s")
            await message.ack()

        async with running(lambda stop: bus.consume(*DURABLE, handle, stop)):
            await until(lambda: len(tries) == 4)
    assert tries == [0, 0, 0, 1]
    assert await payloads(declared, "DEAD_CLASSIFIER") == []


async def test_a_message_in_hand_for_long_is_neither_delivered_again_nor_counted(declared: NatsServer) -> None:
    async with opened(declared, "admin", duplicate_window_s=2.0) as admin:
        await admin.declare(streams.sizes(256 << 20))  # ack_wait is half a second
    async with (
        opened(declared, "collector") as collector,
        opened(declared, "classifier", duplicate_window_s=2.0) as bus,
    ):
        await publish(collector, range(1))
        taken = Taken()
        async with running(lambda stop: bus.consume(*DURABLE, taken, stop)):
            await until(lambda: len(taken.all) == 1)
            begun = asyncio.get_running_loop().time()
            await until(lambda: asyncio.get_running_loop().time() - begun > 1.5)
            assert (await bus.consumer(*DURABLE)).num_redelivered == 0
            await taken.all[0].ack()

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none)
        assert len(taken.all) == 1


async def test_a_message_that_no_process_survives_is_buried_at_its_twentieth_delivery(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(2))
        deliveries: list[int] = []

        async def handle(message: Message) -> None:
            if message.payload == b"0":
                deliveries.append(message.delivered)
                await message.nak()
            else:
                await message.ack()

        async with running(lambda stop: bus.consume(*DURABLE, handle, stop)):

            async def none() -> bool:
                return await _waiting(bus) == 0

            await until(none)
    assert deliveries == list(range(1, 20))
    assert await payloads(declared, "DEAD_CLASSIFIER") == [0]


async def test_a_failure_that_is_fatal_comes_out_of_consume(declared: NatsServer) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        await publish(collector, range(1))

        async def handle(message: Message) -> None:
            raise Fatal("the reader is dead")

        async with asyncio.timeout(10):
            with pytest.raises(Fatal):
                await bus.consume(*DURABLE, handle, asyncio.Event())


async def test_messages_that_use_up_a_requests_bytes_come_all_the_same(
    declared: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(declared, "collector") as collector, opened(declared, "classifier") as bus:
        for number in range(12):
            await collector.publish("tetragon.c1.n1.exec", bytes(4 << 20), id=f"id-{number}")
        assert await collector.flush(20.0)
        taken = Taken(ack=True)
        async with running(lambda stop: bus.consume(*DURABLE, taken, stop)):
            await until(lambda: len(taken.all) == 12)
        assert [message.seq for message in taken.all] == list(range(1, 13))
    assert caplog.messages == []


async def test_what_waits_behind_a_slow_handler_is_not_delivered_again(declared: NatsServer) -> None:
    window_s = 2.0  # so the server waits half a second for an answer
    async with opened(declared, "admin", duplicate_window_s=window_s) as bus:
        await bus.declare(SIZES)
    async with opened(declared, "collector") as collector:
        await publish(collector, range(3))
    slow = asyncio.Event()
    seen: list[tuple[int, int]] = []

    async def handle(message: Message) -> None:
        seen.append((int(message.payload), message.delivered))
        if message.payload == b"0":
            await slow.wait()
        await message.ack()

    async with (
        opened(declared, "classifier", duplicate_window_s=window_s) as bus,
        running(lambda stop: bus.consume(*DURABLE, handle, stop)),
    ):
        began = asyncio.get_running_loop().time()
        await until(lambda: asyncio.get_running_loop().time() > began + 2 * window_s)
        redelivered = (await bus.consumer(*DURABLE)).num_redelivered
        slow.set()
        await until(lambda: len(seen) == 3)
    assert redelivered == 0
    assert seen == [(0, 1), (1, 1), (2, 1)]

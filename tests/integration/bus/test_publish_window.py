"""The publish window against a real server: stored, counted once, in order, across its death."""

import asyncio

import pytest

from tocsin.bus import (
    HASH_HEADER,
    LENGTH_HEADER,
    REASON_HEADER,
    SUBJECT_HEADER,
    PubAck,
    TooLarge,
    jetstream_api,
    streams,
)

from support.buses import EVENT, OWN_EVENTS, Acks, opened, payloads, publish
from support.server import NatsServer
from support.waiting import until

BOTH = {"EVENTS": OWN_EVENTS, "DEAD_COLLECTOR": "tocsin.dead.collector"}


async def test_a_publish_is_answered_with_its_stream_and_sequence(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        acks = await publish(bus, range(3))
    assert acks == [PubAck(1, "EVENTS"), PubAck(2, "EVENTS"), PubAck(3, "EVENTS")]
    assert await payloads(declared, "EVENTS") == [0, 1, 2]


async def test_the_same_id_twice_is_stored_once_and_answered_with_the_first_place(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        await publish(bus, range(3))
        again = await publish(bus, range(1, 2))
    assert again == [PubAck(2, "EVENTS", duplicate=True)]
    assert await payloads(declared, "EVENTS") == [0, 1, 2]


async def test_thousands_more_than_the_window_holds_are_stored_in_order(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        acks = await publish(bus, range(5000))
    assert [ack.seq for ack in acks] == list(range(1, 5001))
    assert await payloads(declared, "EVENTS") == list(range(5000))


async def test_what_is_published_while_the_server_is_dead_follows_in_order(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        await publish(bus, range(10))
        declared.kill()
        acks = Acks()
        for number in range(10, 700):
            await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
        await until(lambda: not bus.connection.up)
        declared.start()
        for number in range(700, 1500):
            await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
        assert await bus.flush(20.0)
    assert len(acks.all) == 1490
    assert await payloads(declared, "EVENTS") == list(range(1500))


async def test_a_server_killed_in_the_middle_stores_each_once(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        acks = Acks()

        async def offer() -> None:
            for number in range(6000):
                await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)

        offering = asyncio.create_task(offer())
        for threshold in (1000, 3000):
            await until(lambda threshold=threshold: len(acks.all) >= threshold)
            declared.kill()
            declared.start()
        await offering
        assert await bus.flush(20.0)
    assert len(acks.all) == 6000
    assert sorted(await payloads(declared, "EVENTS")) == list(range(6000))


async def test_a_window_that_never_heard_asks_what_is_stored(declared: NatsServer) -> None:
    window_s = 1.0
    async with opened(declared, "admin", duplicate_window_s=window_s) as admin:
        await admin.declare(streams.sizes(256 << 20))
        async with opened(declared, "collector", duplicate_window_s=window_s) as bus:
            await bus.recheck_in(BOTH)
            await publish(bus, range(20))
            acks = Acks()
            # the inbox is left, so that PubAcks are lost as if the connection had broken before they came
            inbox = bus.window._inbox
            bus.window._inbox = f"{inbox}lost."
            for number in range(20, 40):
                await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
            await bus.dead_letters.publish(b"40", id="id-40", reason="to be buried", then=acks)
            bus.window._inbox = inbox
            await until(lambda: bus.window.oldest_s > 2 * window_s)
            declared.kill()
            for number in range(41, 45):
                await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
            declared.start()
            assert await bus.flush(20.0)
    assert [ack.duplicate for ack in acks.all] == [True] * 21 + [False] * 4
    assert [ack.seq for ack in acks.all] == [*range(21, 41), 1, *range(41, 45)]
    assert {ack.stream for ack in acks.all[:20]} == {"EVENTS"}
    assert acks.all[20].stream == "DEAD_COLLECTOR"
    assert await payloads(declared, "EVENTS") == [*range(40), *range(41, 45)]
    assert await payloads(declared, "DEAD_COLLECTOR") == [40]


async def test_within_the_window_a_lost_acknowledgement_costs_a_duplicate_and_no_double(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        acks = Acks()
        inbox = bus.window._inbox
        bus.window._inbox = f"{inbox}lost."
        for number in range(20):
            await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
        bus.window._inbox = inbox
        declared.kill()
        await until(lambda: not bus.connection.up)
        declared.start()
        assert await bus.flush(20.0)
        assert bus.window.resent == 20
    assert sorted(ack.seq for ack in acks.all) == list(range(1, 21))
    assert await payloads(declared, "EVENTS") == list(range(20))


async def test_a_subject_that_no_stream_takes_yet_is_stored_once_there_is_one(nats_server: NatsServer) -> None:
    async with opened(nats_server, "collector") as bus, opened(nats_server, "admin") as admin:
        acks = Acks()
        await bus.publish(EVENT, b"1", id="id-1", then=acks)
        await until(lambda: bus.window.refused > 0)
        await admin.declare(streams.sizes(256 << 20))
        assert await bus.flush(10.0)
    assert acks.all == [PubAck(1, "EVENTS")]


async def test_what_a_full_stream_refuses_comes_back_until_there_is_room(declared: NatsServer) -> None:
    async with opened(declared, "admin") as admin, opened(declared, "collector") as bus:
        config = (await admin.stream("EVENTS")).config
        small = {**config, "discard": "new", "max_msgs": 2}
        await jetstream_api.call(admin.connection, "STREAM.UPDATE.EVENTS", small)
        acks = Acks()
        for number in range(3):
            await bus.publish(EVENT, str(number).encode(), id=f"id-{number}", then=acks)
        await until(lambda: bus.window.refused > 0)
        assert len(acks.all) == 2
        await jetstream_api.call(admin.connection, "STREAM.UPDATE.EVENTS", {**small, "max_msgs": -1})
        assert await bus.flush(10.0)
    assert await payloads(declared, "EVENTS") == [0, 1, 2]


async def test_a_message_larger_than_the_server_takes_is_told_at_once_and_hurts_no_other(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        with pytest.raises(TooLarge):
            await bus.publish(EVENT, b"x" * (8 << 20), id="large")  # with its headers it is more than max_payload
        with pytest.raises(TooLarge):
            await bus.publish(EVENT, b"x", id="head", headers={"Tocsin-Node": "n" * 70_000})
        assert len(await publish(bus, range(1))) == 1


async def test_a_dead_letter_keeps_bytes_reason_and_subject(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        acks = Acks()
        await bus.dead_letters.publish(b"\xff\x00", id="d1", reason="not UTF-8:\nbyte 0", subject=EVENT, then=acks)
        assert await bus.flush(10.0)
        assert bus.dead_letters.published == 1
    assert acks.all == [PubAck(1, "DEAD_COLLECTOR")]
    async with opened(declared, "admin") as admin:
        stored = await admin.message("DEAD_COLLECTOR", 1)
    assert stored.payload == b"\xff\x00"
    assert stored.headers[REASON_HEADER] == "not UTF-8:?byte 0"
    assert stored.headers[SUBJECT_HEADER] == EVENT


async def test_a_dead_letter_that_is_too_large_keeps_its_beginning_length_and_hash(declared: NatsServer) -> None:
    whole = bytes(range(256)) * ((9 << 20) // 256)
    async with opened(declared, "collector") as bus:
        await bus.dead_letters.publish(whole, id="d1", reason="too long")
        assert await bus.flush(10.0)
    async with opened(declared, "admin") as admin:
        stored = await admin.message("DEAD_COLLECTOR", 1)
    assert stored.payload == whole[: 64 << 10]
    assert stored.headers[LENGTH_HEADER] == str(9 << 20)
    assert len(bytes.fromhex(stored.headers[HASH_HEADER])) == 16


async def test_large_messages_pass_the_window_one_after_another(declared: NatsServer) -> None:
    line = b"x" * (4 << 20)
    async with opened(declared, "collector") as bus:
        for number in range(12):
            await bus.publish(EVENT, line, id=f"id-{number}")
        assert await bus.flush(20.0)
        assert len(bus.window) == 0

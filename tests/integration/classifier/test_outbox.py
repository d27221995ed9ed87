"""Signals go before their alerts, in messages of bounded size, and what waited too long is given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tocsin.bus import Bus, Message, streams
from tocsin.classifier.outbox import MAX_BYTES, Outbox, PendingAlert
from tocsin.model import signal, subjects
from tocsin.model.severity import Severity
from tocsin.model.signal import Signal

from support.buses import opened
from support.server import NatsServer
from support.waiting import until

SUBJECT = subjects.alert(Severity.HIGH, "c1", "shop", "own")
TIME = "2026-11-24T10:00:00.000000000Z"


class Answers:
    """What became of alerts, by id."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.back: list[str] = []

    def outgoing(self, id: str) -> PendingAlert:
        async def give_back() -> None:
            self.back.append(id)

        return PendingAlert(id, SUBJECT, b'{"n":1}', lambda _: self.stored.append(id), give_back)


@asynccontextmanager
async def sending(bus: Bus) -> AsyncIterator[Outbox]:
    """An outbox at work for the body."""
    outbox = Outbox(bus)
    running = asyncio.create_task(outbox.run())
    try:
        yield outbox
        assert not running.done(), running
    finally:
        running.cancel()


async def test_signals_of_hostile_length_are_spread_over_messages(declared: NatsServer) -> None:
    answers, found = Answers(), []
    hostile = Signal(id="", time=TIME, rules=("r",), cluster="c1", process="\1" * 8_000)
    async with opened(declared, "classifier") as bus, opened(declared, "admin") as admin, sending(bus) as outbox:
        for number in range(60):
            one = Signal(**{**{f: getattr(hostile, f) for f in hostile.__struct_fields__}, "id": str(number)})
            await outbox.put(answers.outgoing(str(number)), one)
        assert await outbox.flush()
        await admin.read(streams.SIGNALS, found.append, filters=[])
        sizes = [len(message.payload) for message in found]
    assert sorted(answers.stored, key=int) == [str(number) for number in range(60)]
    assert max(sizes) <= MAX_BYTES + 2
    assert sum(len(signal.decode(message.payload)) for message in found) == 60


async def test_an_alert_that_waited_beyond_the_duplicate_window_is_given_back(declared: NatsServer) -> None:
    answers = Answers()
    own = Signal(id="1", time=TIME, rules=("r",), cluster="c1")
    window_s = 1.0
    async with opened(declared, "classifier", duplicate_window_s=window_s) as bus, sending(bus) as outbox:
        await bus.recheck_in({streams.ALERTS: subjects.ALL_ALERTS})
        declared.kill()
        await until(lambda: not bus.connection.up)
        await outbox.put(answers.outgoing("1"), own)
        loop = asyncio.get_running_loop()
        since = loop.time()
        await until(lambda: loop.time() > since + window_s)
        declared.start()
        await until(lambda: bool(answers.back), timeout_s=30)
        assert await outbox.flush(20)
    assert (answers.back, answers.stored) == (["1"], [])
    found: list[Message] = []
    async with opened(declared, "admin") as admin:
        await admin.read(streams.ALERTS, found.append, filters=[])
    assert found == []

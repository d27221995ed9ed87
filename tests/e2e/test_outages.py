"""Outages longer than the duplicate window, and floods larger than the streams."""

import asyncio
import collections
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import Bus, Message, open_bus, streams
from tocsin.classifier.judge import Origin, judge
from tocsin.model import event, ids
from tocsin.model.severity import KEPT
from tocsin.runtime import ledger

from support import rulings, sets
from support.load import Load
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(300)

_WINDOW_S = 1.0


async def _settled(bus: Bus, lines: int) -> ledger.Ledger:
    taken: list[ledger.Ledger] = []

    async def at_rest() -> bool:
        now = await ledger.take(bus)
        taken.append(now)
        return now.done and sum(source.counts.lines for source in now.sources) >= lines

    await until(at_rest, timeout_s=120, what="everything to come to rest")
    return taken[-1]


@pytest.mark.parametrize("victim", ["collector", "classifier"])
async def test_an_outage_of_twice_the_duplicate_window_repeats_nothing(
    house: Callable[..., House], tmp_path: Path, victim: str
) -> None:
    export = tmp_path / "export" / "tetragon.log"
    environ = {"TOCSIN_NATS_DUPLICATE_WINDOW_S": str(_WINDOW_S)}
    own = house("--file", str(export), environ=environ)
    own.start()
    load = Load(export, "--rate", "400", "--count", "6000", "--max-backups", "0")
    async with open_bus(own.nats(), "admin", duplicate_window_s=_WINDOW_S) as bus:
        for _ in range(3):
            start = (await bus.stream(streams.ALERTS)).state.last_seq
            await until(lambda start=start: _passed(bus, start + 300), timeout_s=60, what="alerts")
            await _away(own, victim, 2.5 * _WINDOW_S)
        await asyncio.to_thread(load.wait)
        taken = await _settled(bus, 6000)
        once = collections.Counter(dict.fromkeys(range(6000), 1))
        assert await sets.numbers(bus, streams.EVENTS) == once
        assert await sets.numbers(bus, streams.ALERTS) == once
        assert taken.balanced, ledger.render(taken)


async def _away(own: House, victim: str, seconds: float) -> None:
    """Keep *victim* from coming back: each time the supervisor starts it again, it is killed at once."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while loop.time() < ends:
        if victim in own.children():
            await asyncio.to_thread(own.kill_child, victim)
        await asyncio.sleep(0.02)


async def _passed(bus: Bus, sequence: int) -> bool:
    return (await bus.stream(streams.ALERTS)).state.last_seq >= sequence


def _worst(export: Path) -> set[str]:
    """Ids of the written events that are critical or high, judged here, beside the house."""
    ruling, found = rulings.shipped(), set()
    for path in export.parent.glob("tetragon*.log"):
        for line in path.read_bytes().splitlines():
            read = event.read(line)
            origin = Origin(ids.event_id("default", read.node, line), "default", read.node, time.time_ns())
            if judge(read, line, origin, ruling).alert.severity in KEPT:
                found.add(origin.id)
    return found


async def test_a_flood_of_low_into_a_small_store_evicts_no_critical_and_no_high(
    house: Callable[..., House], tmp_path: Path
) -> None:
    export = tmp_path / "export" / "tetragon.log"
    own = house("--file", str(export), "--store-mb", "20")
    own.start()
    load = Load(export, "--rate", "3000", "--count", "20000", "--max-backups", "0", "--attacks-per-minute", "120")
    async with open_bus(own.nats(), "admin") as bus:
        await asyncio.to_thread(load.wait)
        taken = await _settled(bus, 20000)
        assert taken.balanced, ledger.render(taken)
        assert (await bus.stream(streams.ALERTS)).state.first_seq > 1, (
            "the store was not small enough to prove anything"
        )
        worst = _worst(export)
        assert len(worst) > 20
        assert await sets.ids_of_events(bus, streams.ALERTS_KEPT) == worst


async def test_a_classifier_that_stands_still_loses_nothing_of_ten_times_a_small_store(
    house: Callable[..., House], tmp_path: Path
) -> None:
    export, count = tmp_path / "export" / "tetragon.log", 36_000
    own = house("--file", str(export), "--store-mb", "20")
    own.start()
    classifier = own.pid("classifier")
    judged: collections.Counter[int | None] = collections.Counter()

    def take(message: Message) -> None:
        if not sets.is_raised(message):
            judged[sets.number_of(message.payload)] += 1

    stop = asyncio.Event()
    async with open_bus(own.nats(), "admin") as bus, asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.follow(streams.ALERTS, take, stop, filters=[]))
        os.kill(classifier, signal.SIGSTOP)
        try:
            load = Load(export, "--rate", "9000", "--count", str(count), "--max-backups", "0")
            await asyncio.to_thread(load.wait)
            events = (await bus.stream(streams.EVENTS)).state
            assert events.first_seq <= 1, "an event was evicted before it was judged"
            assert events.last_seq < count, "the collector did not stop reading"
        finally:
            os.kill(classifier, signal.SIGCONT)
        taken = await _settled(bus, count)
        await until(lambda: judged.total() >= count, what="the reader to have all")
        stop.set()
        assert taken.balanced, ledger.render(taken)
        assert judged == collections.Counter(range(count))

"""Outages longer than the duplicate window, and floods larger than the streams."""

import asyncio
import collections
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import Bus, open_bus, streams
from tocsin.model.severity import KEPT
from tocsin.model.subjects import severity_of
from tocsin.runtime import ledger

from support import sets
from support.house import House
from support.load import Load
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
        alerts = (await bus.stream(streams.ALERTS)).state
        assert alerts.first_seq > 1, "the store was not small enough to prove anything"
        assert (await bus.stream(streams.EVENTS)).state.first_seq > 1
        kept = (await bus.stream(streams.ALERTS_KEPT, subjects_filter=">")).state
        grades = collections.Counter(severity_of(subject) for subject in kept.subjects)
        assert set(grades) <= set(KEPT)
        if kept.first_seq == 1:
            judged = await _judged(own)
            assert sum(kept.subjects.values()) == judged


async def _judged(own: House) -> int:
    """How many critical and high alerts the classifier says it published, over its lives."""
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(own.page + "metrics") as answer:
        text = await answer.text()
    total = 0
    for line in text.splitlines():
        if line.startswith("tocsin_classifier_alerts_total") and any(f'severity="{s.value}"' in line for s in KEPT):
            total += int(float(line.rpartition(" ")[2]))
    return total

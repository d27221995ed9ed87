"""Any process may be killed at any time: no event is lost, none is shown twice, and the counts agree."""

import asyncio
import collections
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import Bus, open_bus, streams
from tocsin.runtime import ledger

from support import sets
from support.client import Client
from support.load import Load
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(400)

_VICTIMS = ("collector", "classifier", "gateway", "correlator", "nats", "supervisor", "all")
_KILLS = 28
_RATE = 150
_SETTLE_S = 120.0


async def test_twenty_eight_kills_under_load_lose_nothing_and_double_nothing(
    house: Callable[..., House], tmp_path: Path
) -> None:
    export = tmp_path / "export" / "tetragon.log"
    own = house("--file", str(export))
    own.start()
    client = Client(lambda: own.page)
    load = Load(export, "--rate", str(_RATE), "--rotate-every-s", "1", "--max-backups", "0")
    watching = asyncio.create_task(client.run())
    try:
        for victim in itertools.islice(itertools.cycle(_VICTIMS), _KILLS):
            before = client.highest
            await until(
                lambda before=before: client.highest > before + 40, timeout_s=60, what=f"alerts before {victim}"
            )
            await asyncio.to_thread(_kill, own, victim)
        load.stop()
        written = _written(export)
        async with open_bus(own.nats(), "admin") as bus:
            await _at_rest(bus, len(written))
            once = collections.Counter(dict.fromkeys(written, 1))
            assert await sets.numbers(bus, streams.EVENTS) == once
            assert await sets.numbers(bus, streams.ALERTS) == once
            assert max((await sets.ids(bus, streams.ALERTS)).values()) == 1
            stored = await sets.ids(bus, streams.ALERTS)
            await until(lambda: client.shown >= len(stored), timeout_s=60, what="the client to have all")
            client.agrees_with(stored)
            taken = await ledger.take(bus)
        assert taken.at_rest
        assert taken.balanced, ledger.render(taken)
    finally:
        if load.running:
            load.stop()
        watching.cancel()


def _kill(own: House, victim: str) -> None:
    if victim == "supervisor":
        own.kill()
        own.start()
    elif victim == "all":
        for name in tuple(own.children()):
            own.kill_child(name)
        own.kill()
        own.start()
    else:
        own.kill_child(victim)


def _written(export: Path) -> list[int]:
    numbers = [
        sets.number_of(line) for path in export.parent.glob("tetragon*.log") for line in path.read_bytes().splitlines()
    ]
    assert None not in numbers
    return [number for number in numbers if number is not None]


async def _at_rest(bus: Bus, expected: int) -> None:
    """Until every written event was answered and every count is saved."""

    async def settled() -> bool:
        taken = await ledger.take(bus)
        return taken.done and sum(source.counts.lines for source in taken.sources) >= expected

    await until(settled, timeout_s=_SETTLE_S, what="everything to come to rest")

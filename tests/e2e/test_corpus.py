"""Real Tetragon events, through the whole house: every line becomes an alert or a dead letter."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import open_bus, streams
from tocsin.runtime import ledger

from support import corpus, sets
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(180)


async def _through(own: House, lines: int) -> ledger.Ledger:
    taken: list[ledger.Ledger] = []
    async with open_bus(own.nats(), "admin") as bus:

        async def settled() -> bool:
            now = await ledger.take(bus)
            taken.append(now)
            return now.done and sum(s.counts.lines for s in now.sources) == lines

        await until(settled, timeout_s=90, what=f"{lines} lines to be through")
    return taken[-1]


async def test_the_full_default_recording_gives_exactly_1762_alerts(
    house: Callable[..., House], tmp_path: Path
) -> None:
    lines = corpus.full("vm-p4-default")
    export = tmp_path / "tetragon.log"
    export.write_bytes(b"\n".join(lines) + b"\n")
    own = house("--file", str(export))
    own.start()
    await _through(own, 1762)
    async with open_bus(own.nats(), "admin") as bus:
        assert len(await sets.ids_of_events(bus, streams.ALERTS)) == 1762
        assert set((await sets.ids(bus, streams.ALERTS)).values()) == {1}
    assert own.stop() == 0
    own.start()
    said = own.log
    await until(lambda: "1,762 lines, all read before" in said.read_text(), timeout_s=30, what="it to be said")
    await _through(own, 1762)


async def test_every_line_of_every_recording_becomes_an_alert_or_a_dead_letter(
    house: Callable[..., House], tmp_path: Path
) -> None:
    lines = [line for path in corpus.files() for line in path.read_bytes().splitlines()]
    export = tmp_path / "tetragon.log"
    export.write_bytes(b"\n".join(lines) + b"\n")
    own = house("--file", str(export))
    own.start()
    taken = await _through(own, len(lines))
    counts = taken.sources[0].counts
    assert counts.stored + counts.dead == len(set(lines))
    assert counts.repeated == len(lines) - len(set(lines))


async def test_standard_input_is_read_to_its_end(tmp_path: Path, house: Callable[..., House]) -> None:
    own = house("--stdin")
    lines = corpus.lines("vm-p1-enforce")
    export = tmp_path / "lines"
    export.write_bytes(b"\n".join(lines) + b"\n")
    with export.open("rb") as file:
        await asyncio.to_thread(own.start, stdin=file.fileno())
        await _through(own, len(lines))

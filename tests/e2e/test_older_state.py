"""A state directory that an older version wrote is taken over as it is."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import Bus, open_bus, streams

from support.load import Load
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(120)

STATE = Path(__file__).parent / "data" / "state_before_0.1.0.tar.gz"
"""Written by `tocsin up` of commit 5596c0d: streams with 125 events, checkpoints, credentials. Its export file is gone."""
OLD_EVENTS = 125
NEW_EVENTS = 50


async def _read_by_all(bus: Bus) -> bool:
    consumer = await bus.consumer(streams.EVENTS, "classifier")
    stored = (await bus.stream(streams.EVENTS)).state.last_seq
    return stored == OLD_EVENTS + NEW_EVENTS and not consumer.num_pending and not consumer.num_ack_pending


def _unpack(folder: Path) -> None:
    folder.mkdir()
    subprocess.run(["tar", "-xzf", str(STATE), "-C", str(folder)], check=True)


async def test_an_older_state_directory_goes_on_where_it_stopped(house: Callable[..., House], tmp_path: Path) -> None:
    export = tmp_path / "export" / "tetragon.log"
    run = house("--file", str(export))
    _unpack(run.state)
    passwords = json.loads((run.state / "credentials.json").read_text())
    run.start()
    assert json.loads((run.state / "credentials.json").read_text()) == passwords
    load = Load(export, "--rate", "500", "--count", str(NEW_EVENTS))
    await asyncio.to_thread(load.wait)
    async with open_bus(run.nats(), "admin") as bus:
        await until(lambda: _read_by_all(bus), timeout_s=60, what="every event, old and new")
        assert (await bus.stream(streams.EVENTS)).state.messages == OLD_EVENTS + NEW_EVENTS
    ledger = await asyncio.to_thread(run.run, "ledger")
    assert ledger.returncode == 0, ledger.stdout

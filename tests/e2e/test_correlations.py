"""What is counted over time is neither lost nor doubled, whatever is killed, and what it rests on is in SIGNALS."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.bus import Bus, Message, open_bus, streams
from tocsin.model import raised, signal
from tocsin.runtime import ledger
from tocsin.runtime.policy_files import rule_files
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.ruleset import RuleSet

from support import sets
from support.load import Load
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(400)

_VICTIMS = ("correlator", "classifier", "nats", "correlator", "supervisor", "all", "correlator")
_KILLS = 21
_SETTLE_S = 120.0
_RULES = """
title: A program starts
id: e2e-start
level: low
logsource: {category: process_creation, product: linux}
detection:
  selection: {Image|startswith: /}
  condition: selection
---
title: Programs start in quick succession
id: e2e-burst
level: high
correlation:
  type: event_count
  rules: [e2e-start]
  group-by: [scope]
  timespan: 2s
  condition: {gte: 4}
  generate: true
x-repeat: 1s
---
title: Many programs on one node
id: e2e-many
level: medium
correlation:
  type: value_count
  rules: [e2e-start]
  group-by: [node]
  timespan: 5s
  condition: {gte: 6, field: Image}
  generate: true
x-repeat: 1s
"""
_LATER = """
title: A burst, and many programs
id: e2e-later
level: high
correlation:
  type: temporal
  rules: [e2e-burst, e2e-many]
  group-by: [node]
  timespan: 30s
  generate: true
x-repeat: 1s
"""


async def test_twenty_one_kills_and_a_reload_lose_and_double_no_alert_of_a_correlation(
    house: Callable[..., House], tmp_path: Path
) -> None:
    export, rules = tmp_path / "export" / "tetragon.log", tmp_path / "rules"
    rules.mkdir()
    (rules / "counted.yml").write_text(_RULES)
    own = house("--file", str(export), environ={"TOCSIN_CLASSIFIER_RULES": str(rules)})
    own.start()
    load = Load(export, "--rate", "150", "--rotate-every-s", "1", "--max-backups", "0", "--late-share", "0.05")
    try:
        for number, victim in enumerate(itertools.islice(itertools.cycle(_VICTIMS), _KILLS)):
            before = await _raised(own)
            await until(
                lambda before=before: _more(own, before), timeout_s=60, what=f"something to be raised before {victim}"
            )
            if number == _KILLS // 2:
                (rules / "later.yml").write_text(_LATER)
            await asyncio.to_thread(_kill, own, victim)
        load.stop()
        async with open_bus(own.nats(), "admin") as bus:
            await until(lambda: _done(bus), timeout_s=_SETTLE_S, what="everything to come to rest")
            await _agrees(bus, rule_files([rules]))
            taken = await ledger.take(bus)
        assert taken.at_rest
        assert taken.balanced, ledger.render(taken)
    finally:
        if load.running:
            load.stop()


def _kill(own: House, victim: str) -> None:
    if victim in ("supervisor", "all"):
        if victim == "all":
            for name in tuple(own.children()):
                own.kill_child(name)
        own.kill()
        own.start()
    else:
        own.kill_child(victim)


async def _raised(own: House) -> int:
    async with open_bus(own.nats(), "admin", wait_s=60) as bus:
        return (await bus.stream(streams.RAISED)).state.last_seq


async def _more(own: House, before: int) -> bool:
    return await _raised(own) > before + 2


async def _done(bus: Bus) -> bool:
    return (await ledger.take(bus)).done


async def _agrees(bus: Bus, files: dict[str, bytes]) -> None:
    """RAISED, ALERTS and what the windows say of SIGNALS, read here once from its beginning, are one set."""
    records: dict[str, str] = {}

    def take(message: Message) -> None:
        record = raised.decode(message.payload)
        assert message.id == record.id
        assert record.id not in records, "raised twice"
        records[record.id] = record.rule

    await bus.read(streams.RAISED, take, filters=[])
    alerts = await sets.ids_of_correlations(bus)
    assert set(alerts) == set(records)
    assert max(alerts.values()) == 1
    expected = await _expected(bus, files)
    steady = {"e2e-burst", "e2e-many"}
    found = {id for id, rule in records.items() if rule in steady}
    assert found == {id for id, rule in expected.items() if rule in steady}
    assert len(found) > _KILLS
    assert "e2e-later" in records.values(), "what was loaded in the middle has fired"


async def _expected(bus: Bus, files: dict[str, bytes]) -> dict[str, str]:
    """Id to rule of everything that the windows fire for the stream as it stands."""
    windows = CorrelationEngine(RuleSet.load(files).correlations)
    found: dict[str, str] = {}

    def take(message: Message) -> None:
        for one in signal.decode(message.payload):
            for firing in windows.feed(one, message.seq, message.stored_ns):
                found[firing.id] = firing.correlation.id

    await bus.read(streams.SIGNALS, take, filters=[])
    return found

"""What people do on a terminal: the real `nats` command line, `tocsin tail`, `tocsin ledger`, a second `tocsin up`."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tocsin.bus import Bus, open_bus, streams
from tocsin.embedded.state import StateDir

from support.load import Load
from support.processes import House
from support.waiting import until

pytestmark = pytest.mark.timeout(180)


def nats_command() -> str:
    """The client, from the path or where Go puts what it installs; skips the test where there is none."""
    places = [Path(os.environ.get("GOBIN", "/nonexistent")), Path.home() / "go" / "bin"]
    found = shutil.which("nats") or next((str(p / "nats") for p in places if (p / "nats").exists()), None)
    if found is None:
        pytest.skip("the command `nats` is not installed: go install github.com/nats-io/natscli/nats@v0.5.1")
    return found


async def _stored(bus: Bus, stream: str, at_least: int) -> bool:
    return (await bus.stream(stream)).state.messages >= at_least


def _as_user(own: House, user: str) -> list[str]:
    password = StateDir(own.state).passwords()[user]
    settings = own.nats()
    address = settings.servers[0].rpartition("@")[2]
    return [nats_command(), "--server", f"nats://{user}:{password}@{address}"]


async def test_nats_sub_shows_critical_alerts_as_readable_json(house: Callable[..., House]) -> None:
    own = house("--simulate", "200", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    command = nats_command()
    assert command
    own.start()
    done = await asyncio.to_thread(
        subprocess.run,
        [*_as_user(own, "viewer"), "sub", "alerts.critical.>", "--count", "3", "--raw"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(alerts) == 3
    for alert in alerts:
        assert alert["severity"] == "critical"
        assert alert["title"]
        assert alert["reason"]
        assert alert["event"]


async def test_the_siem_gets_every_alert_once_across_a_restart(house: Callable[..., House], tmp_path: Path) -> None:
    nats_command()
    export = tmp_path / "export" / "tetragon.log"
    own = house("--file", str(export))
    own.start()
    load = Load(export, "--rate", "2000", "--count", "6000", "--attacks-per-minute", "3000", "--max-backups", "0")
    await asyncio.to_thread(load.wait)
    async with open_bus(own.nats(), "admin") as bus:
        await until(lambda: _stored(bus, streams.ALERTS, 6000), timeout_s=60, what="all alerts")
        await until(lambda: _stored(bus, streams.ALERTS_KEPT, 15), timeout_s=60, what="alerts that are kept")
    first = await asyncio.to_thread(_pull, own, 5)
    assert own.stop() == 0
    own.start()
    async with open_bus(own.nats(), "admin") as bus:
        total = (await bus.stream(streams.ALERTS_KEPT)).state.messages
    rest = await asyncio.to_thread(_pull, own, total - 5)
    ids = [alert["id"] for alert in first + rest]
    assert len(ids) == len(set(ids)) == total


def _pull(own: House, count: int) -> list[dict[str, str]]:
    """What the SIEM's durable on ALERTS_KEPT hands out, acknowledged."""
    command = [*_as_user(own, "siem"), "--inbox-prefix", "_INBOX_siem", "consumer", "next", "ALERTS_KEPT", "siem"]
    done = subprocess.run(
        [*command, "--count", str(count), "--ack", "--raw"], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


_METRICS = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()


async def _told(own: House) -> set[str]:
    """The names of all metrics."""
    async with aiohttp.ClientSession() as session, session.get(own.page + "metrics") as answer:
        return set(re.findall(r"^# TYPE (\w+)", await answer.text(), re.MULTILINE))


async def _all_are_told(own: House) -> bool:
    return {name.split("_")[1] for name in await _told(own)} >= {
        "collector",
        "classifier",
        "correlator",
        "gateway",
        "bus",
    }


async def test_tail_and_ledger_answer_and_a_second_up_is_refused(house: Callable[..., House], tmp_path: Path) -> None:
    export = tmp_path / "export" / "tetragon.log"
    own = house("--file", str(export))
    own.start()
    load = Load(export, "--rate", "500", "--count", "500", "--attacks-per-minute", "600")
    await asyncio.to_thread(load.wait)

    async def balanced() -> bool:
        done = await asyncio.to_thread(own.run, "ledger", "--json")
        taken = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done.returncode == 0 and taken.get("at_rest", False) and taken["lines"][0]["expected"] == 500

    await until(balanced, timeout_s=60, what="a ledger that balances")
    table = own.run("ledger")
    assert table.returncode == 0
    assert "EVENTS to ALERTS" in table.stdout
    everything = own.run("tail", "--since", "1h", "--until-now")
    assert everything.returncode == 0, everything.stderr
    async with open_bus(own.nats(), "admin") as bus:
        raised = (await bus.stream(streams.RAISED)).state.last_seq
    assert len(everything.stdout.splitlines()) == 500 + raised
    assert "\x1b" not in everything.stdout
    worst = own.run("tail", "--since", "1h", "--until-now", "--severity", "critical", "--json")
    grades = {json.loads(line)["severity"] for line in worst.stdout.splitlines()}
    assert grades == {"critical"}
    await until(lambda: _all_are_told(own), timeout_s=30, what="the metrics of every service")
    assert {name for name in await _told(own) if f"`{name}`" not in _METRICS} == set()
    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tocsin.cli", "up", "--state-dir", str(own.state), "--port", "0", "--nats-port", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert "in use by" in second.stderr
    assert "pid" in second.stderr


async def test_a_taken_port_and_a_misspelt_setting_stop_the_start(house: Callable[..., House], tmp_path: Path) -> None:
    own = house("--file", str(tmp_path / "none.log"))
    own.start()
    port = own.page.rpartition(":")[2].strip("/")
    command = [sys.executable, "-m", "tocsin.cli", "up", "--state-dir", str(tmp_path / "other"), "--nats-port", "0"]
    taken = await asyncio.to_thread(
        subprocess.run, [*command, "--port", port], capture_output=True, text=True, timeout=30, check=False
    )
    assert taken.returncode == 2
    assert f"--port {port}" in taken.stderr
    environ = {**os.environ, "TOCSIN_CLASSIFIER_PROFIL": "tuned"}
    wrong = await asyncio.to_thread(
        subprocess.run,
        [*command, "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ,
    )
    assert wrong.returncode == 2
    assert "TOCSIN_CLASSIFIER_PROFIL" in wrong.stdout + wrong.stderr
    assert own.stop() == 0

"""Whoever is no service of ours, on a deployed server: a SIEM and a person with the command line, users with nkeys."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.bus import NatsSettings, open_bus
from tocsin.cli.__main__ import main

from support.buses import opened, publish
from support.deployed_nats import DeployedServer, declare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "nats"
    folder.mkdir()
    return folder


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedServer]:
    server = DeployedServer(folder, monkeypatch)
    server.start()
    yield server
    server.stop()


def _command(server: DeployedServer, user: str, *arguments: str) -> list[str]:
    places = [Path(os.environ.get("GOBIN", "/nonexistent")), Path.home() / "go" / "bin"]
    found = shutil.which("nats") or next((str(p / "nats") for p in places if (p / "nats").exists()), None)
    if found is None:
        pytest.skip("the command `nats` is not installed: go install github.com/nats-io/natscli/nats@v0.5.1")
    return [found, "--server", server.url, "--user", user, "--password", server.passwords[user], *arguments]


async def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_siem_pulls_and_acknowledges_with_the_command_line(server: DeployedServer) -> None:
    await declare(server)
    pull = ["--inbox-prefix", "_INBOX_siem", "consumer", "next", "ALERTS_KEPT", "siem", "--ack", "--raw"]
    command = _command(server, "siem", *pull)
    async with opened(server, "classifier") as bus:
        await publish(bus, range(5), subject="alerts.critical.c1.ns.x")
        await publish(bus, range(5, 6), subject="alerts.low.c1.ns.x")
    first, rest = await _run([*command, "--count", "2"]), await _run([*command, "--count", "3"])
    for done in (first, rest):
        assert done.returncode == 0, done.stderr
    assert (first.stdout.split(), rest.stdout.split()) == (["0", "1"], ["2", "3", "4"])
    async with opened(server, "admin") as bus:
        consumer = await bus.consumer("ALERTS_KEPT", "siem")
    assert (consumer.num_pending, consumer.num_ack_pending) == (0, 0)


async def test_a_person_hears_alerts_and_may_say_nothing(server: DeployedServer) -> None:
    await declare(server)
    hearing = asyncio.create_task(_run(_command(server, "viewer", "sub", "alerts.critical.>", "--count", "1", "--raw")))
    number = 0
    async with opened(server, "classifier") as bus:
        while not hearing.done():  # nobody tells when the command hears: an alert now and then until it has
            await publish(bus, range(number, number + 1), subject="alerts.critical.c1.ns.x")
            await asyncio.wait({hearing}, timeout=0.2)
            number += 1
    assert int((await hearing).stdout) in range(number)
    said = await _run(_command(server, "viewer", "pub", "alerts.critical.c1.ns.x", "forged"))
    assert "ermissions" in said.stderr + said.stdout
    async with opened(server, "admin") as bus:
        assert (await bus.stream("ALERTS")).state.messages == number


async def test_users_with_nkeys_log_in_each_with_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, seeds = folder / "made.conf", folder / "seeds"
    command = ["nats", "users", "--cluster", "c1", "--nodes", "n1", "--nkeys", str(seeds), "--out", str(out)]
    assert await asyncio.to_thread(main, command) == 0
    server = DeployedServer(folder, monkeypatch, users_text=out.read_text())
    server.start()
    try:
        settings = NatsSettings(url=server.url, nkey_file=str(seeds / "admin.nk"), declare="auto", store_mb=64)
        async with open_bus(settings, "admin") as bus:
            assert await bus.missing() == []
        settings = NatsSettings(url=server.url, user="collector-n1", nkey_file=str(seeds / "collector-n1.nk"))
        async with open_bus(settings, "collector") as bus:
            assert len(await publish(bus, range(3), subject="tetragon.c1.n1.exec")) == 3
    finally:
        server.stop()

"""The services as processes on a deployed server: declared once by a job, then each with no right but its own."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tocsin.bus import open_bus, streams

from support.deployed_nats import DeployedServer
from support.load import Load
from support.waiting import until

pytestmark = pytest.mark.timeout(180)
_EVENTS = 300
_SERVICES = ("gateway", "correlator", "classifier", "collector")


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DeployedServer]:
    """Started and empty; each user's password also lies in a file."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = DeployedServer(folder, monkeypatch)
    for name, password in server.passwords.items():
        (tmp_path / f"{name}.password").write_text(f"{password}\n")
    server.start()
    yield server
    server.stop()


def _environ(server: DeployedServer, folder: Path, user: str, **more: str) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
    nats = {"URL": server.url, "USER": user, "PASSWORD_FILE": str(folder / f"{user}.password")}
    return own | {f"TOCSIN_NATS_{name}": value for name, value in nats.items()} | more


def _tocsin(server: DeployedServer, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin.cli", *arguments]
    environ = _environ(server, folder, "admin")
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def _services(server: DeployedServer, folder: Path, export: Path, port: int) -> Iterator[dict[str, Path]]:
    """All services until the end of the body; their logs."""
    more = {
        "gateway": {"TOCSIN_GATEWAY_PORT": str(port)},
        "collector": {"TOCSIN_COLLECTOR_PATH": str(export)},
    }
    logs, processes = {}, []
    try:
        for name in _SERVICES:
            logs[name] = folder / f"{name}.log"
            with logs[name].open("wb") as log:
                environ = _environ(server, folder, name, **more.get(name, {}))
                command = [sys.executable, "-m", f"tocsin.{name}"]
                processes.append(subprocess.Popen(command, env=environ, stdout=log, stderr=log))
        yield logs
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(30) for process in processes]
    assert codes == [0] * len(codes), {name: path.read_text()[-2000:] for name, path in logs.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_event_comes_from_the_export_file_to_the_page_and_the_counts_agree(
    server: DeployedServer, tmp_path: Path
) -> None:
    declared = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--siem", "--store-mb", "256")
    assert declared.returncode == 0, declared.stderr
    assert {line.split()[-1] for line in declared.stdout.splitlines()[1:]} == {"created"}
    export, port = tmp_path / "export" / "tetragon.log", _free_port()
    page = f"http://127.0.0.1:{port}"
    with _services(server, tmp_path, export, port):
        load = Load(export, "--rate", "1000", "--count", str(_EVENTS), "--max-backups", "0")
        await asyncio.to_thread(load.wait)
        async with open_bus(server.settings("admin"), "admin") as bus, aiohttp.ClientSession() as http:

            async def judged() -> bool:
                return (await bus.stream(streams.ALERTS)).state.messages >= _EVENTS

            async def shown() -> bool:
                async with http.get(f"{page}/api/runtime/alerts?limit=5") as answer:
                    return answer.status == 200 and len((await answer.json())["alerts"]) == 5

            async def told() -> bool:
                async with http.get(f"{page}/metrics") as answer:
                    text = await answer.text()
                return all(f'service="{name}"' in text for name in _SERVICES)

            await until(judged, 60, "an alert for each event")
            await until(shown, 30, "alerts on the page")
            await until(told, 30, "metrics of all services")
        ledger = await asyncio.to_thread(_tocsin, server, tmp_path, "ledger")
        assert ledger.returncode == 0, ledger.stdout + ledger.stderr


async def test_declaring_again_changes_nothing_and_says_so(server: DeployedServer, tmp_path: Path) -> None:
    first = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--store-mb", "64")
    again = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--store-mb", "64")
    larger = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--store-mb", "128", "--sinks", "slack")
    for done in (first, again, larger):
        assert done.returncode == 0, done.stderr
    assert {line.split()[-1] for line in again.stdout.splitlines()[1:]} == {"unchanged"}
    said = {" ".join(line.split()) for line in larger.stdout.splitlines()}
    assert "stream EVENTS updated max_bytes" in said
    assert "durable EVENTS / classifier unchanged" in said
    assert {"durable ALERTS_KEPT / forwarder-slack created", "durable ALERTS / forwarder-slack created"} <= said


async def test_what_cannot_be_declared_is_said_and_is_exit_1(server: DeployedServer, tmp_path: Path) -> None:
    done = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--store-mb", "64", "--replicas", "3")
    assert done.returncode == 1
    assert "refused" in done.stdout
    assert "replicas > 1 not supported in non-clustered mode" in done.stdout
    wrong = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--sinks", "Slack!")
    assert (wrong.returncode, "--sinks Slack!" in wrong.stderr) == (2, True)


async def test_declaring_waits_for_the_server_and_gives_up(server: DeployedServer, tmp_path: Path) -> None:
    server.stop()
    done = await asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--wait-s", "0.3")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    declaring = asyncio.create_task(asyncio.to_thread(_tocsin, server, tmp_path, "declare", "--store-mb", "64"))
    await asyncio.wait({declaring}, timeout=1.0)
    server.start()
    assert (await declaring).returncode == 0


async def test_a_user_without_the_rights_declares_nothing(server: DeployedServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tocsin.cli", "declare"]
    environ = _environ(server, tmp_path, "gateway")
    done = await asyncio.to_thread(
        subprocess.run, command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "'gateway'" in done.stderr

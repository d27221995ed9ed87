"""A password in a file: what is read, when it is read again, and what is said where it cannot be used."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tocsin.bus import NatsSettings, open_bus
from tocsin.model.errors import Fatal

from support.deployed_nats import DeployedServer, declare
from support.waiting import until


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    server = DeployedServer(folder, monkeypatch)
    server.start()
    yield server
    server.stop()


def _settings(server: DeployedServer, path: Path) -> NatsSettings:
    return msgspec.structs.replace(server.settings("collector"), password="", password_file=str(path))


async def test_a_connection_that_breaks_comes_back_with_the_password_that_the_file_holds_then(
    server: DeployedServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{server.passwords['collector']}\r\n")
    await declare(server)
    async with asyncio.timeout(30), open_bus(_settings(server, file), "collector") as bus:
        server.stop()
        server.set_password("collector", "rotated-password")
        file.write_text("rotated-password\n")
        server.start()
        await until(lambda: bus.connection.reconnects == 1)
        assert (await bus.stream("EVENTS")).state.messages == 0


async def test_a_file_that_is_gone_for_a_moment_leaves_the_last_password(
    server: DeployedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "password"
    file.write_text(server.passwords["collector"])
    await declare(server)
    async with asyncio.timeout(30), open_bus(_settings(server, file), "collector") as bus:
        file.unlink()
        server.kill()
        server.start()
        await until(lambda: bus.connection.reconnects == 1)
        assert (await bus.stream("EVENTS")).state.messages == 0
    assert [r.__dict__["error"] for r in caplog.records if r.message == "password.unreadable"] == [
        f"TOCSIN_NATS_PASSWORD_FILE {file}: No such file or directory"
    ]


async def test_a_password_that_does_not_hold_any_more_ends_the_process_and_names_the_user(
    server: DeployedServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(server.passwords["collector"])

    async def stay() -> None:
        async with open_bus(_settings(server, file), "collector"):
            server.stop()
            server.set_password("collector", "rotated-password")
            server.start()
            await asyncio.Event().wait()

    async with asyncio.timeout(30):
        with pytest.raises(Fatal, match="refuses user 'collector'"):
            await stay()

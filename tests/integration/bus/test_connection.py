"""Logging in, in every way, to a real server; and what ends the process instead of waiting for ever."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import nkeys
import pytest

from tocsin.bus import NatsSettings, open_bus
from tocsin.bus.bus import Bus
from tocsin.bus.connection import Connection
from tocsin.model.errors import BusUnavailable, Fatal, SettingsError

from support.buses import opened, publish, settle
from support.server import NatsServer
from support.waiting import until

SEED = b"SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU"


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[list[NatsServer]]:
    """Servers with a configuration of their own, started by `_start`."""
    servers: list[NatsServer] = []
    yield servers
    for server in servers:
        server.stop()


def _start(servers: list[NatsServer], folder: Path, conf: str) -> NatsServer:
    own = folder / f"server{len(servers)}"
    own.mkdir()
    head = f'listen: "127.0.0.1:-1"\njetstream {{ store_dir: "{own}" }}\n'
    server = NatsServer(own, conf=head + conf)
    servers.append(server)
    server.start()
    return server


async def _works(settings: NatsSettings) -> None:
    async with asyncio.timeout(10), open_bus(settings, "admin") as bus:
        assert await bus.missing()


async def test_a_user_logs_in_with_settings_or_in_the_address(nats_server: NatsServer) -> None:
    await _works(nats_server.settings("admin"))
    login = f"admin:{quote(nats_server.passwords['admin'], safe='')}"
    await _works(NatsSettings(url=nats_server.url.replace("://", f"://{login}@")))


async def test_a_token_logs_in(plain: list[NatsServer], tmp_path: Path) -> None:
    server = _start(plain, tmp_path, 'authorization { token: "s3cret" }\n')
    await _works(NatsSettings(url=server.url, token="s3cret"))
    await _works(NatsSettings(url=server.url.replace("://", "://s3cret@")))


async def test_an_nkey_logs_in(plain: list[NatsServer], tmp_path: Path) -> None:
    public = nkeys.from_seed(bytearray(SEED)).public_key.decode()
    server = _start(plain, tmp_path, f"authorization {{ users: [ {{ nkey: {public} }} ] }}\n")
    seed = tmp_path / "user.nk"
    seed.write_bytes(SEED + b"\n")
    await _works(NatsSettings(url=server.url, nkey_file=str(seed)))


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that is its own authority, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: no certificate can be made")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


async def test_tls_with_our_own_authority_connects_and_without_it_is_refused(
    plain: list[NatsServer], tmp_path: Path
) -> None:
    certificate, key = _certificate(tmp_path)
    server = _start(plain, tmp_path, f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\n')
    await _works(NatsSettings(url=server.url.replace("nats:", "tls:"), tls_ca_file=str(certificate)))
    async with asyncio.timeout(10):
        with pytest.raises(Fatal, match="certificate is not trusted"):
            await _works(NatsSettings(url=server.url.replace("nats:", "tls:")))


async def test_a_wrong_password_ends_the_process_and_names_the_user(nats_server: NatsServer) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(Fatal, match="refuses user 'collector'"):
            async with open_bus(NatsSettings(url=nats_server.url, user="collector", password="guess"), "collector"):
                pass


async def test_a_missing_key_file_is_named_before_anything_is_opened(tmp_path: Path) -> None:
    for name in ("nkey_file", "creds_file", "tls_ca_file"):
        with pytest.raises(SettingsError, match=f"TOCSIN_NATS_{name.upper()} /nowhere: No such file"):
            async with open_bus(NatsSettings(**{name: "/nowhere"}), "admin"):
                pass


async def test_waiting_for_a_server_ends_when_we_are_told_to_stop(nats_server: NatsServer) -> None:
    nats_server.kill()
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    async with asyncio.timeout(10):
        with pytest.raises(BusUnavailable):
            async with open_bus(nats_server.settings("admin"), "admin", stop=stop):
                pass
        with pytest.raises(BusUnavailable):
            async with open_bus(nats_server.settings("admin"), "admin", wait_s=0.05):
                pass


async def test_a_service_that_starts_before_the_server_waits_for_it(nats_server: NatsServer) -> None:
    nats_server.kill()
    opening = asyncio.create_task(_works(nats_server.settings("admin")))
    await asyncio.wait({opening}, timeout=0.3)
    nats_server.start()
    await opening


async def test_a_connection_that_breaks_comes_back_and_says_so(declared: NatsServer) -> None:
    async with opened(declared, "collector") as bus:
        declared.kill()
        await until(lambda: bus.connection.down_since is not None)
        assert not bus.connection.up
        with pytest.raises(BusUnavailable):
            await bus.stream("EVENTS")
        declared.start()
        await until(lambda: bus.connection.reconnects == 1)
        assert bus.connection.down_since is None
        assert len(await publish(bus, range(1))) == 1


async def test_a_request_under_way_does_not_wait_for_its_timeout_when_the_connection_breaks(
    declared: NatsServer,
) -> None:
    async with opened(declared, "history") as history, opened(declared, "gateway") as gateway:
        asked = asyncio.Event()

        async def never(payload: bytes) -> bytes:
            asked.set()
            await asyncio.Event().wait()
            return payload

        await history.answer("tocsin.history.query", never)
        await settle(history)
        asking = asyncio.create_task(gateway.request("tocsin.history.query", b"?", timeout_s=600))
        await asked.wait()
        declared.kill()
        async with asyncio.timeout(5):
            with pytest.raises(BusUnavailable, match="broke"):
                await asking


async def test_a_dead_reader_ends_the_process_though_the_client_says_connected(declared: NatsServer) -> None:
    connection = Connection(declared.settings("collector"), "collector", watch_interval_s=0.05, silence_s=0.2)
    await connection.open()
    try:
        bus = Bus(connection, instance="0", duplicate_window_s=60.0)
        watching = asyncio.create_task(connection.watch(bus.probe))
        await until(lambda: connection.client.stats["in_msgs"] > 3)
        assert not watching.done()
        reading = connection.client._reading_task
        assert reading is not None
        reading.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(Fatal, match="the reader is dead"):
                await watching
        assert connection.client.is_connected
    finally:
        await connection.close()


async def test_a_silent_server_is_no_reason_to_end(declared: NatsServer) -> None:
    connection = Connection(declared.settings("collector"), "collector", watch_interval_s=0.05, silence_s=0.2)
    await connection.open()
    try:
        bus = Bus(connection, instance="0", duplicate_window_s=60.0)
        watching = asyncio.create_task(connection.watch(bus.probe))
        declared.kill()
        await until(lambda: not connection.up)
        await asyncio.wait({watching}, timeout=1.0)
        assert not watching.done()
        watching.cancel()
    finally:
        await connection.close()


async def test_what_the_body_raises_comes_out_as_it_is(nats_server: NatsServer) -> None:
    with pytest.raises(LookupError):
        async with opened(nats_server, "admin"):
            raise LookupError

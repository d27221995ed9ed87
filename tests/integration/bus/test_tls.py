"""A deployed server that speaks nothing but TLS: who connects, and what is said to those who do not."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tocsin.bus import NatsSettings, open_bus
from tocsin.model.errors import Fatal

from support.certificates import Authority
from support.deployed_nats import DeployedServer

MAIN = "nats-server-tls.conf"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Iterator[DeployedServer]:
    """Not started yet; its certificate is there."""
    folder = tmp_path / "nats"
    folder.mkdir()
    authority.issue(folder / "tls.crt", folder / "tls.key")
    (folder / "ca.crt").write_bytes(authority.certificate.read_bytes())
    server = DeployedServer(folder, monkeypatch, main=MAIN)
    yield server
    server.stop()


def _settings(server: DeployedServer, **more: str) -> NatsSettings:
    return msgspec.structs.replace(server.settings("admin"), **more)


async def _connects(settings: NatsSettings) -> None:
    async with asyncio.timeout(20), open_bus(settings, "admin") as bus:
        assert await bus.missing()


async def test_whoever_knows_the_authority_connects(server: DeployedServer, authority: Authority) -> None:
    server.start()
    for url in (server.url, server.url.replace("nats:", "tls:")):
        await _connects(_settings(server, url=url, tls_ca_file=str(authority.certificate)))


async def test_another_authority_is_named_as_the_reason(server: DeployedServer, tmp_path: Path) -> None:
    server.start()
    other = Authority(tmp_path / "other", "others")
    for settings in (_settings(server), _settings(server, tls_ca_file=str(other.certificate))):
        with pytest.raises(Fatal, match=r"NATS at nats://127\.0\.0\.1:\d+: its certificate is not trusted"):
            await _connects(settings)


async def test_a_certificate_for_another_name_is_refused(server: DeployedServer, authority: Authority) -> None:
    folder = server._folder
    authority.issue(folder / "tls.crt", folder / "tls.key", name="elsewhere", address="DNS:elsewhere")
    server.start()
    with pytest.raises(Fatal, match=r"its certificate is not trusted: .*127\.0\.0\.1"):
        await _connects(_settings(server, tls_ca_file=str(authority.certificate)))


@pytest.fixture
def mutual(server: DeployedServer) -> DeployedServer:
    """The same with the two lines of tls.conf that ask clients for a certificate."""
    assert server.tls.count("# ca_file") == server.tls.count("# verify") == 1
    server.tls = server.tls.replace("# ca_file", "ca_file").replace("# verify", "verify")
    server.start()
    return server


async def test_a_server_that_asks_for_a_certificate_takes_ours(
    mutual: DeployedServer, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"
    authority.issue(certificate, key, name="admin")
    own = {"tls_ca_file": str(authority.certificate), "tls_cert_file": str(certificate), "tls_key_file": str(key)}
    await _connects(_settings(mutual, **own))


async def test_without_a_certificate_it_is_said_what_to_set(mutual: DeployedServer, authority: Authority) -> None:
    with pytest.raises(Fatal, match="it asks for a certificate: set TOCSIN_NATS_TLS_CERT_FILE"):
        await _connects(_settings(mutual, tls_ca_file=str(authority.certificate)))


async def test_a_certificate_of_ours_that_the_server_does_not_trust_is_named(
    mutual: DeployedServer, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "client.crt", tmp_path / "client.key"
    Authority(tmp_path / "other", "others").issue(certificate, key, name="admin")
    own = {"tls_ca_file": str(authority.certificate), "tls_cert_file": str(certificate), "tls_key_file": str(key)}
    with pytest.raises(Fatal, match="does not trust the client certificate"):
        await _connects(_settings(mutual, **own))


async def test_without_tls_nobody_is_told_the_password(tmp_path: Path, authority: Authority) -> None:
    heard = bytearray()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.15.0","auth_required":true,"max_payload":8388608}\r\n')
        heard.extend(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for url, ca in ((f"tls://127.0.0.1:{port}", ""), (f"nats://127.0.0.1:{port}", str(authority.certificate))):
            settings = NatsSettings(url=url, user="admin", password="not for everybody", tls_ca_file=ca)
            with pytest.raises(Fatal, match="offers no TLS"):
                await _connects(settings)
    assert bytes(heard) == b""

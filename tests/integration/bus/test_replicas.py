"""Three servers that hold each stream together: declared with replicas, and left so by whoever does not name them."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tocsin.bus import open_bus, streams
from tocsin.bus.declare import Outcome, apply
from tocsin.model.errors import BusUnavailable

from support.buses import opened, publish
from support.deployed_nats import DeployedServer
from support.server import SIZES
from support.waiting import until

pytestmark = pytest.mark.timeout(120)
_SERVERS = 3


def _ports() -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(_SERVERS)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[DeployedServer]]:
    ports = _ports()
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    servers: list[DeployedServer] = []
    try:
        for number, port in enumerate(ports):
            folder = tmp_path / f"nats{number}"
            folder.mkdir()
            own = f'cluster {{ name = "tests", listen = "127.0.0.1:{port}", routes = [{routes}] }}\n'
            servers.append(DeployedServer(folder, monkeypatch, more=f'server_name = "s{number}"\n{own}'))
            for user, password in servers[0].passwords.items():
                servers[-1].set_password(user, password)
            servers[-1].start()
        yield servers
    finally:
        for server in servers:
            server.stop()


async def _applied(server: DeployedServer, replicas: int) -> list[Outcome]:
    """Declared as soon as the servers have found one another."""
    found: list[Outcome] = []

    async def done() -> bool:
        try:
            async with open_bus(server.settings("admin"), "admin") as bus:
                found[:] = await apply(bus.connection, SIZES, duplicate_window_s=60.0, replicas=replicas)
        except BusUnavailable:
            return False
        return True

    await until(done, 60, "the declaration")
    return found


async def _replicas(server: DeployedServer) -> set[object]:
    async with opened(server, "admin") as bus:
        return {(await bus.stream(name)).config["num_replicas"] for name in streams.NAMES}


async def test_replicas_are_what_is_asked_for_and_stay_where_nothing_is(cluster: list[DeployedServer]) -> None:
    await _applied(cluster[0], 3)
    assert await _replicas(cluster[1]) == {3}
    again = await _applied(cluster[1], 0)
    assert {each.done for each in again} == {"unchanged"}
    assert await _replicas(cluster[2]) == {3}
    changed = await _applied(cluster[2], 1)
    assert {each.changed for each in changed if not each.durable} == {("num_replicas",)}
    assert await _replicas(cluster[0]) == {1}


async def test_one_server_of_three_may_go_and_every_service_goes_on(cluster: list[DeployedServer]) -> None:
    await _applied(cluster[0], 3)
    async with opened(cluster[1], "collector") as collector, opened(cluster[2], "admin") as admin:
        await publish(collector, range(10))
        cluster[0].kill()
        for number in range(10, 20):
            await collector.publish("tetragon.c1.n1.exec", b"1", id=f"id-{number}")
        assert await collector.flush(60)  # the streams that it led choose another leader first
        assert (await admin.stream("EVENTS")).state.messages == 20

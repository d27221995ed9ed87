"""Fixtures that every room's tests may use."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tocsin.bus import open_bus

from support.server import SIZES, NatsServer

# A change is judged by the same examples each time; who works on it meets new ones with each run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    """A command that runs within a test sets up the logs of the whole process; the next test hears all of its own again."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A fresh nats-server with JetStream on a free port and our users; gone after the test."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
async def declared(nats_server: NatsServer) -> NatsServer:
    """The same server with all streams, durables and the bucket, each small."""
    async with open_bus(nats_server.settings("admin"), "admin") as bus:
        await bus.declare(SIZES)
    return nats_server

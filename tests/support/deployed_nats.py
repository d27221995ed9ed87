"""The nats-server of compose and chart: the files of deploy/nats with what only a machine can say put in."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tocsin.bus import open_bus
from tocsin.bus.permissions import users
from tocsin.model.errors import TocsinError

from support.server import SIZES, NatsServer

NATS = Path(__file__).resolve().parents[2] / "deploy" / "nats"


class DeployedServer(NatsServer):
    """Started with the files as they are but for port, store and certificates; passwords come from the environment."""

    def __init__(
        self,
        folder: Path,
        environ: pytest.MonkeyPatch,
        *,
        main: str = "nats-server.conf",
        users_text: str = "",
        more: str = "",
    ) -> None:
        """*main* is the file that the server is started with, *more* stands after it; *users_text* replaces ``users.conf``."""
        super().__init__(folder)
        self._main, self._more, self._environ = main, more, environ
        self._users = users_text or (NATS / "users.conf").read_text()
        self.tls = (NATS / "tls.conf").read_text()
        self.passwords = {}
        for name in users.NAMES:
            self.set_password(name, f"p{secrets.token_urlsafe(12)}")

    def set_password(self, user: str, password: str) -> None:
        """What *user* logs in with from the server's next start on."""
        self.passwords[user] = password
        self._environ.setenv(users.variable(user), password)

    def start(self) -> None:
        """As `NatsServer.start`; the included files lie beside the main one."""
        (self._folder / "users.conf").write_text(self._users)
        (self._folder / "tls.conf").write_text(self.tls.replace("/etc/nats/tls", str(self._folder)))
        for path in NATS.glob("nats-server*.conf"):
            text = path.read_text().replace('"0.0.0.0:4222"', f'"127.0.0.1:{self.port}"')
            text = text.replace('"/data"', f'"{self._folder}/store"').replace('"127.0.0.1:8222"', '"127.0.0.1:-1"')
            (self._folder / f"deployed-{path.name}").write_text(
                text.replace('include "nats-', 'include "deployed-nats-')
            )
        super().start()

    def _text(self) -> str:
        return f'include "deployed-{self._main}"\n{self._more}'


async def declare(server: NatsServer) -> None:
    """All streams, each small."""
    try:
        async with open_bus(server.settings("admin"), "admin", wait_s=20.0) as bus:
            await bus.declare(SIZES)
    except TocsinError as error:
        raise AssertionError(f"{error}\n{server.log()}") from error


@asynccontextmanager
async def serving(server: NatsServer) -> AsyncIterator[NatsServer]:
    """*server* with all streams, stopped afterwards."""
    server.start()
    try:
        await declare(server)
        yield server
    finally:
        server.stop()

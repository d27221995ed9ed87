"""The embedded server's ConfigMap and Secret start a real nats-server, and the chart's Job declares the streams on it."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.bus import NatsSettings, open_bus, streams
from tocsin.model.errors import Fatal

from support.charts import Object, only, pods, render, variables
from support.charts import objects as read
from support.kube.pki import Pki
from support.kube.ports import free_port
from support.server import binary
from support.waiting import until

_JOB_S = 60


class Server:
    """A server as the StatefulSet of one set of values starts it, but for paths and ports."""

    def __init__(self, folder: Path, name: str) -> None:
        self.found: list[Object] = read(render(name))
        secret = only(self.found, "Secret", "tocsin-nats-users")["data"]
        self.passwords = {user: base64.b64decode(text).decode() for user, text in secret.items()}
        self.port, self._folder = free_port(), folder
        self._pki = Pki(folder / "tls")
        self._write()
        server = next(pod for workload, pod in pods(self.found) if workload.startswith("StatefulSet/"))
        flags = [text.replace("/etc/nats", str(folder)) for text in server["spec"]["containers"][0]["args"]]
        environ = {f"TOCSIN_NATS_PASSWORD_{user.upper()}": text for user, text in self.passwords.items()}
        with (folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen([binary(), *flags], env=environ, stdout=log, stderr=log)

    def settings(self, user: str, password: str = "", *, tls: bool = False) -> NatsSettings:
        """How *user* reaches it."""
        scheme, authority = ("tls", str(self._pki.ca.cert)) if tls else ("nats", "")
        url = f"{scheme}://127.0.0.1:{self.port}"
        return NatsSettings(url=url, user=user, password=password or self.passwords[user], tls_ca_file=authority)

    async def answers(self) -> bool:
        """Whether the port is open, which is what the probes ask."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def declare(self) -> subprocess.CompletedProcess[str]:
        """Run the chart's Job as a process of this machine."""
        job = next(pod for workload, pod in pods(self.found) if workload.startswith("Job/"))
        login = self._folder / "login"
        login.write_text(self.passwords["admin"])
        environ = variables(job) | {"TOCSIN_NATS_URL": f"nats://127.0.0.1:{self.port}"}
        environ["TOCSIN_NATS_PASSWORD_FILE"] = str(login)
        command = [sys.executable, "-m", "tocsin.cli", *job["spec"]["containers"][0]["args"]]
        environ |= {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=_JOB_S)

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    def _write(self) -> None:
        """Each file of the ConfigMap where the server finds it, and a certificate."""
        for name, text in only(self.found, "ConfigMap", "tocsin-nats")["data"].items():
            for before, after in (
                ("0.0.0.0:4222", f"127.0.0.1:{self.port}"),
                ('http = "127.0.0.1:8222"', ""),
                ('"/data"', f'"{self._folder / "data"}"'),
                ("/etc/nats/tls/tls.crt", str(self._pki.apiserver.cert)),
                ("/etc/nats/tls/tls.key", str(self._pki.apiserver.key)),
            ):
                text = text.replace(before, after)
            (self._folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    started: list[Server] = []

    def start(name: str) -> Server:
        started.append(Server(tmp_path, name))
        return started[-1]

    try:
        yield start
    finally:
        for server in started:
            server.stop()


async def test_the_job_declares_what_the_services_then_find(start: Callable[[str], Server]) -> None:
    server = start("default")
    job = await asyncio.to_thread(server.declare)  # it waits for the server by itself
    assert job.returncode == 0, job.stderr
    assert server.passwords["admin"] not in job.stdout + job.stderr
    async with open_bus(server.settings("gateway"), "gateway") as bus:
        assert (await bus.stream(streams.ALERTS)).state.last_seq == 0
    again = await asyncio.to_thread(server.declare)
    assert again.returncode == 0, again.stderr


async def test_a_wrong_password_is_refused(start: Callable[[str], Server]) -> None:
    server = start("minimal")
    await until(server.answers, what="the server's port is open")
    with pytest.raises(Fatal):
        async with open_bus(server.settings("gateway", "wrong"), "gateway"):
            pass


async def test_with_tls_only_whoever_uses_it_is_let_in(start: Callable[[str], Server]) -> None:
    server = start("everything")
    await until(server.answers, what="the server's port is open")
    async with open_bus(server.settings("admin", tls=True), "admin") as bus:
        assert await bus.flush(10.0)
    with pytest.raises(Fatal):
        async with open_bus(server.settings("admin"), "admin"):
            pass

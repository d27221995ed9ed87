"""``docker compose up`` of a copy of this checkout, as whoever cloned it would, under a project name of its own."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

from tocsin.bus import NatsSettings

from support.docker_engine import ROOT
from support.server import binary

NATS_IMAGE, IMAGE = "local/nats:test", "tocsin:local"
SERVICES = ("nats", "collector", "classifier", "correlator", "gateway", "simulator")
"""Those that run on; `credentials` and `declare` end once they are done."""
_NOT_COPIED = ("tests/", "docs/", "deploy/helm/")
_WGET = """\
#!/usr/bin/env python3
import sys
import urllib.request
urllib.request.urlopen(sys.argv[-1], timeout=5).read()
"""
_BUILD_S, _COMMAND_S = 300, 60


class Stack:
    """One project of compose."""

    def __init__(self, folder: Path, tools: Mapping[str, str]) -> None:
        """*tools* is what `docker_engine.engine` said."""
        self.folder = folder / "checkout"
        self._wheels = tools.get("WHEELS", "")
        project = f"tocsin-test-{secrets.token_hex(4)}"
        own = {k: v for k, v in os.environ.items() if not k.startswith(("TOCSIN_", "COMPOSE_"))}
        self.environ = {
            **own, **tools, "COMPOSE_PROJECT_NAME": project, "TOCSIN_PORT": "0", "TOCSIN_PAGE": "given",
            "TOCSIN_BUILD_NETWORK": "none", "TOCSIN_NATS_IMAGE": NATS_IMAGE, "TOCSIN_SIMULATOR_RATE": "100",
            "TESTCONTAINERS_RYUK_DISABLED": "true",
        }  # fmt: skip
        self._compose = DockerCompose(self.folder, wait=True)

    def copy(self) -> None:
        """Copy what git knows or would know, the built page, and the wheels: the build has no network."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for name in filter(None, listed.split("\0")):
            if not name.startswith(_NOT_COPIED) and (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        page = Path("services/tocsin/gateway/static")
        shutil.copytree(ROOT / page, self.folder / page)
        shutil.copytree(self._wheels, self.folder / "build" / "wheelhouse")

    def build(self) -> None:
        """Both images: ours by compose, and one that stands in for the official nats-server."""
        self.compose("build", timeout_s=_BUILD_S)
        context = self.folder.parent / "nats"
        context.mkdir()
        shutil.copy2(binary(), context / "nats-server")
        shutil.copy2(Path(__file__).with_name("nats.Dockerfile"), context / "Dockerfile")
        (context / "wget").write_text(_WGET)
        (context / "wget").chmod(0o755)
        base = f"PYTHON_IMAGE={self.environ['PYTHON_IMAGE']}"
        self.docker("build", "-q", "--build-arg", base, "-t", NATS_IMAGE, str(context), timeout_s=_BUILD_S)

    def up(self) -> None:
        """``up --wait``: returns once all are healthy; ``CalledProcessError`` where one is not."""
        self._compose.start()

    def down(self) -> None:
        """Remove containers, networks and volumes."""
        self._compose.stop()

    def compose(self, *arguments: str, timeout_s: float = _COMMAND_S, **more: str) -> str:
        """What one command of compose prints; *more* is set in its environment."""
        command = [*self._compose.docker_compose_command(), *arguments]
        return _run(command, self.folder, {**self.environ, **more}, timeout_s)

    def docker(self, *arguments: str, timeout_s: float = _COMMAND_S) -> str:
        """What one command of docker prints."""
        return _run(["docker", *arguments], self.folder, self.environ, timeout_s)

    def once(self, service: str, *arguments: str, **more: str) -> str:
        """What a container of *service* that is made for this prints."""
        return self.compose("run", "--rm", "-T", "--no-deps", "--pull", "never", service, *arguments, **more)

    def python(self, service: str, text: str) -> str:
        """What *text* prints as a program of the image's own Python, beside the running service."""
        return self._compose.exec_in_container(["python", "-c", text], service)[0]

    def inspect(self, service: str) -> Any:
        """All that the engine knows of a service's container; of one that has ended, too."""
        found = self.compose("ps", "-a", "-q", service).split()
        assert len(found) == 1, (service, found)
        return json.loads(self.docker("inspect", found[0]))[0]

    def pid(self, service: str) -> int:
        """Its first process, as this machine counts; 0 while it does not run."""
        return int(self.inspect(service)["State"]["Pid"])

    def status(self, service: str) -> dict[str, str]:
        """What the kernel says of its process."""
        lines = Path(f"/proc/{self.pid(service)}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def kill(self, service: str) -> None:
        """SIGKILL from outside, as a machine that runs out of memory would; the engine starts it again."""
        os.kill(self.pid(service), signal.SIGKILL)

    def secret(self, name: str) -> str:
        """The token of the page, or the password of a user, the way the docs say."""
        return self.once("credentials", "show", name).strip()

    def page(self) -> str:
        """The address of the page, which ends in a slash."""
        return f"http://{self.compose('port', 'gateway', '8080').strip()}/"

    def nats(self, user: str) -> NatsSettings:
        """How *user* reaches the server from this machine, which is not on the stack's network."""
        networks = self.inspect("nats")["NetworkSettings"]["Networks"]
        address = next(iter(networks.values()))["IPAddress"]
        return NatsSettings(url=f"nats://{address}:4222", user=user, password=self.secret(user))


def _run(command: list[str], folder: Path, environ: Mapping[str, str], timeout_s: float) -> str:
    done = subprocess.run(
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, timeout=timeout_s, check=False
    )
    assert done.returncode == 0, f"{' '.join(command[:6])}: {done.returncode}\n{done.stderr[-3000:]}"
    return done.stdout

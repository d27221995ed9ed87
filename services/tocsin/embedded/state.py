"""The state directory: a lock, the credentials, the server's store, and the file by which other commands find them."""

import fcntl
import os
import secrets
import shutil
from pathlib import Path

import msgspec

from tocsin.bus.permissions import users
from tocsin.model.errors import SettingsError, TocsinError

_PASSWORD_BYTES = 24
_PROC = Path("/proc")


class StateDir:
    """A directory that one supervisor and its children use at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    @property
    def store(self) -> Path:
        """The folder of JetStream's streams."""
        return self.path / "jetstream"

    @property
    def server_config(self) -> Path:
        """The configuration of the embedded nats-server; it contains the passwords."""
        return self.path / "nats-server.conf"

    @property
    def environment(self) -> Path:
        """``NAME=value`` lines by which ``tocsin tail`` and other commands find the embedded server."""
        return self.path / "env"

    @property
    def simulated(self) -> Path:
        """The export file that the simulator writes."""
        return self.path / "simulated" / "tetragon.log"

    def lock(self) -> int:
        """Lock the directory and return the descriptor, which children inherit: the last one to end releases the lock.

        Two servers would corrupt the store, so `TocsinError` names the process that still runs.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(f"--state-dir {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            holders = ", ".join(_holders(self.path / "lock")) or "another process"
            raise TocsinError(
                f"{self.path} is in use by {holders}; stop it first, or choose another --state-dir"
            ) from error
        self._lock = descriptor
        return descriptor

    def unlock(self) -> None:
        """Release the lock, unless children still run."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def passwords(self) -> dict[str, str]:
        """The passwords of all users of the embedded server, generated once."""
        path = self.path / "credentials.json"
        saved: dict[str, str] = {}
        if path.exists():
            try:
                saved = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
            except (msgspec.DecodeError, OSError) as error:
                raise SettingsError(f"{path}: {error}; remove the file to generate new credentials") from error
        complete = {name: saved.get(name) or secrets.token_urlsafe(_PASSWORD_BYTES) for name in users.NAMES}
        if complete != saved:
            write_private(path, msgspec.json.format(msgspec.json.encode(complete)).decode() + "\n")
        return complete

    def store_bytes(self, requested: int) -> int:
        """The size of all streams together: *requested*, else as before, else half of the free disk."""
        path = self.path / "store_bytes"
        saved = path.read_text(encoding="ascii").strip() if path.exists() else ""
        chosen = requested or (int(saved) if saved.isdecimal() else shutil.disk_usage(self.path).free // 2)
        if str(chosen) != saved:
            write_private(path, f"{chosen}\n")
        return chosen


def write_private(path: Path, text: str) -> None:
    """Write *text* to *path* atomically; only the owner may read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


def default_path(environ: "os._Environ[str] | dict[str, str]") -> Path:
    """``TOCSIN_STATE_DIR``, else ``tocsin`` in the user's state directory."""
    if environ.get("TOCSIN_STATE_DIR"):
        return Path(environ["TOCSIN_STATE_DIR"])
    base = environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path("~/.local/state").expanduser()) / "tocsin"


def read_environment(path: Path) -> dict[str, str]:
    """The values that a running supervisor wrote; empty if none runs."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _holders(path: Path) -> list[str]:
    """The processes that have *path* open, as ``name (pid)``, as far as this user may see them."""
    target, holders = path.stat(), []
    for process in _PROC.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(_is(descriptor, target) for descriptor in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                holders.append(f"{words.strip()[:80]} (pid {process.name})")
        except OSError:
            continue
    return holders


def _is(descriptor: Path, target: os.stat_result) -> bool:
    """Whether an open file is *target*; false if its process has closed it in the meantime."""
    try:
        return os.path.samestat(descriptor.stat(), target)
    except OSError:
        return False

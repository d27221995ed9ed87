"""The state directory: one lock, one set of credentials, the server's store, and how others find them."""

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
    """A directory that only one supervisor, with its children, uses at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    @property
    def store(self) -> Path:
        """Where JetStream keeps its streams."""
        return self.path / "jetstream"

    @property
    def server_config(self) -> Path:
        """The configuration of the embedded nats-server; it holds the passwords."""
        return self.path / "nats-server.conf"

    @property
    def environment(self) -> Path:
        """``NAME=value`` lines with which ``tocsin tail`` and the like find the embedded server."""
        return self.path / "env"

    @property
    def simulated(self) -> Path:
        """The export file that the simulator writes."""
        return self.path / "simulated" / "tetragon.log"

    def lock(self) -> int:
        """Take the directory, and return the descriptor that children inherit: it is held until the last one is gone.

        Two servers on one store would corrupt it, so `TocsinError` names the process that still lives.
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
        """Give the directory back; children that still live keep it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def passwords(self) -> dict[str, str]:
        """The passwords of all users of the embedded server, made once and kept."""
        path = self.path / "credentials.json"
        kept: dict[str, str] = {}
        if path.exists():
            try:
                kept = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
            except (msgspec.DecodeError, OSError) as error:
                raise SettingsError(f"{path}: {error}; remove it to have new credentials made") from error
        complete = {name: kept.get(name) or secrets.token_urlsafe(_PASSWORD_BYTES) for name in users.NAMES}
        if complete != kept:
            write_private(path, msgspec.json.format(msgspec.json.encode(complete)).decode() + "\n")
        return complete

    def store_bytes(self, wanted: int) -> int:
        """What all streams together may hold: *wanted*, else as before, else half of the disk that is free now."""
        path = self.path / "store_bytes"
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        chosen = wanted or (int(kept) if kept.isdecimal() else shutil.disk_usage(self.path).free // 2)
        if str(chosen) != kept:
            write_private(path, f"{chosen}\n")
        return chosen


def write_private(path: Path, text: str) -> None:
    """Replace *path* as a whole by a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


def default_path(environ: "os._Environ[str] | dict[str, str]") -> Path:
    """``TOCSIN_STATE_DIR``, else ``tocsin`` in the user's directory for state."""
    if environ.get("TOCSIN_STATE_DIR"):
        return Path(environ["TOCSIN_STATE_DIR"])
    base = environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path("~/.local/state").expanduser()) / "tocsin"


def read_environment(path: Path) -> dict[str, str]:
    """What a running supervisor wrote for others; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _holders(path: Path) -> list[str]:
    """Processes that have *path* open, as ``name (pid)``; as far as this user may see them."""
    target, found = path.stat(), []
    for process in _PROC.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            if any(_is(descriptor, target) for descriptor in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                found.append(f"{words.strip()[:80]} (pid {process.name})")
        except OSError:
            continue
    return found


def _is(descriptor: Path, target: os.stat_result) -> bool:
    """Whether an open file is *target*; one that its process closed since it was listed is not."""
    try:
        return os.path.samestat(descriptor.stat(), target)
    except OSError:
        return False

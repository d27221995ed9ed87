"""``tocsin doctor``: its flags, what they mean, and the exit code."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import tocsin
from tocsin.cli import nats_discovery
from tocsin.cli.doctor import render
from tocsin.cli.doctor.checks import (
    agent,
    clock,
    events,
    export,
    gateway,
    layout,
    readers,
    rights,
    server,
    settings,
    sources,
)
from tocsin.cli.doctor.finding import Finding, Verdict, worst
from tocsin.cli.doctor.gather.collect import Targets, collect
from tocsin.cli.doctor.observations import Observations
from tocsin.embedded import state
from tocsin.model.errors import SettingsError
from tocsin.model.timestamps import format_ns
from tocsin.runtime import logs

CHECKS: tuple[Callable[[Observations], Iterable[Finding]], ...] = (
    settings.check,
    server.check,
    server.store,
    rights.check,
    layout.check,
    readers.check,
    sources.check,
    clock.check,
    gateway.check,
    events.check,
    export.check,
    agent.check,
)
"""Each check makes its findings from the observations alone."""
_EPILOG = """\
examples:
  tocsin doctor                                       check the `tocsin up` on this machine
  tocsin doctor --json | jq '.checks[] | select(.verdict != "ok")'
  tocsin doctor --kubeconfig ~/.kube/config           also check Tetragon's ConfigMap and policies

exit code: 0 no check failed (there may be warnings and unknown results), 1 a check failed, 2 wrong usage
"""
_SECRET_BYTES = 4_096
_LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    sub = commands.add_parser(
        "doctor",
        help="check every stage of the pipeline, and print what to do",
        description="Check NATS, streams, permissions, clocks, rules, gateway and Tetragon's export; change nothing.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="of the `tocsin up` to look at")
    sub.add_argument("--gateway", default="", metavar="URL", help="URL of the gateway (default: from this environment)")
    sub.add_argument("--token-file", default="", metavar="FILE", help="holds the gateway's token")
    sub.add_argument("--viewer-password-file", default="", metavar="FILE", help="holds the viewer's password")
    sub.add_argument("--export", default="", metavar="PATH", help="Tetragon's export file (default: looked for)")
    sub.add_argument("--kubeconfig", default="", metavar="FILE", help="read Tetragon's settings from this cluster")
    sub.add_argument("--tetragon-namespace", default="", metavar="NAME", help="(default kube-system, then tetragon)")
    sub.add_argument(
        "--events", type=_count, default=1_000, metavar="N", help="of each kind to look into (default 1000)"
    )
    sub.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and 100000")
    return number


def run(args: argparse.Namespace) -> int:
    """Look, and tell; the exit code."""
    logs.configure("doctor", "0", "critical", people=True)
    try:
        settings_ = targets(args, os.environ)
    except SettingsError as error:
        sys.stderr.write(f"tocsin doctor: {error}\n")
        return 2
    findings = render.ordered(run_checks(asyncio.run(collect(settings_))))
    try:
        sys.stdout.write(_rendered(findings, as_json=args.json))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if worst(findings) is Verdict.FAIL else 0


def run_checks(observations: Observations) -> Iterator[Finding]:
    """The findings of all checks."""
    for check in CHECKS:
        yield from check(observations)


def _rendered(findings: list[Finding], *, as_json: bool) -> str:
    if as_json:
        body = render.as_json(findings, time=format_ns(time.time_ns()), version=tocsin.__version__)
        return f"{body.decode()}\n"
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"{render.text(findings, colour=colour)}\n"


def targets(args: argparse.Namespace, environ: Mapping[str, str]) -> Targets:
    """What to check; `SettingsError` if no server is named, or a file cannot be read."""
    nats = nats_discovery.nats(environ, args.state_dir)
    folder = Path(args.state_dir) if args.state_dir else state.default_path(dict(environ))
    embedded = bool(nats_discovery.missing(environ, args.state_dir))
    environment = state.read_environment(folder / "env") if embedded else {}
    passwords = state.StateDir(folder).passwords() if embedded else {}
    return Targets(
        nats=nats,
        environ=dict(environ),
        gateway=args.gateway or environment.get("TOCSIN_PAGE_URL", "") or _gateway(environ),
        token=_token(args.token_file, environ),
        viewer_password=_secret("--viewer-password-file", args.viewer_password_file) or passwords.get("viewer", ""),
        store=str(folder) if embedded else "",
        export=args.export,
        kubeconfig=args.kubeconfig,
        namespace=args.tetragon_namespace,
        events=args.events,
    )


def _gateway(environ: Mapping[str, str]) -> str:
    """The URL of a gateway with this environment; one that listens on all addresses is reached on this machine."""
    host, port = environ.get("TOCSIN_GATEWAY_HOST", _LOOPBACK), environ.get("TOCSIN_GATEWAY_PORT", "8080")
    return f"http://{_LOOPBACK if host in _EVERYWHERE else host}:{port}"


def _token(named: str, environ: Mapping[str, str]) -> str:
    """The token of the named file, else the token of a gateway with this environment."""
    variable = "TOCSIN_GATEWAY_TOKEN_FILE"
    if not named and environ.get(variable):
        return _secret(variable, environ[variable])
    return _secret("--token-file", named) or environ.get("TOCSIN_GATEWAY_TOKEN", "")


def _secret(flag: str, path: str) -> str:
    if not path:
        return ""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_SECRET_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise SettingsError(f"{flag} {path}: {reason}") from error

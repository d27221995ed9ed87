"""``tocsin up``: its flags."""

import argparse
import functools
import os
from pathlib import Path
from typing import Literal

from tocsin.cli.argument_types import store_mib
from tocsin.embedded import state
from tocsin.embedded import up as embedded
from tocsin.runtime import launch

_EPILOG = """\
examples:
  tocsin up --simulate 50
  tocsin up --file /var/log/tetragon/tetragon.log
  tetra getevents | tocsin up --stdin
"""
_MIB = 1 << 20


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    sub = commands.add_parser(
        "up",
        help="run everything on this machine: server, services and dashboard",
        description="Run a nats-server and all services as child processes, until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = sub.add_mutually_exclusive_group()
    source.add_argument("--file", metavar="PATH", help="follow Tetragon's export file")
    source.add_argument("--stdin", action="store_true", help="read events from standard input")
    source.add_argument(
        "--simulate", metavar="RATE", nargs="?", const="", help="generate events, RATE per second (the default)"
    )
    sub.add_argument("--state-dir", metavar="DIR", help="directory for all data (default ~/.local/state/tocsin)")
    sub.add_argument("--port", type=_port, default=8080, help="port of the dashboard (default 8080; 0: any free port)")
    sub.add_argument(
        "--nats-port", type=_port, default=4222, help="port of the nats-server (default 4222; 0: any free port)"
    )
    sub.add_argument(
        "--store-mb",
        type=store_mib,
        default=0,
        metavar="MIB",
        help="maximum size of all streams together (default: 8 GiB, or half of the free disk if that is less)",
    )
    sub.set_defaults(run=_run)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is not a port; use 0 to 65535")
    return port


def _run(args: argparse.Namespace) -> int:
    source: Literal["file", "stdin", "simulate"] = "simulate"
    if args.file is not None:
        source = "file"
    elif args.stdin:
        source = "stdin"
    options = embedded.Options(
        state_dir=Path(args.state_dir) if args.state_dir else state.default_path(dict(os.environ)),
        source=source,
        path=str(Path(args.file).absolute()) if args.file else "",
        rate=args.simulate or "",
        port=args.port,
        nats_port=args.nats_port,
        store_bytes=args.store_mb * _MIB,
    )
    return launch.run("up", functools.partial(embedded.main, options), people=True)

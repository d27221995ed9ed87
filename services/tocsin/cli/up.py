"""``tocsin up``: its flags, and the one line an error is told in."""

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
    """The command."""
    sub = commands.add_parser(
        "up",
        help="run everything on this machine: server, services and page",
        description="Run a nats-server and every service as children of this process, until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    source = sub.add_mutually_exclusive_group()
    source.add_argument("--file", metavar="PATH", help="follow Tetragon's export file")
    source.add_argument("--stdin", action="store_true", help="read events from standard input")
    source.add_argument(
        "--simulate", metavar="RATE", nargs="?", const="", help="simulated events, RATE a second (this is the default)"
    )
    sub.add_argument("--state-dir", metavar="DIR", help="where everything is kept (default ~/.local/state/tocsin)")
    sub.add_argument("--port", type=_port, default=8080, help="of the page (default 8080; 0 is any free one)")
    sub.add_argument("--nats-port", type=_port, default=4222, help="of the server (default 4222; 0 is any free one)")
    sub.add_argument(
        "--store-mb",
        type=store_mib,
        default=0,
        metavar="MIB",
        help="what all streams together may hold (default 8 GiB or half of the free disk, whichever is less)",
    )
    sub.set_defaults(run=_run)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is no port; 0 to 65535 are")
    return port


def _run(chosen: argparse.Namespace) -> int:
    source: Literal["file", "stdin", "simulate"] = "simulate"
    if chosen.file is not None:
        source = "file"
    elif chosen.stdin:
        source = "stdin"
    options = embedded.Options(
        state_dir=Path(chosen.state_dir) if chosen.state_dir else state.default_path(dict(os.environ)),
        source=source,
        path=str(Path(chosen.file).absolute()) if chosen.file else "",
        rate=chosen.simulate or "",
        port=chosen.port,
        nats_port=chosen.nats_port,
        store_bytes=chosen.store_mb * _MIB,
    )
    return launch.run("up", functools.partial(embedded.main, options), people=True)

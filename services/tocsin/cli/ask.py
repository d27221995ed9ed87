"""``tocsin tail`` and ``tocsin ledger``: print alerts and counts of a running system."""

import argparse
import asyncio
import functools
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from tocsin.bus import NatsSettings
from tocsin.cli import ledger, nats_discovery, tail
from tocsin.model.errors import SettingsError, TocsinError
from tocsin.model.severity import WORST_FIRST
from tocsin.runtime import logs

_QUIET = "error"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands."""
    _add_tail(commands)
    _add_ledger(commands)


def _add_tail(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sub = commands.add_parser(
        "tail",
        help="print every alert as it arrives, one per line",
        description="Print alerts in the order of the stream; after a lost connection it continues where it stopped.",
        epilog="examples:\n  tocsin tail --severity high\n  tocsin tail --since 1h --json | jq .title",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument(
        "--severity", choices=[s.value for s in WORST_FIRST], default="low", help="print this severity and worse ones"
    )
    sub.add_argument("--namespace", default="", help="print only alerts of this namespace")
    sub.add_argument("--since", default="", metavar="AGE", help="start this long ago: 30s, 10m, 1h, 2d (default: now)")
    sub.add_argument("--until-now", action="store_true", help="stop at the alert that is the last one now")
    sub.add_argument("--json", action="store_true", help="print whole alerts, one JSON object per line")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="state directory of the `tocsin up` to connect to")
    sub.set_defaults(run=functools.partial(_ask, tail.main))


def _add_ledger(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sub = commands.add_parser(
        "ledger",
        help="compare the counts of all pipeline stages",
        description="Print the counts of every pipeline stage; the exit code is 1 if they do not agree.",
        epilog="example:\n  tocsin ledger && echo nothing lost",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="state directory of the `tocsin up` to connect to")
    sub.set_defaults(run=functools.partial(_ask, ledger.main))


def _ask(main: Callable[[NatsSettings, argparse.Namespace], Coroutine[Any, Any, int]], args: argparse.Namespace) -> int:
    logs.configure("cli", "0", _QUIET, people=True)
    try:
        return asyncio.run(main(nats_discovery.nats(os.environ, args.state_dir), args))
    except SettingsError as error:
        sys.stderr.write(f"tocsin: {error}\n")
        return 2
    except (TocsinError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # the interpreter flushes it again at the exit
            return 0
        sys.stderr.write(f"tocsin: {error}\n")
        return 1

"""``tocsin tail`` and ``tocsin ledger``: what people ask a running system on a terminal."""

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
    """Both commands."""
    _add_tail(commands)
    _add_ledger(commands)


def _add_tail(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sub = commands.add_parser(
        "tail",
        help="print alerts as they come, one line each, missing none",
        description="Print alerts from the stream, in its order; after a break it goes on where it was.",
        epilog="examples:\n  tocsin tail --severity high\n  tocsin tail --since 1h --json | jq .title",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--severity", choices=[s.value for s in WORST_FIRST], default="low", help="this one and worse")
    sub.add_argument("--namespace", default="", help="of this namespace alone")
    sub.add_argument("--since", default="", metavar="AGE", help="begin this long ago: 30s, 10m, 1h, 2d (default: now)")
    sub.add_argument("--until-now", action="store_true", help="end at the last alert there is now")
    sub.add_argument("--json", action="store_true", help="whole alerts, one JSON object a line")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="of the `tocsin up` to ask")
    sub.set_defaults(run=functools.partial(_ask, tail.main))


def _add_ledger(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sub = commands.add_parser(
        "ledger",
        help="hold the counts of all hops against each other",
        description="Print what every hop counted; exit code 1 where the counts do not agree.",
        epilog="example:\n  tocsin ledger && echo nothing lost",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="of the `tocsin up` to ask")
    sub.set_defaults(run=functools.partial(_ask, ledger.main))


def _ask(
    main: Callable[[NatsSettings, argparse.Namespace], Coroutine[Any, Any, int]], chosen: argparse.Namespace
) -> int:
    logs.configure("cli", "0", _QUIET, people=True)
    try:
        return asyncio.run(main(nats_discovery.nats(os.environ, chosen.state_dir), chosen))
    except SettingsError as error:
        sys.stderr.write(f"tocsin: {error}\n")
        return 2
    except (TocsinError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes it once more
            return 0
        sys.stderr.write(f"tocsin: {error}\n")
        return 1

"""``tocsin declare``: declares streams, bucket and durables, before the services start, which may not create them."""

import argparse
import asyncio
import os
import time

from tocsin.bus import NatsSettings, open_bus, streams
from tocsin.bus.declare import Outcome, apply
from tocsin.cli import nats_discovery
from tocsin.cli.argument_types import split_names, store_mib
from tocsin.cli.rules import render
from tocsin.model.errors import BusUnavailable
from tocsin.runtime import logs

_AGAIN_S = 0.5
_REPLICAS = (1, 3, 5)
_EPILOG = """\
examples:
  tocsin declare
  tocsin declare --siem --sinks slack,splunk --store-mb 20000 --replicas 3
  tocsin declare --siem soc,auditor     durables siem-soc and siem-auditor

It logs in as TOCSIN_NATS_USER, who needs the permissions of the user admin. It can run any number of times: it drops
no message and deletes nothing.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    sub = commands.add_parser(
        "declare",
        help="create and update streams and durables",
        description="Declare streams, bucket and durables; the exit code is 1 if JetStream refuses or does not answer.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--sinks", default="", metavar="NAMES", help="sinks of the forwarder, separated by commas")
    sub.add_argument("--history", action="store_true", help="also declare the durables of the history")
    sub.add_argument(
        "--siem", nargs="?", const=streams.SIEM, default="", metavar="NAMES",
        help="declare a durable `siem` for a SIEM; with names, separated by commas, `siem-<name>` for each of them",
    )  # fmt: skip
    sub.add_argument(
        "--store-mb", type=store_mib, default=0, metavar="MIB",
        help="maximum size of all streams together (default: TOCSIN_NATS_STORE_MB, 8192)",
    )  # fmt: skip
    sub.add_argument(
        "--replicas", type=int, choices=_REPLICAS, default=0,
        help="number of servers that hold each stream (default: unchanged, and 1 for a new stream)",
    )  # fmt: skip
    sub.add_argument(
        "--wait-s", type=float, default=60.0, metavar="SECONDS", help="wait this long for NATS to answer (default 60)"
    )
    sub.add_argument("--state-dir", default="", metavar="DIR", help="state directory of the `tocsin up` to connect to")
    sub.set_defaults(run=render.guarded(_run))


def readers(sinks: str, siems: str, *, history: bool) -> list[str]:
    """The names of the durables for alerts; `SettingsError` if a name is not valid."""
    siem_readers = [name if name == streams.SIEM else streams.siem(name) for name in split_names("--siem", siems)]
    sink_readers = [streams.forwarder(name) for name in split_names("--sinks", sinks)]
    return [*([streams.HISTORY] if history else []), *siem_readers, *sink_readers]


def _run(args: argparse.Namespace) -> int:
    logs.configure("declare", "0", "error", people=True)
    names = readers(args.sinks, args.siem, history=args.history)
    outcomes = asyncio.run(_declare(nats_discovery.nats(os.environ, args.state_dir), args, names))
    rows = [["durable" if each.durable else "stream", _name(each), each.done, _note(each)] for each in outcomes]
    render.table(["", "name", "is", ""], rows)
    return 1 if any(each.done == "refused" for each in outcomes) else 0


async def _declare(nats: NatsSettings, args: argparse.Namespace, names: list[str]) -> list[Outcome]:
    """Declare as soon as JetStream answers, within the time to wait."""
    deadline = time.monotonic() + args.wait_s
    sizes = streams.shares(args.store_mb << 20) if args.store_mb else streams.sizes(nats.store_mb << 20)
    async with open_bus(nats, "admin", wait_s=args.wait_s) as bus:
        while True:
            try:
                return await apply(
                    bus.connection,
                    sizes,
                    duplicate_window_s=bus.duplicate_window_s,
                    readers=names,
                    replicas=args.replicas,
                    go_on=True,
                )
            except BusUnavailable:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_AGAIN_S)


def _name(outcome: Outcome) -> str:
    return f"{outcome.stream} / {outcome.durable}" if outcome.durable else outcome.stream


def _note(outcome: Outcome) -> str:
    kept = [f"{each.field} stays {each.value}: {each.declared} would drop stored messages" for each in outcome.kept]
    return "; ".join([*outcome.changed, *kept, *([outcome.reason] if outcome.reason else [])])

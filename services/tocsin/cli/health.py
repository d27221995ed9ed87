"""``tocsin health``: whether the process of this container is alive; a probe for containers without shell and curl.

It runs every few seconds, so it imports only the standard library.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_VARIABLE = "TOCSIN_HEALTH_FILE"
_MAX_AGE_S = 30.0
_TIMEOUT_S = 4.0
_READ_BYTES = 2_000


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    sub = commands.add_parser(
        "health",
        help="check that a service is alive, for container probes",
        description="Check the file that a service writes every 5 s, or request a URL; exit code 0 alive, 1 not.",
        epilog=f"examples:\n  tocsin health --file /tmp/tocsin.health --max-age-s {_MAX_AGE_S:g}\n"
        "  tocsin health --url http://127.0.0.1:8080/healthz",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--file", default="", metavar="PATH", help=f"the file (default: what {_VARIABLE} names)")
    sub.add_argument(
        "--max-age-s", type=float, default=_MAX_AGE_S, metavar="S", help="an older file means dead (default 30)"
    )
    sub.add_argument(
        "--url", default="", metavar="URL", help="request this URL instead of checking a file; 200 means alive"
    )
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is wrong on standard error; 0 alive, 1 not, 2 nothing to check."""
    file = args.file or os.environ.get(_VARIABLE, "")
    if not args.url and not file:
        sys.stderr.write(f"tocsin health: nothing to check: use --file or --url, or set {_VARIABLE}\n")
        return 2
    reason = ask(args.url) if args.url else stale(Path(file), args.max_age_s)
    if reason:
        sys.stderr.write(f"tocsin health: {reason}\n")
    return 1 if reason else 0


def stale(path: Path, max_age_s: float) -> str:
    """Why the process that writes *path* counts as dead; empty if it is alive."""
    try:
        heartbeat = float(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        return f"{path}: {error.strerror if isinstance(error, OSError) else 'not a time'}"
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - heartbeat
    if -1 < age_s <= max_age_s:  # a file from before a reboot has a time in the future
        return ""
    return f"{path}: the last heartbeat was {age_s:.0f} s ago; the limit is {max_age_s:g} s"


def ask(url: str) -> str:
    """Why *url* counts as failing; empty if it answers 200."""
    from http.client import HTTPException  # imported here, since checking a file needs none of it
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    try:
        with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S) as answer:
            answer.read(_READ_BYTES)
            return "" if answer.status == 200 else f"{url}: status {answer.status}"
    except HTTPError as error:
        with error:
            return f"{url}: status {error.code}: {error.read(_READ_BYTES).decode('utf-8', 'replace')}"
    except (OSError, HTTPException, ValueError) as error:
        return f"{url}: {getattr(error, 'reason', error)}"


def main(arguments: Sequence[str]) -> int:
    """Run this command without importing the others; its exit code."""
    top = argparse.ArgumentParser(prog="tocsin", allow_abbrev=False)
    add(top.add_subparsers(required=True))
    return run(top.parse_args(arguments))

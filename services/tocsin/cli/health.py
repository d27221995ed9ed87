"""``tocsin health``: does the process beside us live? A probe for containers in which there is no shell and no curl.

It is run every few seconds, so it imports nothing but the standard library.
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
    """The command."""
    sub = commands.add_parser(
        "health",
        help="exit 0 where the process beside us lives, for probes of containers",
        description="Look at the file that a service writes every 5 s, or ask a page; exit code 0 well, 1 not.",
        epilog=f"examples:\n  tocsin health --file /tmp/tocsin.health --max-age-s {_MAX_AGE_S:g}\n"
        "  tocsin health --url http://127.0.0.1:8080/healthz",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--file", default="", metavar="PATH", help=f"the file (default: what {_VARIABLE} names)")
    sub.add_argument("--max-age-s", type=float, default=_MAX_AGE_S, metavar="S", help="older is dead (default 30)")
    sub.add_argument("--url", default="", metavar="URL", help="ask this instead of looking at a file; 200 is well")
    sub.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Say on standard error what is wrong, if anything is; 0 well, 1 not, 2 nothing to look at."""
    file = chosen.file or os.environ.get(_VARIABLE, "")
    if not chosen.url and not file:
        sys.stderr.write(f"tocsin health: nothing to look at: give --file or --url, or set {_VARIABLE}\n")
        return 2
    wrong = ask(chosen.url) if chosen.url else stale(Path(file), chosen.max_age_s)
    if wrong:
        sys.stderr.write(f"tocsin health: {wrong}\n")
    return 1 if wrong else 0


def stale(path: Path, max_age_s: float) -> str:
    """Why the process that writes *path* counts as dead; empty where it lives."""
    try:
        beat = float(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        return f"{path}: {error.strerror if isinstance(error, OSError) else 'it holds no time'}"
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - beat
    if -1 < age_s <= max_age_s:  # a file from before a restart of the machine lies in the future
        return ""
    return f"{path}: its last beat was {age_s:.0f} s ago, {max_age_s:g} s are allowed"


def ask(url: str) -> str:
    """Why *url* counts as unwell; empty where it answers 200."""
    from http.client import HTTPException  # here, since a look at a file needs none of it
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
    """This command alone, for a start that does not read all the others; the exit code."""
    top = argparse.ArgumentParser(prog="tocsin", allow_abbrev=False)
    add(top.add_subparsers(required=True))
    return run(top.parse_args(arguments))

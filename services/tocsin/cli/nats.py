"""``tocsin nats users``: the block of users for a nats-server that is not ours to write, and what they log in with."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from tocsin.bus.permissions import accounts, users, users_conf
from tocsin.bus.permissions.users import Rights
from tocsin.cli import nats_logins
from tocsin.cli.argument_types import listed
from tocsin.cli.rules import render
from tocsin.embedded.state import write_private
from tocsin.model import subjects
from tocsin.model.errors import SettingsError

_EPILOG = """\
examples:
  tocsin nats users > users.conf                         passwords from the server's environment
  tocsin nats users --passwords secrets/ --out users.conf
  tocsin nats users --cluster prod --nodes worker-1,worker-2 --nkeys seeds/ --out users.conf

Include the file in the server's configuration: include "users.conf". Each user but those of the core services has an
account of its own, which imports what it may use (see deploy/nats/README.md); --one-account writes them all into the
server's default account instead.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command and the one below it."""
    group = commands.add_parser("nats", help="users of a NATS of your own", allow_abbrev=False)
    below = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sub = below.add_parser(
        "users",
        help="print who may do what, as configuration of nats-server",
        description="Print the users with their rights, and make what they log in with.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--cluster", default="", metavar="NAME", help="bind collectors to this cluster")
    sub.add_argument(
        "--nodes", default="", metavar="NAMES",
        help="a collector for each of these nodes, bound to it, instead of one for all; separated by commas",
    )  # fmt: skip
    sub.add_argument("--sinks", default="", metavar="NAMES", help="sinks of the forwarder, separated by commas")
    sub.add_argument("--siem", default="", metavar="NAMES", help="further SIEMs: users siem-<name>, durables likewise")
    login = sub.add_mutually_exclusive_group()
    login.add_argument("--env", action="store_true", help="refer to variables of the server's environment (default)")
    login.add_argument("--passwords", metavar="DIR", help="make passwords: DIR/<user>.password; those there are kept")
    login.add_argument("--hashes", metavar="DIR", help="bcrypt hashes that lie in DIR/<user>.hash")
    login.add_argument("--nkeys", metavar="DIR", help="make nkeys: seeds in DIR/<user>.nk; those there are kept")
    sub.add_argument("--one-account", action="store_true", help="all users in one account")
    sub.add_argument(
        "--out", default="", metavar="FILE", help="write there, for nobody else to read; not to the terminal"
    )
    sub.set_defaults(run=render.guarded(_run))


def _run(chosen: argparse.Namespace) -> int:
    try:
        rights = _table(chosen)
        logins = _logins(chosen, list(rights))
        block = (users_conf.authorization if chosen.one_account else accounts.render)(logins, rights)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    text = f"# Written by tocsin nats users.\n{block}"
    if chosen.out:
        write_private(Path(chosen.out), text)
        sys.stderr.write(f"{len(logins)} users written to {chosen.out}\n")
    else:
        sys.stdout.write(text)
    return 0


def _table(chosen: argparse.Namespace) -> dict[str, Rights]:
    """The rights; where each node has a collector of its own there is none that is bound to no node."""
    nodes = listed("--nodes", chosen.nodes, exact=False)
    rights = users.table(
        cluster=subjects.slug(chosen.cluster) if chosen.cluster else "*",
        nodes=nodes,
        sinks=listed("--sinks", chosen.sinks),
        siems=listed("--siem", chosen.siem),
    )
    if nodes:
        del rights["collector"]
    return rights


def _logins(chosen: argparse.Namespace, names: list[str]) -> Mapping[str, users_conf.Login]:
    if chosen.passwords:
        if not chosen.out and sys.stdout.isatty():
            raise SettingsError("--passwords: the block holds them; name a file for it with --out")
        return nats_logins.passwords(Path(chosen.passwords), names)
    if chosen.hashes:
        return nats_logins.hashes(Path(chosen.hashes), names)
    if chosen.nkeys:
        return nats_logins.nkeys(Path(chosen.nkeys), names)
    return nats_logins.variables(names)

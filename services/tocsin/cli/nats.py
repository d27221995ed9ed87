"""``tocsin nats users``: prints the users for a nats-server that somebody else runs, and creates their credentials."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from tocsin.bus.permissions import accounts, users, users_conf
from tocsin.bus.permissions.users import Rights
from tocsin.cli import nats_logins
from tocsin.cli.argument_types import split_names
from tocsin.cli.rules import render
from tocsin.embedded.state import write_private
from tocsin.model import subjects
from tocsin.model.errors import SettingsError

_EPILOG = """\
examples:
  tocsin nats users > users.conf                         passwords from the server's environment
  tocsin nats users --passwords secrets/ --out users.conf
  tocsin nats users --cluster prod --nodes worker-1,worker-2 --nkeys seeds/ --out users.conf

Include the file in the server's configuration: include "users.conf". The core services share an account; every other
user has its own account, which imports what it may use (see deploy/nats/README.md). --one-account writes all users
into the server's default account instead.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its subcommand."""
    group = commands.add_parser("nats", help="users for your own NATS", allow_abbrev=False)
    subcommands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sub = subcommands.add_parser(
        "users",
        help="print all users and their permissions as configuration of nats-server",
        description="Print the users with their permissions, and create their credentials.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("--cluster", default="", metavar="NAME", help="let collectors publish only events of this cluster")
    sub.add_argument(
        "--nodes", default="", metavar="NAMES",
        help="one collector user per node, limited to that node, instead of one for all; separated by commas",
    )  # fmt: skip
    sub.add_argument("--sinks", default="", metavar="NAMES", help="sinks of the forwarder, separated by commas")
    sub.add_argument(
        "--siem", default="", metavar="NAMES", help="more SIEMs, separated by commas: users and durables siem-<name>"
    )
    login = sub.add_mutually_exclusive_group()
    login.add_argument(
        "--env", action="store_true", help="passwords are variables of the server's environment (default)"
    )
    login.add_argument(
        "--passwords", metavar="DIR", help="create passwords in DIR/<user>.password; existing ones are kept"
    )
    login.add_argument("--hashes", metavar="DIR", help="use the bcrypt hashes in DIR/<user>.hash")
    login.add_argument(
        "--nkeys", metavar="DIR", help="create nkeys, with seeds in DIR/<user>.nk; existing ones are kept"
    )
    sub.add_argument("--one-account", action="store_true", help="write all users into one account")
    sub.add_argument(
        "--out",
        default="",
        metavar="FILE",
        help="write to this file, which only its owner may read, instead of to the terminal",
    )
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    try:
        rights = _table(args)
        logins = _logins(args, list(rights))
        block = (users_conf.authorization if args.one_account else accounts.render)(logins, rights)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    text = f"# Written by tocsin nats users.\n{block}"
    if args.out:
        write_private(Path(args.out), text)
        sys.stderr.write(f"{len(logins)} users written to {args.out}\n")
    else:
        sys.stdout.write(text)
    return 0


def _table(args: argparse.Namespace) -> dict[str, Rights]:
    """The permissions; if each node has its own collector, there is no collector for all nodes."""
    nodes = split_names("--nodes", args.nodes, exact=False)
    rights = users.table(
        cluster=subjects.slug(args.cluster) if args.cluster else "*",
        nodes=nodes,
        sinks=split_names("--sinks", args.sinks),
        siems=split_names("--siem", args.siem),
    )
    if nodes:
        del rights["collector"]
    return rights


def _logins(args: argparse.Namespace, names: list[str]) -> Mapping[str, users_conf.Login]:
    if args.passwords:
        if not args.out and sys.stdout.isatty():
            raise SettingsError("--passwords: the output contains passwords; name a file for it with --out")
        return nats_logins.passwords(Path(args.passwords), names)
    if args.hashes:
        return nats_logins.hashes(Path(args.hashes), names)
    if args.nkeys:
        return nats_logins.nkeys(Path(args.nkeys), names)
    return nats_logins.variables(names)

"""The command line: all commands and their flags; exit codes are 0 for done, 1 for failed, 2 for wrong usage."""

import argparse
import sys
from collections.abc import Callable, Sequence

import tocsin
from tocsin.cli import health

_EPILOG = """\
examples:
  tocsin up --simulate 50               everything on this machine, with simulated events
  tocsin up --file /var/log/tetragon/tetragon.log
  tocsin tail --severity high --since 1h
  tocsin ledger                         compare the counts of all pipeline stages
  tocsin doctor                         check everything, and print what to do
  tocsin rules check my-rules/          find errors and likely mistakes in your own rules

Settings are also read from the environment (for example TOCSIN_COLLECTOR_PATH for --path); a flag takes precedence.
"""


def parser() -> argparse.ArgumentParser:
    """All commands with their flags; each sets ``run``, which returns the exit code."""
    from tocsin.cli import ask, declare, doctor, nats, services, up
    from tocsin.cli.rules import command  # imported here, so that `entry` does not need them

    top = argparse.ArgumentParser(
        prog="tocsin",
        description="Runtime security for Kubernetes as a stream.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"tocsin {tocsin.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (up.add, services.add, ask.add, declare.add, nats.add, doctor.add, command.add, health.add):
        add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        args = parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    except KeyboardInterrupt:
        return 0


def entry() -> None:
    """The ``tocsin`` script; ``tocsin health`` runs every few seconds, so it does not import the other commands."""
    sys.exit(health.main(sys.argv[1:]) if sys.argv[1:2] == ["health"] else main())


if __name__ == "__main__":
    entry()

"""The command line: which commands there are and what each is told; exit codes 0 done, 1 failed, 2 wrong usage."""

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
  tocsin ledger                         do the counts of all hops agree?
  tocsin doctor                         look at everything, and say what to do
  tocsin rules check my-rules/          errors and likely mistakes in rules of your own

Settings come from the environment as well (TOCSIN_COLLECTOR_PATH for --path and so on); a flag wins.
"""


def parser() -> argparse.ArgumentParser:
    """All commands with their flags; each sets ``run``, which returns the exit code."""
    from tocsin.cli import ask, declare, doctor, nats, services, up
    from tocsin.cli.rules import command  # here, so that `entry` can do without them

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
        chosen = parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = chosen.run
        return run(chosen)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 2
    except KeyboardInterrupt:
        return 0


def entry() -> None:
    """The ``tocsin`` script; a probe that runs every few seconds does not read all the other commands for it."""
    sys.exit(health.main(sys.argv[1:]) if sys.argv[1:2] == ["health"] else main())


if __name__ == "__main__":
    entry()

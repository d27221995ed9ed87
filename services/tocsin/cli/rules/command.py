"""``tocsin rules``: the commands for rule authors, from a first check to the list of the whole pack."""

import argparse

from tocsin.cli.rules import bench, check, coverage, explain, import_rules, list_rules, run, test

_EPILOG = """\
examples:
  tocsin rules check my-rules/
  tocsin rules test my-rules/shell.yml
  tocsin rules explain my-rules/shell.yml --event alert.json
  tocsin rules run my-rules/ --since 2h

Without a path the commands use the rules that the classifier loads. How to write a rule: docs/rules.md.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command with its subcommands."""
    sub = commands.add_parser(
        "rules",
        help="check, test, explain, run and measure rules",
        description="Commands for rule authors. Exit codes: 0 success, 1 failure, 2 wrong usage.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    below = sub.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in (
        check,
        test,
        explain,
        run,
        bench,
        coverage,
        import_rules,
        list_rules,
    ):
        each.add(below)

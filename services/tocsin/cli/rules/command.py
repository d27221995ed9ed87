"""``tocsin rules``: everything that the author of a rule does with it, from the first check to the list of the pack."""

import argparse

from tocsin.cli.rules import bench, check, coverage, explain, import_rules, list_rules, run, test

_EPILOG = """\
examples:
  tocsin rules check my-rules/
  tocsin rules test my-rules/shell.yml
  tocsin rules explain my-rules/shell.yml --event alert.json
  tocsin rules run my-rules/ --since 2h

Without a path the commands are about the rules that the classifier loads. How to write a rule: docs/rules.md.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command with all that stands under it."""
    sub = commands.add_parser(
        "rules",
        help="check, test, explain, try and measure rules",
        description="Everything the author of a rule does with it. Exit codes: 0 good, 1 not, 2 wrong usage.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    below = sub.add_subparsers(title="what to do", metavar="WHAT", required=True)
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

"""``tocsin rules check``: prints the problems of rules, one per line, in the form of compiler messages."""

import argparse
import sys

from tocsin.cli.rules import files as rules_files
from tocsin.cli.rules import render
from tocsin.model.text import printable
from tocsin.sigma.authoring import lint
from tocsin.sigma.syntax.problems import Problem


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "check",
        help="find errors and likely mistakes in rules, with file, line and column",
        description="Print the problems of rules; the exit code is 1 if a rule does not load.",
        epilog="examples:\n  tocsin rules check\n  tocsin rules check my-rules/ --strict --policies tracing/",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument(
        "--policies",
        metavar="DIR",
        help="folder of TracingPolicies: report rules that can never fire with their hooks",
    )
    sub.add_argument("--strict", action="store_true", help="fail on warnings, too")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    rules = rules_files.read(args.paths)
    hooks = rules_files.hooks(args.policies) if args.policies else None
    problems = lint.check(rules.files, rules.context, hooks)
    errors = sum(not problem.warning for problem in problems)
    warnings = len(problems) - errors
    if args.json:
        render.as_json(problems)
    else:
        for problem in problems:
            render.line(line(problem))
        files = f"{len(rules.files)} file{'s' if len(rules.files) != 1 else ''}"
        sys.stderr.write(printable(f"{files}: {errors} errors, {warnings} warnings") + "\n")
    return 1 if errors or (args.strict and warnings) else 0


def line(problem: Problem) -> str:
    """``file:line:col: text``, with ``warning:`` before the text of a warning."""
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    return (
        f"{place}: {'warning: ' if problem.warning else ''}{problem.text}{f' [{problem.code}]' if problem.code else ''}"
    )

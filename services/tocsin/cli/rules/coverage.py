"""``tocsin rules coverage``: lists the ATT&CK techniques that rules detect, as text or as a Navigator layer."""

import argparse
from pathlib import Path

from tocsin.cli.rules import files, render
from tocsin.sigma.authoring import attack_coverage
from tocsin.sigma.syntax.documents import Correlation, Rule


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "coverage",
        help="list the ATT&CK techniques that rules detect",
        description="List techniques with their rules, or write a layer for the ATT&CK Navigator.",
        epilog="example:\n  tocsin rules coverage --navigator layer.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument("--navigator", metavar="FILE", help="write a layer for the ATT&CK Navigator")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    rules = files.read(args.paths)
    ruleset = rules.load()
    every: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
    documents = [each for each in every if each.file in rules.files]
    if args.navigator:
        Path(args.navigator).write_bytes(attack_coverage.layer(documents) + b"\n")
    if args.json:
        render.as_json(attack_coverage.covered_techniques(documents))
    else:
        for line in attack_coverage.summary(documents).splitlines():
            render.line(line)
    return 0

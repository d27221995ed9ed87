"""``tocsin rules coverage``: the ATT&CK techniques that rules look for, for people and for the Navigator."""

import argparse
from pathlib import Path

from tocsin.cli.rules import files, render
from tocsin.sigma.authoring import attack_coverage
from tocsin.sigma.syntax.documents import Correlation, Rule


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "coverage",
        help="which ATT&CK techniques rules look for",
        description="List techniques with their rules; as a layer for the ATT&CK Navigator where a file is named.",
        epilog="example:\n  tocsin rules coverage --navigator layer.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument("--navigator", metavar="FILE", help="write a layer for the ATT&CK Navigator")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(chosen: argparse.Namespace) -> int:
    rules = files.read(chosen.paths)
    ruleset = rules.load()
    every: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
    documents = [each for each in every if each.file in rules.files]
    if chosen.navigator:
        Path(chosen.navigator).write_bytes(attack_coverage.layer(documents) + b"\n")
    if chosen.json:
        render.as_json(attack_coverage.covered(documents))
    else:
        for line in attack_coverage.summary(documents).splitlines():
            render.line(line)
    return 0

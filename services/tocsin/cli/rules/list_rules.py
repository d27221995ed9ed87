"""``tocsin rules list``: lists the loaded rules as a table, as JSON, or as a documentation page."""

import argparse
import sys

from msgspec import Struct

from tocsin.cli.rules import files, render
from tocsin.model.text import printable
from tocsin.sigma.authoring import docs_pages
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule


class ListEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document of the rule set."""

    id: str
    name: str
    title: str
    type: str
    """``rule``, ``filter``, ``silence``, or a correlation's type."""
    level: str = ""
    techniques: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    file: str
    line: int
    kinds: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    tests: int = 0
    owner: str = ""
    """The next two are set for a silence."""
    expires: str = ""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "list",
        help="list rules, correlations, filters and silences",
        description="List the loaded documents; the exit code is 1 if one does not load.",
        epilog="examples:\n  tocsin rules list\n  tocsin rules list --markdown > docs/detections.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="print the page docs/detections.md")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    rules = files.read(args.paths)
    ruleset = rules.load()
    rules_ = [each for each in ruleset.rules if each.file in rules.files]
    correlations = [each for each in ruleset.correlations if each.file in rules.files]
    filters = [each for each in ruleset.filters if each.file in rules.files]
    if args.markdown:
        text = docs_pages.detections(rules_, correlations, filters)
        sys.stdout.write("".join(f"{printable(line)}\n" for line in text.splitlines()))
    else:
        documents: list[Rule | Correlation | Filter] = [*rules_, *correlations, *filters]
        entries = [entry(each) for each in documents]
        if args.json:
            render.as_json(entries)
        else:
            _show(entries)
    problems = [problem for problem in ruleset.problems if not problem.warning and problem.file in rules.files]
    for problem in problems:
        sys.stderr.write(printable(f"not loaded: {problem}") + "\n")
    return 1 if problems else 0


def entry(document: Rule | Correlation | Filter) -> ListEntry:
    """The list entry of one document."""
    kinds: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    owner = expires = level = ""
    if isinstance(document, Filter):
        type, tests = ("filter" if document.silence is None else "silence"), 0
        if document.silence is not None:
            owner, expires = document.silence.owner, document.silence.expires
    else:
        type, tests, level = "rule", len(document.tests), document.level
        if isinstance(document, Correlation):
            type = document.type
        else:
            kinds, hooks = tuple(sorted(document.kinds)), document.requires.hooks
    return ListEntry(
        id=document.id,
        name=document.name,
        title=document.title,
        type=type,
        level=level,
        techniques=document.techniques,
        author=document.author,
        license=document.license,
        file=document.file,
        line=document.line,
        kinds=kinds,
        hooks=hooks,
        tests=tests,
        owner=owner,
        expires=expires,
    )


def _show(entries: list[ListEntry]) -> None:
    rows = [
        [each.level or "-", each.type, each.name or each.id, each.title, " ".join(each.techniques), str(each.tests)]
        for each in entries
    ]
    render.table(["level", "type", "name", "title", "techniques", "tests"], rows, right=(5,))

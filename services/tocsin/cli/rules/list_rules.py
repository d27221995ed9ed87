"""``tocsin rules list``: the rules that are loaded, for people, for programs, and as the page of the documentation."""

import argparse
import sys

from msgspec import Struct

from tocsin.cli.rules import files, render
from tocsin.model.text import printable
from tocsin.sigma.authoring import docs_pages
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule


class Listed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document of the set."""

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
    """The next two of a silence."""
    expires: str = ""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "list",
        help="the rules, correlations, filters and silences",
        description="List what is loaded; 1 where a document does not load.",
        epilog="examples:\n  tocsin rules list\n  tocsin rules list --markdown > docs/detections.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="as the page docs/detections.md")
    sub.set_defaults(run=render.guarded(_run))


def _run(chosen: argparse.Namespace) -> int:
    rules = files.read(chosen.paths)
    ruleset = rules.load()
    own_rules = [each for each in ruleset.rules if each.file in rules.files]
    own_correlations = [each for each in ruleset.correlations if each.file in rules.files]
    own_filters = [each for each in ruleset.filters if each.file in rules.files]
    if chosen.markdown:
        text = docs_pages.detections(own_rules, own_correlations, own_filters)
        sys.stdout.write("".join(f"{printable(line)}\n" for line in text.splitlines()))
    else:
        own: list[Rule | Correlation | Filter] = [*own_rules, *own_correlations, *own_filters]
        listed = [entry(each) for each in own]
        if chosen.json:
            render.as_json(listed)
        else:
            _show(listed)
    broken = [problem for problem in ruleset.problems if not problem.warning and problem.file in rules.files]
    for problem in broken:
        sys.stderr.write(printable(f"not loaded: {problem}") + "\n")
    return 1 if broken else 0


def entry(document: Rule | Correlation | Filter) -> Listed:
    """What a list says of one document."""
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
    return Listed(
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


def _show(listed: list[Listed]) -> None:
    rows = [
        [each.level or "-", each.type, each.name or each.id, each.title, " ".join(each.techniques), str(each.tests)]
        for each in listed
    ]
    render.table(["level", "type", "name", "title", "techniques", "tests"], rows, right=(5,))

"""``tocsin rules test``: runs the tests inside rules; prints failures, JSON, or JUnit XML for a build server."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as xml  # noqa: N813 - it writes, and reads nothing

from tocsin.cli.rules import check, files, render
from tocsin.sigma.authoring import rule_tests
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Rule

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "test",
        help="run the tests inside rules",
        description="Run the x-tests of rules and correlations; 1 if one fails or a rule does not load.",
        epilog="examples:\n  tocsin rules test\n  tocsin rules test my-rules/ --junit rules.xml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    sub.add_argument("--junit", metavar="FILE", help="also write the results as JUnit XML")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    rules = files.read(args.paths)
    ruleset = rules.load()
    results = _results(rules, ruleset)
    problems = [problem for problem in ruleset.problems if not problem.warning and problem.file in rules.files]
    if args.junit:
        Path(args.junit).write_bytes(junit(results))
    failed = [result for result in results if not result.passed]
    if args.json:
        render.as_json({"results": results, "problems": problems})
    else:
        for problem in problems:
            render.line(check.line(problem))
        for result in failed:
            render.line(f"{result.file}:{result.line}:1: {result.title}: {result.test}: {result.why}")
        documents = len({(result.file, result.rule) for result in results})
        sys.stderr.write(f"{len(results)} tests of {documents} rules: {len(failed)} failed\n")
    return 1 if failed or problems else 0


def _results(rules: files.RuleFiles, ruleset: RuleSet) -> list[rule_tests.Result]:
    every: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
    return [r for each in every if each.file in rules.files for r in rule_tests.run_one(ruleset, each)]


def junit(results: Sequence[rule_tests.Result]) -> bytes:
    """The results as JUnit XML, with a suite for each rule."""
    root = xml.Element("testsuites", tests=str(len(results)), failures=str(sum(not r.passed for r in results)))
    suites: dict[tuple[str, str], list[rule_tests.Result]] = {}
    for result in results:
        suites.setdefault((result.file, result.rule), []).append(result)
    for (file, _), members in suites.items():
        suite = xml.SubElement(
            root,
            "testsuite",
            name=_text(members[0].title),
            file=_text(file),
            tests=str(len(members)),
            failures=str(sum(not member.passed for member in members)),
        )
        for member in members:
            case = xml.SubElement(
                suite,
                "testcase",
                name=_text(member.test),
                classname=_text(member.title),
                file=_text(file),
                line=str(member.line),
            )
            if not member.passed:
                xml.SubElement(case, "failure", message=_text(member.why))
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(xml.tostring(root, encoding="utf-8"))


def _text(text: str) -> str:
    """XML has no way to write some characters."""
    return _NOT_XML.sub("\ufffd", text)

"""``tocsin rules run``: a dry run of rules over a file of events, or over the events of the stream."""

import argparse
import asyncio
import sys

from tocsin.cli.rules import check, events, files, render
from tocsin.model.text import printable
from tocsin.runtime import logs
from tocsin.sigma.authoring.dry_run import DryRun, Outcome, Report


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "run",
        help="dry-run rules over a file of events, or over the last hours of the stream",
        description="Count what rules and correlations would have matched: hits, hits per 1,000 events, top values.",
        epilog="examples:\n  tocsin rules run my-rules/ --since 2h\n"
        "  tocsin rules run --events /var/log/tetragon/tetragon.log.gz --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: what the classifier loads)")
    source = sub.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--events",
        metavar="FILE",
        help="events or alerts, one JSON object per line, optionally gzipped; - is standard input",
    )
    source.add_argument("--since", metavar="AGE", help="use the events of the stream's alerts of the last 30m, 2h, 1d")
    sub.add_argument("--state-dir", default="", metavar="DIR", help="state directory of the `tocsin up` to connect to")
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    rules = files.read(args.paths)
    ruleset = rules.load()
    for problem in ruleset.problems:
        if not problem.warning and problem.file in rules.files:
            sys.stderr.write(printable(check.line(problem)) + "\n")
    documents = (*ruleset.rules, *ruleset.correlations)
    trial = DryRun(ruleset, {each.id for each in documents if each.file in rules.files})

    def take(event: events.InputEvent) -> None:
        trial.feed(event.line, id=event.id, time_ns=event.time_ns, cluster=event.cluster, node=event.node)

    if args.since:
        logs.configure("cli", "0", "error", people=True)
        asyncio.run(events.read_stream(args.since, args.state_dir, take))
    else:
        for event in events.read_lines(args.events):
            take(event)
    report = trial.report()
    if args.json:
        render.as_json(report)
    else:
        _show(report)
    return 0


def _show(report: Report) -> None:
    rows = [_row(outcome) for outcome in report.outcomes]
    render.line(
        f"{report.events:,} events, {report.undecodable:,} undecodable; {report.matched:,} matched at least one rule"
    )
    render.line()
    render.table(["hits", "per 1,000", "silenced", "level", "rule", "top values"], rows, right=(0, 1, 2))
    render.line()
    render.line(f"{len(report.without)} rules and correlations without a hit")
    for outcome in report.outcomes:
        if outcome.failures:
            render.line(f"{outcome.title}: failed for {outcome.failures:,} events: {outcome.failure}")


def _row(outcome: Outcome) -> list[str]:
    top = "; ".join(
        f"{name} " + ", ".join(f"{each.value or '-'} ×{each.count:,}" for each in values[:3])
        for name, values in outcome.top.items()
    )
    return [
        f"{outcome.hits:,}",
        f"{outcome.per_thousand:,.1f}",
        f"{outcome.silenced:,}",
        outcome.level,
        outcome.title,
        top,
    ]

"""``tocsin rules explain``: evaluates a rule for an event, and prints the result of every part as a tree."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from tocsin.cli.rules import events as rules_events
from tocsin.cli.rules import files, render
from tocsin.model import event as events
from tocsin.model.errors import BadEvent, SettingsError
from tocsin.sigma.authoring import explain
from tocsin.sigma.authoring.explain import Explanation
from tocsin.sigma.authoring.replay import CLUSTER
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "explain",
        help="explain why a rule matches an event, or why not",
        description="Print each part of a rule with PASS or FAIL and the event's values; 1 if no event matches.",
        epilog="examples:\n  tocsin rules explain reverse_shell --event alert.json\n"
        "  tocsin tail --until-now --since 1h --json | tocsin rules explain my-rule.yml --event -",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    sub.add_argument("rule", metavar="RULE", help="id or name of a rule that the classifier loads, or a file")
    sub.add_argument(
        "--event",
        required=True,
        metavar="FILE",
        help="events or alerts as JSON, a single one or one per line; - is standard input",
    )
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(args: argparse.Namespace) -> int:
    is_file = Path(args.rule).exists()
    rules = files.read([args.rule] if is_file else [])
    ruleset = rules.load()
    documents = [d for d in _all(ruleset) if (d.file in rules.files if is_file else args.rule in (d.id, d.name))]
    if not documents:
        raise SettingsError(_not_found(args.rule, rules, ruleset))
    trees = [
        explained
        for input_ in rules_events.read_all(args.event)
        for document in documents
        for explained in _explain(document, _record(input_), ruleset)
    ]
    if args.json:
        render.as_json(trees)
    else:
        for explained in trees:
            for line in lines(explained):
                render.line(line)
    return 0 if any(explained.passed for explained in trees) else 1


def _all(ruleset: RuleSet) -> list[Rule | Correlation | Filter]:
    return [*ruleset.rules, *ruleset.correlations, *ruleset.filters]


def _not_found(name: str, rules: files.RuleFiles, ruleset: RuleSet) -> str:
    problems = [str(problem) for problem in ruleset.problems if not problem.warning and problem.file in rules.files]
    return f"{name}: no such rule" + (f"; {problems[0]}" if problems else "")


def _record(input_: rules_events.InputEvent) -> EventRecord:
    try:
        event = events.read(input_.line)
    except BadEvent as error:
        raise SettingsError(f"--event: {error}") from error
    return EventRecord.of(
        event, input_.line, cluster=input_.cluster or event.cluster or CLUSTER, node=input_.node or event.node
    )


def _explain(document: Rule | Correlation | Filter, record: EventRecord, ruleset: RuleSet) -> Iterator[Explanation]:
    if isinstance(document, Rule):
        yield explain.rule(document, record, ruleset.filters_of(document), time_ns=time.time_ns())
    elif isinstance(document, Filter):
        yield explain.node(document.condition, record)
    else:
        yield explain.correlation(document, record, ruleset)


def lines(explained: Explanation, before: str = "", *, last: bool | None = None) -> Iterator[str]:
    """The tree as lines for a terminal."""
    joint = "" if last is None else "└─ " if last else "├─ "
    values = ""
    if explained.values is not None:
        values = "   ← " + (", ".join(map(repr, explained.values)) or "(missing)")
    yield f"{before}{joint}{'PASS' if explained.passed else 'FAIL'} {explained.text}{values}"
    below = before + ("" if last is None else "   " if last else "│  ")
    for number, item in enumerate(explained.items, 1):
        yield from lines(item, below, last=number == len(explained.items))

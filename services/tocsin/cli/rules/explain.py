"""``tocsin rules explain``: one event against one rule, as a tree of what holds and what does not."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from tocsin.cli.rules import events as rules_events
from tocsin.cli.rules import files, render
from tocsin.model import event as events
from tocsin.model.errors import BadEvent, SettingsError
from tocsin.sigma.authoring import explain
from tocsin.sigma.authoring.explain import Explained
from tocsin.sigma.authoring.replay import CLUSTER
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Filter, Rule


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    sub = commands.add_parser(
        "explain",
        help="why a rule matches an event, or why not",
        description="Show each part of a rule with PASS or FAIL and the event's values; 1 where no event matches.",
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
        help="events or alerts as JSON, one or one a line; - is standard input",
    )
    sub.add_argument("--json", action="store_true", help="as JSON")
    sub.set_defaults(run=render.guarded(_run))


def _run(chosen: argparse.Namespace) -> int:
    is_file = Path(chosen.rule).exists()
    rules = files.read([chosen.rule] if is_file else [])
    ruleset = rules.load()
    documents = [d for d in _all(ruleset) if (d.file in rules.files if is_file else chosen.rule in (d.id, d.name))]
    if not documents:
        raise SettingsError(_nothing(chosen.rule, rules, ruleset))
    found = [
        explained
        for given in rules_events.whole(chosen.event)
        for document in documents
        for explained in _explain(document, _record(given), ruleset)
    ]
    if chosen.json:
        render.as_json(found)
    else:
        for explained in found:
            for line in lines(explained):
                render.line(line)
    return 0 if any(explained.passed for explained in found) else 1


def _all(ruleset: RuleSet) -> list[Rule | Correlation | Filter]:
    return [*ruleset.rules, *ruleset.correlations, *ruleset.filters]


def _nothing(name: str, rules: files.Chosen, ruleset: RuleSet) -> str:
    broken = [str(problem) for problem in ruleset.problems if not problem.warning and problem.file in rules.files]
    return f"{name}: no such rule" + (f"; {broken[0]}" if broken else "")


def _record(given: rules_events.Given) -> EventRecord:
    try:
        event = events.read(given.line)
    except BadEvent as error:
        raise SettingsError(f"--event: {error}") from error
    return EventRecord.of(
        event, given.line, cluster=given.cluster or event.cluster or CLUSTER, node=given.node or event.node
    )


def _explain(document: Rule | Correlation | Filter, record: EventRecord, ruleset: RuleSet) -> Iterator[Explained]:
    if isinstance(document, Rule):
        yield explain.rule(document, record, ruleset.filters_of(document), time_ns=time.time_ns())
    elif isinstance(document, Filter):
        yield explain.node(document.condition, record)
    else:
        yield explain.correlation(document, record, ruleset)


def lines(explained: Explained, before: str = "", *, last: bool | None = None) -> Iterator[str]:
    """The tree as lines for a terminal."""
    joint = "" if last is None else "└─ " if last else "├─ "
    values = ""
    if explained.values is not None:
        values = "   ← " + (", ".join(map(repr, explained.values)) or "(missing)")
    yield f"{before}{joint}{'PASS' if explained.passed else 'FAIL'} {explained.text}{values}"
    below = before + ("" if last is None else "   " if last else "│  ")
    for number, item in enumerate(explained.items, 1):
        yield from lines(item, below, last=number == len(explained.items))

"""One version of the active correlations, built from the files of the policy folders."""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tocsin.model.rule_report import RuleProblem
from tocsin.runtime.policy_files import Content
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation


class CorrelationSet(Struct, frozen=True):
    """Built in a thread, and swapped between two messages."""

    correlations: tuple[Correlation, ...]
    """Each stands after those that it refers to."""
    titles: Mapping[str, str]
    """Titles of all rules and correlations by id."""
    problems: tuple[RuleProblem, ...]
    hash: str
    """Hash of the whole set, as the rule reports of all services have it."""
    windows_hash: str
    """Versions with the same hash keep the same windows; titles and levels may differ."""
    ruleset: RuleSet | None = None
    """The rules it was built from: the next version takes the last good version of a document from here."""


def build(content: Content, previous: CorrelationSet | None = None) -> CorrelationSet:
    """The correlations of *content*; a document with an error is reported, and its last good version stays active."""
    rules = RuleSet.load(content.rules, previous.ruleset if previous is not None else None)
    problems = [RuleProblem(file=path, text=f"cannot be read: {why}") for path, why in content.unreadable.items()]
    problems += [
        RuleProblem(file=p.file, line=p.line, column=p.column, text=p.text, rule=p.rule, kept=p.kept)
        for p in rules.problems
        if not p.warning
    ]
    titles = {each.id: each.title for each in (*rules.rules, *rules.correlations)}
    return from_correlations(
        tuple(rules.correlations), titles, problems=tuple(problems), hash=rules.hash, ruleset=rules
    )


def from_correlations(
    correlations: tuple[Correlation, ...],
    titles: Mapping[str, str] | None = None,
    *,
    problems: tuple[RuleProblem, ...] = (),
    hash: str = "",
    ruleset: RuleSet | None = None,
) -> CorrelationSet:
    """A version with exactly these correlations."""
    hash_ = windows_hash(correlations)
    titles_ = {each.id: each.title for each in correlations} if titles is None else titles
    return CorrelationSet(correlations, titles_, problems, hash or hash_, hash_, ruleset)


def windows_hash(correlations: tuple[Correlation, ...]) -> str:
    """The hash of everything that decides what windows hold, and of nothing else."""
    definitions = [
        (
            each.id,
            each.type,
            each.rules,
            each.group_by,
            each.timespan_s,
            each.threshold,
            each.field,
            sorted((alias, sorted(fields.items())) for alias, fields in each.aliases.items()),
            each.repeat_s,
        )
        for each in correlations
    ]
    return hashlib.blake2b(msgspec.json.encode(definitions), digest_size=8).hexdigest()

"""The correlations in force, as one version, made of what the folders of policies hold."""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tocsin.model.rule_report import RuleProblem
from tocsin.runtime.policy_files import Content
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation


class CorrelationSet(Struct, frozen=True):
    """Built aside, and swapped between two messages."""

    correlations: tuple[Correlation, ...]
    """Each after those that it refers to."""
    titles: Mapping[str, str]
    """Of all rules and correlations, by id."""
    problems: tuple[RuleProblem, ...]
    hash: str
    """Of the whole set, as every judge tells it."""
    windows_hash: str
    """Two versions with one hash remember alike; what they say of it may differ."""
    ruleset: RuleSet | None = None
    """What it was made of: the next version keeps a document's last good one from here."""


def build(content: Content, previous: CorrelationSet | None = None) -> CorrelationSet:
    """The correlations of *content*; what is wrong in it is a problem, and its last good version counts on."""
    rules = RuleSet.load(content.rules, previous.ruleset if previous is not None else None)
    problems = [RuleProblem(file=path, text=f"cannot be read: {why}") for path, why in content.unreadable.items()]
    problems += [
        RuleProblem(file=p.file, line=p.line, column=p.column, text=p.text, rule=p.rule, kept=p.kept)
        for p in rules.problems
        if not p.warning
    ]
    titles = {each.id: each.title for each in (*rules.rules, *rules.correlations)}
    return judging(tuple(rules.correlations), titles, problems=tuple(problems), hash=rules.hash, ruleset=rules)


def judging(
    correlations: tuple[Correlation, ...],
    titles: Mapping[str, str] | None = None,
    *,
    problems: tuple[RuleProblem, ...] = (),
    hash: str = "",
    ruleset: RuleSet | None = None,
) -> CorrelationSet:
    """A version of these correlations."""
    own = windows_hash(correlations)
    named = {each.id: each.title for each in correlations} if titles is None else titles
    return CorrelationSet(correlations, named, problems, hash or own, own, ruleset)


def windows_hash(correlations: tuple[Correlation, ...]) -> str:
    """Of everything that decides what is remembered, and of nothing else."""
    shapes = [
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
    return hashlib.blake2b(msgspec.json.encode(shapes), digest_size=8).hexdigest()

"""One version of everything that judges: the severity table of a profile, the overrides, and the rules."""

import hashlib
from collections.abc import Callable

from msgspec import Struct

from tocsin.classifier import policy
from tocsin.classifier.policy import Override, Policy
from tocsin.model.errors import SettingsError
from tocsin.model.rule_report import RuleProblem
from tocsin.runtime.policy_files import MAX_FILE_BYTES, Content
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.ruleset import RuleSet

Condition = Callable[[EventRecord], bool]


class PolicySet(Struct, frozen=True):
    """Built in a thread, and swapped between two events."""

    policy: Policy
    overrides: tuple[tuple[Override, Condition], ...]
    rules: RuleSet
    problems: tuple[RuleProblem, ...]
    hash: str
    """Two classifiers with the same hash judge alike."""


def build(content: Content, profile: str, previous: PolicySet | None = None) -> PolicySet:
    """The policies of *content*; a document with an error is reported, and its version in *previous* stays active.

    Without a previous version, `SettingsError` says what is wrong with ``severity.yaml``.
    """
    rules = RuleSet.load(content.rules, previous.rules if previous is not None else None)
    problems = [RuleProblem(file=path, text=f"cannot be read: {why}") for path, why in content.unreadable.items()]
    try:
        policy_ = _policy(content, profile)
    except SettingsError as error:
        if previous is None:
            raise
        policy_ = previous.policy
        problems.append(_problem(content.severity_path, str(error)))
    problems += [
        RuleProblem(file=p.file, line=p.line, column=p.column, text=p.text, rule=p.rule, kept=p.kept)
        for p in rules.problems
        if not p.warning
    ]
    overrides = tuple((override, predicate(override.condition)) for override in policy_.overrides)
    return PolicySet(policy_, overrides, rules, tuple(problems), _hash(content, profile, rules))


def _policy(content: Content, profile: str) -> Policy:
    path = content.severity_path
    if len(content.severity) > MAX_FILE_BYTES:
        raise SettingsError(f"{path}: more than {MAX_FILE_BYTES:,} bytes")
    try:
        return policy.load(content.severity.decode(), path, profile)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from error


def _problem(path: str, text: str) -> RuleProblem:
    line = text.removeprefix(f"{path}:").partition(":")[0]
    return RuleProblem(file=path, line=int(line) if line.isdecimal() else 0, text=text, kept=True)


def _hash(content: Content, profile: str, rules: RuleSet) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in (profile.encode(), content.severity, rules.hash.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()

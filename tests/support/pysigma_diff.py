"""Our engine and pySigma's SQL over the same rules and events: what they agree on, and where they do not."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from tocsin.model.event import read
from tocsin.sigma.fields.names import field
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import And

from support.event_builder import event
from support.field_solver import among
from support.pysigma_ir import condition
from support.pysigma_sql import Oracle, demand

TIME_NS = 1_795_000_000_000_000_000
FILE = "made.yml"


class Difference(Struct, frozen=True):
    """One pair of a rule and an event of which the three do not say the same."""

    rule: str
    event: str
    values: dict[str, tuple[str, ...]]
    said: dict[str, bool]

    def __str__(self) -> str:
        return f"{self.said}\n{self.rule}\n{self.event}\n{self.values}\n"


class Outcome(Struct):
    """Of one comparison."""

    pairs: int = 0
    matches: int = 0
    matched: int = 0
    """Rules that matched at least once."""
    rules: int = 0
    differences: list[Difference] = []


def load(text: str) -> RuleSet:
    """The rules of *text*, all of which must load."""
    ruleset = RuleSet.load({FILE: text.encode()})
    assert not ruleset.problems or all(problem.warning for problem in ruleset.problems), "\n".join(
        map(str, ruleset.problems)
    )
    return ruleset


def record(line: bytes) -> EventRecord:
    """The event of *line* as rules see it."""
    return EventRecord.of(read(line), line, cluster="c1", node="n1")


def reaching(rules: Sequence[Rule], rng: Random, each: int) -> list[bytes]:
    """Events for every rule: *each* that match it, or that miss it by little."""
    return [
        event(assignment, kind_of(rule, assignment, rng), rng)
        for rule in rules
        for assignment in among(rule.condition, rng, each)
    ]


def as_read_by_pysigma(text: str, rules: Iterable[Rule]) -> list[Rule]:
    """*rules*, which stand in *text*, with the conditions that pySigma has read: what we misread is reached by these."""
    theirs = {str(rule.id): rule for rule in Oracle(text).rules}
    return [
        replace(rule, condition=And((condition(demand(theirs[rule.id])), condition(theirs[rule.id])))) for rule in rules
    ]


def kind_of(rule: Rule, assignment: Mapping[str, str], rng: Random) -> str:
    """A kind of event: one of the rule's; mostly one that can have the fields."""
    kinds = rule.kinds
    if rng.random() < 0.9:
        for name in assignment:
            found = field(name)
            kinds = (kinds & found.kinds if found is not None else kinds) or kinds
        if assignment.get("kind") in kinds:
            return assignment["kind"]
    return rng.choice(sorted(kinds))


def compare(text: str, ruleset: RuleSet, lines: Sequence[bytes], *, filtered: bool = False) -> Outcome:
    """The documents of *text* against *lines*; *filtered*: some are filters, of which predicates know nothing."""
    records = [record(line) for line in lines]
    oracle = Oracle(text)
    theirs = oracle.judge(records)
    found = indexed(ruleset, map(record, lines))  # each with records of its own: these keep what was looked up
    fresh = [record(line) for line in lines]
    outcome = Outcome(rules=len(ruleset.rules), pairs=len(ruleset.rules) * len(lines))
    assert set(theirs) == {rule.id for rule in ruleset.rules}
    for rule in ruleset.rules:
        expected = {index for index in theirs[rule.id] if _looked_at(rule, records[index])}
        by_itself = expected if filtered else alone(rule, fresh)
        outcome.matches += len(expected)
        outcome.matched += bool(expected)
        for index in sorted((expected ^ found[rule.id]) | (expected ^ by_itself)):
            said = {"sqlite": index in expected, "indexed": index in found[rule.id], "alone": index in by_itself}
            values = {name: records[index].values(name) for name in oracle.fields}
            outcome.differences.append(Difference(_written(text, rule), lines[index].decode(), values, said))
    return outcome


def _looked_at(rule: Rule, one: EventRecord) -> bool:
    return rule.existing or not one.existing


def indexed(ruleset: RuleSet, records: Iterable[EventRecord]) -> dict[str, set[int]]:
    """Rule id to the events, as indexes, that the whole set finds for it."""
    found: dict[str, set[int]] = {rule.id: set() for rule in ruleset.rules}
    for index, one in enumerate(records):
        hits = ruleset.match(one, TIME_NS)
        assert not hits.failed
        for hit in hits.hits:
            found[hit.rule.id].add(index)
    return found


def alone(rule: Rule, records: Sequence[EventRecord]) -> set[int]:
    """The events, as indexes, for which the rule's own condition holds; filters are left aside."""
    holds = predicate(rule.condition)
    return {
        index for index, one in enumerate(records) if one.kind in rule.kinds and _looked_at(rule, one) and holds(one)
    }


def _written(text: str, rule: Rule) -> str:
    return next(document for document in text.split("---\n") if rule.id in document)


def shown(outcome: Outcome) -> str:
    """The first differences, for the message of a failed test."""
    first = "\n".join(map(str, outcome.differences[:3]))
    return f"{len(outcome.differences)} of {outcome.pairs} pairs differ, the first of them:\n{first}"

"""Filters and silences made up from a seed, over made-up rules, judged by us and by pySigma with SQLite."""

from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.ir import And

from support import made_rules
from support.pysigma_diff import TIME_NS, compare, load, reaching, record, shown
from support.pysigma_sql import Oracle

RULES = 40
FILTERS = 6
EVENTS_A_RULE = 5
SILENCE = {"owner": "someone", "reason": "known noise", "expires": "2027-01-01"}
AFTER_NS = TIME_NS + 10**9 * 86_400 * 365


def documents(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rules = made_rules.rules(seed + 1_000, RULES)
    return rules, made_rules.filters(seed, FILTERS, rules)


def lines(ruleset: RuleSet, rng: Random) -> list[bytes]:
    """Events for every rule, and for every rule together with a filter."""
    both = [
        replace(rule, condition=And((rule.condition, rng.choice(ruleset.filters).condition))) for rule in ruleset.rules
    ]
    return reaching([*ruleset.rules, *both], rng, EVENTS_A_RULE)


@pytest.mark.parametrize("seed", range(8))
def test_no_pair_of_a_filtered_rule_and_an_event_is_judged_in_two_ways(seed):
    rules, filters = documents(seed)
    text = made_rules.text([*rules, *filters], seed)
    ruleset = load(text)
    assert len(ruleset.filters) == FILTERS
    events = lines(ruleset, Random(seed))
    filtered = compare(text, ruleset, events, filtered=True)
    assert not filtered.differences, shown(filtered)
    bare = made_rules.text(rules, seed)
    assert compare(bare, load(bare), events).matches > filtered.matches > 0, "the filters take nothing out"


@pytest.mark.parametrize("seed", range(4))
def test_what_a_filter_would_take_out_a_silence_marks_until_it_expires(seed):
    rules, filters = documents(seed)
    ruleset = load(made_rules.text([*rules, *({**one, "x-silence": SILENCE} for one in filters)], seed))
    assert len(ruleset.silences) == FILTERS
    events = lines(ruleset, Random(seed))
    records = [record(line) for line in events]
    bare = Oracle(made_rules.text(rules, seed)).judge(records)
    filtered = Oracle(made_rules.text([*rules, *filters], seed)).judge(records)
    marked = 0
    for index, line in enumerate(events):
        if records[index].existing:
            continue
        hits = ruleset.match(record(line), TIME_NS).hits
        assert {hit.rule.id for hit in hits} == {id for id, found in bare.items() if index in found}
        assert {hit.rule.id for hit in hits if not hit.silenced_by} == {
            id for id, found in filtered.items() if index in found
        }
        assert not any(hit.silenced_by for hit in ruleset.match(record(line), AFTER_NS).hits)
        marked += sum(1 for hit in hits if hit.silenced_by)
    assert marked > 0

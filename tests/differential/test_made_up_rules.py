"""Rules made up from a seed, with every modifier and condition, judged by us and by pySigma with SQLite."""

import os
from random import Random

import pytest

from support import made_rules
from support.pysigma_diff import as_read_by_pysigma, compare, load, reaching, shown

PAIRS = int(os.environ.get("TOCSIN_DIFFERENTIAL_PAIRS", "1000000"))
RULES = 125
EVENTS_A_RULE = 8
BATCH = RULES * RULES * EVENTS_A_RULE
BATCHES = -(-PAIRS // BATCH)


@pytest.mark.parametrize("seed", range(BATCHES))
def test_no_pair_of_a_made_up_rule_and_an_event_is_judged_in_two_ways(seed):
    rng = Random(seed)
    text = made_rules.text(made_rules.rules(seed, RULES), seed)
    ruleset = load(text)
    both = [*ruleset.rules, *as_read_by_pysigma(text, ruleset.rules)]
    lines = reaching(both, rng, EVENTS_A_RULE // 2)
    outcome = compare(text, ruleset, lines)
    assert not outcome.differences, shown(outcome)
    assert outcome.pairs == BATCH
    assert outcome.matched > 0.5 * RULES, "events no longer reach the rules that they are made for"
    assert 0.002 < outcome.matches / outcome.pairs < 0.6

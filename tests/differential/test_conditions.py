"""Conditions of any words in any order: taken by us where pySigma takes them, and then with the same meaning."""

import json
from itertools import product
from random import Random

import pytest
import yaml
from sigma.exceptions import SigmaError

from tocsin.sigma.ruleset import RuleSet

from support.pysigma_diff import compare, shown
from support.pysigma_sql import Oracle

FIELDS = {"sel": "cwd", "sel_2": "message", "a-b": "policy_name", "_x": "function_name"}
"""Detection to the field that it looks at."""
WORDS = (
    "sel",
    "sel_2",
    "a-b",
    "_x",
    "and",
    "and",
    "or",
    "or",
    "not",
    "not",
    "(",
    ")",
    "1 of sel*",
    "all of sel*",
    "any of them",
    "all of them",
)
WRONG = (
    "of",
    "1",
    "them",
    "AND",
    "2 of sel*",
    "1 of",
    "all",
    "1 of _*",
    "1 of *",
    "1 of zzz*",
    "*",
    "sel*",
    "|",
    "xor",
    "1 of sel",
    "all of _x",
)
EVENTS = [
    json.dumps({
        "process_kprobe": {
            "process": {"binary": "/bin/sh", "cwd": "y" if a else "n"}, "message": "y" if b else "n", "policy_name": "y" if c else "n",
            "function_name": "y" if d else "n",
        }
    }).encode()
    for a, b, c, d in product((True, False), repeat=4)
]  # fmt: skip


def rule(number: int, condition: str) -> dict[str, object]:
    return {
        "title": "A rule",
        "id": f"{number:08x}-1111-4111-8111-111111111111",
        "logsource": {"product": "tetragon"},
        "detection": {**{name: {field: "y"} for name, field in FIELDS.items()}, "condition": condition},
        "level": "low",
    }


def written(rng: Random, words: tuple[str, ...]) -> str:
    """A condition with up to two of its words lost, exchanged or added."""
    found = well_formed(rng, rng.choice((1, 2, 3))).split()
    for _ in range(rng.choice((0, 1, 1, 2))):
        at = rng.randrange(len(found) + 1)
        found[at : at + rng.choice((0, 1))] = [rng.choice(words)] if rng.random() < 0.7 else []
    return " ".join(found)


def well_formed(rng: Random, depth: int) -> str:
    if depth == 0:
        return rng.choice((*FIELDS, "1 of sel*", "all of sel*", "any of them", "all of them"))
    one, other = well_formed(rng, rng.randrange(depth)), well_formed(rng, rng.randrange(depth))
    return rng.choice(
        ("{0} and {1}", "{0} or {1}", "not {0}", "({0})", "{0} and not ({1})", "not  not {0}", "not({0})or({1})")
    ).format(one, other)


def pysigma_takes(document: dict[str, object]) -> bool:
    try:
        Oracle(yaml.safe_dump(document)).judge([])
    except SigmaError:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_words_in_any_order_are_taken_or_refused_as_by_pysigma(seed):
    rng = Random(seed)
    words = (*WORDS, *WRONG) if seed % 2 else WORDS
    conditions = [condition for _ in range(250) if "of a-b" not in (condition := written(rng, words))]
    documents = [rule(number, condition) for number, condition in enumerate(conditions)]
    taken = [document for document in documents if pysigma_takes(document)]
    text = "---\n".join(yaml.safe_dump(document) for document in documents)
    ruleset = RuleSet.load({"a.yml": text.encode()})
    ours, theirs = {one.id for one in ruleset.rules}, {document["id"] for document in taken}
    assert ours == theirs, [document["detection"] for document in documents if document["id"] in ours ^ theirs]
    assert len(taken) > 10
    agreed = "---\n".join(yaml.safe_dump(document) for document in taken)
    outcome = compare(agreed, ruleset, EVENTS)
    assert not outcome.differences, shown(outcome)


@pytest.mark.parametrize("seed", range(2))
def test_nested_conditions_mean_the_same(seed):
    rng = Random(seed)
    documents = [rule(number, well_formed(rng, 5)) for number in range(200)]
    text = "---\n".join(yaml.safe_dump(document) for document in documents)
    ruleset = RuleSet.load({"a.yml": text.encode()})
    assert len(ruleset.rules) == len(documents)
    outcome = compare(text, ruleset, EVENTS)
    assert not outcome.differences, shown(outcome)

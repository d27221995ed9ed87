"""The rules that we ship, and those of a folder of one's own, judged by us and by pySigma with SQLite."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
import yaml
from msgspec.structs import replace
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection

from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.ir import And
from tocsin.simulator import Generator

from support.pysigma_diff import TIME_NS, as_read_by_pysigma, compare, reaching, shown

PACK = Path(__file__).resolve().parents[2] / "policies" / "rules"
FILES = sorted(PACK.rglob("*.yml"))
FOLDER = os.environ.get("TOCSIN_DIFFERENTIAL_RULES", "")
"""A folder of other rules, such as a checkout of SigmaHQ's."""
EVENTS_A_RULE = 12
BACKGROUND = 1_000


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return RuleSet.load({str(path.relative_to(PACK)): path.read_bytes() for path in FILES})


def text(files: Sequence[Path], *, filters: bool) -> str:
    """The rules of *files*, and their filters but for silences, which take nothing out."""
    documents = [found for path in files for found in yaml.safe_load_all(path.read_text()) if found]
    kept = [
        found
        for found in documents
        if "detection" in found or (filters and "filter" in found and "x-silence" not in found)
    ]
    return "---\n".join(yaml.safe_dump(found, sort_keys=False) for found in kept)


def lines(written: str, ruleset: RuleSet) -> list[bytes]:
    """Events that rules and filters match, miss by little, name in their tests, or do not expect at all."""
    rng, rules = Random(len(ruleset.rules)), ruleset.rules
    tested = [json.dumps(test["event"]).encode() for rule in rules for test in rule.tests if "event" in test]
    background = Generator(7, TIME_NS, attacks_per_minute=60).take(BACKGROUND, TIME_NS, TIME_NS + 60 * 10**9)
    filtered = [
        replace(rule, condition=And((rule.condition, each.condition)))
        for rule in rules
        for each in ruleset.filters_of(rule)
    ]
    meant = [*rules, *as_read_by_pysigma(written, rules), *filtered]
    return [*reaching(meant, rng, EVENTS_A_RULE), *tested, *(line for line in background if len(line) < 16_000)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_of_the_pack_is_taken_by_pysigma(path):
    collection = SigmaCollection.from_yaml(path.read_text(), resolve_references=False)
    assert not collection.errors
    if collection.rules and not any("correlation" in found for found in yaml.safe_load_all(path.read_text())):
        assert sqliteBackend(fulltext_field="CommandLine").convert(collection)


def test_the_pack_and_pysigma_agree_on_every_event(ruleset):
    written = text(FILES, filters=False)
    outcome = compare(written, RuleSet.load({"pack.yml": written.encode()}), lines(written, ruleset))
    assert not outcome.differences, shown(outcome)
    assert outcome.matched > 0.9 * outcome.rules, "events no longer reach the rules that they are made for"


def test_the_pack_and_pysigma_agree_with_filters(ruleset):
    written = text(FILES, filters=True)
    outcome = compare(written, ruleset, lines(text(FILES, filters=False), ruleset), filtered=True)
    assert not outcome.differences, shown(outcome)


@pytest.mark.skipif(not FOLDER, reason="TOCSIN_DIFFERENTIAL_RULES names no folder")
def test_the_rules_of_a_folder_and_pysigma_agree_on_every_event():
    files = sorted(Path(FOLDER).rglob("*.yml"))
    known = {rule.id for rule in RuleSet.load({str(path): path.read_bytes() for path in files}).rules}
    documents = text(files, filters=False).split("---\n")
    written = "---\n".join(document for document in documents if yaml.safe_load(document)["id"] in known)
    ruleset = RuleSet.load({"all.yml": written.encode()})
    outcome = compare(written, ruleset, lines(written, ruleset))
    assert not outcome.differences, shown(outcome)
    assert outcome.matched > 0.9 * outcome.rules

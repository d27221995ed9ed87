"""Techniques with their rules, as text and as a layer that the Navigator opens."""

import json

from tocsin.sigma.authoring import attack_coverage
from tocsin.sigma.syntax.documents import Correlation, Rule
from tocsin.sigma.syntax.parser import parse

from support import rule_texts


def documents() -> list[Rule | Correlation]:
    texts = [
        rule_texts.rule(more="tags: [attack.t1059.004, attack.t1105, attack.execution]"),
        rule_texts.correlation(more="tags: [attack.t1059.004]"),
        rule_texts.rule(title="Untagged"),
    ]
    found = [document for text in texts for document in parse("a.yml", text.encode()).documents]
    return [document for document in found if isinstance(document, Rule | Correlation)]


def test_a_technique_lists_its_rules_worst_first() -> None:
    first, second = attack_coverage.covered_techniques(documents())
    assert (first.technique, first.severity, first.rules) == (
        "T1059.004",
        "high",
        ("Many shells (high)", "A shell (medium)"),
    )
    assert second.technique == "T1105"


def test_the_layer_names_its_versions_and_counts_rules() -> None:
    layer = json.loads(attack_coverage.layer(documents()))
    assert layer["versions"] == {"attack": attack_coverage.ATTACK, "navigator": "5.1.0", "layer": "4.5"}
    assert layer["domain"] == "enterprise-attack"
    assert [(each["techniqueID"], each["score"]) for each in layer["techniques"]] == [("T1059.004", 2), ("T1105", 1)]


def test_the_summary_says_how_many_rules_have_no_technique() -> None:
    assert attack_coverage.summary(documents()).endswith(
        f"2 techniques of ATT&CK {attack_coverage.ATTACK} by 2 rules, 1 without any"
    )
    assert attack_coverage.summary([]).startswith("0 techniques")

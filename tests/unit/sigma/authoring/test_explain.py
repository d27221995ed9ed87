"""A rule held against an event: each part says what it found, with the engine's own answers."""

import pytest

from tocsin.model import event as events
from tocsin.sigma.authoring import explain
from tocsin.sigma.authoring.explain import Explanation
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.syntax.documents import Filter, Rule
from tocsin.sigma.syntax.parser import parse

from support import rule_texts


def record(line: bytes) -> EventRecord:
    return EventRecord.of(events.read(line), line, cluster="c", node="n")


def rule(detection: str, **more: str) -> Rule:
    (document,) = parse("r.yml", rule_texts.rule(detection, **more).encode()).documents
    assert isinstance(document, Rule)
    return document


def found(explained: Explanation, text: str) -> Explanation:
    """The part that says *text*."""
    waiting = [explained]
    while waiting:
        each = waiting.pop()
        if text in each.text:
            return each
        waiting += each.items
    raise AssertionError(f"{text} is nowhere in {explained}")


_BOTH = "{shell: {Image|endswith: [/sh, /bash]}, quiet: {CommandLine|contains: probe}, condition: shell and not quiet}"


def test_each_part_says_whether_it_holds_and_what_the_event_has() -> None:
    tree = explain.rule(rule(_BOTH), record(rule_texts.exec_event("/bin/bash", "-c id")))
    assert tree.passed
    assert found(tree, "shell").passed
    assert not found(tree, "Image endswith '/sh'").passed
    assert found(tree, "Image endswith '/bash'").values == ("/bin/bash",)
    assert found(tree, "not").passed
    assert found(tree, "CommandLine contains 'probe'").values == ("/bin/bash -c id", "bash -c id")


def test_a_missing_field_has_no_values() -> None:
    tree = explain.rule(rule("{s: {ParentImage|endswith: /sh}, condition: s}"), record(rule_texts.exec_event()))
    assert not tree.passed
    assert found(tree, "ParentImage").values == ()


def test_an_event_of_another_kind_fails_by_its_kind() -> None:
    line = b'{"process_exit": {"process": {"binary": "/bin/sh"}}, "node_name": "n"}'
    tree = explain.rule(rule(_BOTH), record(line))
    assert not tree.passed
    assert not found(tree, "kind of event is exec").passed
    assert "it is 'exit'" in explain.why_not(rule(_BOTH), record(line))


def test_a_process_found_running_is_not_looked_at() -> None:
    line = rule_texts.exec_event().replace(b'"arguments"', b'"flags": "procFS auid", "arguments"')
    assert not explain.rule(rule(_BOTH), record(line)).passed
    assert explain.rule(rule(_BOTH, more="x-existing: true"), record(line)).passed


def test_the_reason_of_a_negation_is_what_holds_within_it() -> None:
    why = explain.why_not(rule(_BOTH), record(rule_texts.exec_event("/bin/sh", "probe")))
    assert why == "CommandLine contains 'probe': it is '/bin/sh probe', 'sh probe'"


@pytest.mark.parametrize(
    ("expires", "passed", "said"),
    [
        ("", False, "filter 'Probes' excludes it"),
        ("2030-01-01", True, "silence 'Probes' excludes it from the severity"),
        ("2020-01-01", True, "A shell"),
    ],
)
def test_filters_and_silences_are_parts_of_the_answer(expires: str, *, passed: bool, said: str) -> None:
    silence = f"x-silence: {{owner: a, reason: b, expires: {expires}}}\n" if expires else ""
    (each,) = parse("f.yml", rule_texts.filter(more=silence).encode()).documents
    assert isinstance(each, Filter)
    tree = explain.rule(
        rule("{s: {Image|endswith: /sh}, condition: s}"),
        record(rule_texts.exec_event(arguments="probe")),
        [each],
        time_ns=1_767_225_600 * 10**9,
    )
    assert tree.passed is passed
    assert found(tree, said)
    assert ("silenced" in tree.text) is (expires == "2030-01-01")


def test_of_a_thousand_alternatives_those_that_hold_are_shown() -> None:
    values = ", ".join(f"/opt/tool{number}x" for number in range(1000))
    tree = explain.rule(
        rule(f"{{s: {{Image: [{values}]}}, condition: s}}"), record(rule_texts.exec_event("/opt/tool777x"))
    )
    assert found(tree, "tool777x").passed
    assert len(found(tree, "one of").items) == 9
    assert found(tree, "… and 992 further alternatives")


@pytest.mark.parametrize(
    ("detection", "text"),
    [
        ("{s: {Image|cased: /bin/SH}, condition: s}", "Image = '/bin/SH' (cased)"),
        ("{s: {Image: '/b*/s?'}, condition: s}", "Image like '/b*/s?'"),
        ("{s: {Image|re: 's[h]$'}, condition: s}", "Image matches 's[h]$'"),
        ("{s: {ProcessId|gte: 5}, condition: s}", "ProcessId >= 5"),
        ("{s: {ParentImage|exists: false}, condition: s}", "ParentImage is missing"),
        ("{s: {ParentImage: null}, condition: s}", "ParentImage is missing"),
        ("{s: {Image|fieldref: ParentImage}, condition: s}", "Image = field ParentImage"),
        ("{s: [evil], condition: s}", "keyword in CommandLine: contains 'evil'"),
    ],
)
def test_a_comparison_reads_as_it_was_written(detection: str, text: str) -> None:
    tree = explain.rule(rule(detection), record(rule_texts.exec_event()))
    assert found(tree, text.partition(" ")[0]).text == text

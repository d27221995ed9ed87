"""Rules read from files: what they say, which events they are about, and what is said where something is wrong."""

import pytest

from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.syntax.documents import Rule
from tocsin.sigma.syntax.ir import And, Atom, Named, Node, Or
from tocsin.sigma.syntax.parser import FailedDocument, ParsedFile, parse
from tocsin.sigma.syntax.problems import Problem

ID = "5d4c1f3e-0000-4000-8000-000000000001"
WHOLE = f"""\
# a comment
title: Shell below a database
id: {ID}
name: database_shell
taxonomy: tetragon
status: test
description: |
  A database starts a shell.
author: Somebody
references:
  - https://example.org/a
license: Apache-2.0
date: 2026-11-24
modified: 2026/11/25
tags: [attack.execution, attack.t1059.004, attack.T1190, attack.defense_evasion, attack.g0001, cve.2021-44228]
logsource: {{product: linux, category: process_creation, definition: none}}
detection:
  shell: {{Image|endswith: /sh}}
  pod: {{pod.namespace: db}}
  condition: shell and pod
falsepositives: [backups]
level: high
x-runbook: Look at the parent.
x-link: https://example.org/runbook
x-requires: {{hooks: [__x64_sys_openat, security_file_open, syscalls/sys_enter_openat], kinds: [exec], options: [enable-process-cred], version: v1.6}}
x-existing: true
x-tests:
  - {{name: one, match: true, event: {{process_exec: {{process: {{pid: 7, binary: /bin/sh}}}}}}}}
x-of-ours: kept out
"""


def rule(
    *, logsource: str = "{product: linux}", detection: str = "{s: {Image: a}, condition: s}", more: str = ""
) -> str:
    level = "" if "level:" in more else "level: low\n"
    return f"title: T\nid: {ID}\n{level}logsource: {logsource}\ndetection: {detection}\n{more}"


def read(text: str) -> ParsedFile:
    return parse("rules/a.yml", text.encode())


def only(text: str) -> Rule:
    found = read(text)
    assert not found.failed
    (document,) = found.documents
    assert isinstance(document, Rule)
    return document


def refused(text: str) -> Problem:
    found = read(text)
    assert not found.documents
    (failed,) = found.failed
    return failed.problem


def warned(text: str) -> list[str]:
    found = read(text)
    assert not found.failed
    return [warning.text for warning in found.warnings]


def test_a_whole_rule_is_read() -> None:
    found = only(WHOLE)
    assert (found.file, found.line, found.id, found.name) == ("rules/a.yml", 2, ID, "database_shell")
    assert found.title == "Shell below a database"
    assert found.description == "A database starts a shell."
    assert (found.author, found.license, found.status) == ("Somebody", "Apache-2.0", "test")
    assert (found.date, found.modified) == ("2026-11-24", "2026/11/25")
    assert found.techniques == ("T1059.004", "T1190")
    assert found.tags[0] == "attack.execution"
    assert found.falsepositives == ("backups",)
    assert found.level == "high"
    assert found.native
    assert found.kinds == {"exec"}
    assert (found.runbook, found.link) == ("Look at the parent.", "https://example.org/runbook")
    assert found.requires.hooks == ("openat", "security_file_open", "syscalls/sys_enter_openat")
    assert (found.requires.kinds, found.requires.options, found.requires.version) == (
        ("exec",),
        ("enable-process-cred",),
        "1.6",
    )
    assert found.existing
    assert found.tests[0]["event"] == {"process_exec": {"process": {"pid": 7, "binary": "/bin/sh"}}}
    assert isinstance(found.condition, And)
    assert [node.name for node in found.condition.items if isinstance(node, Named)] == ["shell", "pod"]
    assert warned(WHOLE) == []


def test_the_first_reference_stands_in_for_a_link() -> None:
    assert only(rule(more="references: [https://a.example, https://b.example]\n")).link == "https://a.example"


def test_the_hash_is_that_of_the_document_alone() -> None:
    first, second = only(rule()), only(rule(more="status: test\n"))
    assert first.hash != second.hash
    both = read(f"---\n{rule()}\n---\n{rule(more='status: test')}")
    assert len({document.hash for document in both.documents}) == 2


def demands(node: Node) -> set[tuple[str, str, object]]:
    parts = node.items if isinstance(node, And) else (node,)
    return {(part.field, part.op, part.value) for part in parts if isinstance(part, Atom)}


CALLS = {"kprobe", "lsm", "tracepoint"}
TARGET = ("TargetFilename", "exists", True)


@pytest.mark.parametrize(
    ("logsource", "kinds", "asked"),
    [
        ("{product: linux, category: process_creation}", {"exec"}, set()),
        ("{category: process_creation}", {"exec"}, set()),
        ("{product: linux}", {"exec"}, set()),
        ("{product: linux, category: file_event}", CALLS, {TARGET, ("access", "eq", "write")}),
        ("{product: linux, category: file_access}", CALLS, {TARGET, ("access", "eq", "read")}),
        ("{product: linux, category: network_connection}", CALLS, {("Initiated", "exists", True)}),
        ("{product: linux, category: image_load}", {"loader"}, set()),
        ("{product: linux, service: auditd}", {"exec", *CALLS}, set()),
        ("{product: tetragon}", set(EVENT_KINDS), set()),
        ("{product: tetragon, category: exit}", {"exit"}, set()),
        ("{product: tetragon, category: call}", CALLS, set()),
        ("{product: tetragon, category: file}", CALLS, {TARGET}),
    ],
)
def test_a_logsource_says_which_events_are_meant(logsource: str, kinds: set[str], asked: set[object]) -> None:
    found = only(rule(logsource=logsource))
    assert found.kinds == kinds
    assert demands(found.condition) == asked
    assert found.native == ("tetragon" in logsource)


def test_a_network_event_has_an_address_or_a_port() -> None:
    found = only(rule(logsource="{product: tetragon, category: network}"))
    assert isinstance(found.condition, And)
    assert isinstance(found.condition.items[0], Or)
    assert len(found.condition.items[0].items) == 3


@pytest.mark.parametrize(
    ("logsource", "said"),
    [
        ("{product: windows}", "is not supported: Tetragon sees only Linux"),
        ("{product: Linux}", "did you mean 'linux'?"),
        ("{product: linux, category: proces_creation}", "did you mean 'process_creation'?"),
        ("{product: linux, category: create_remote_thread}", "known are"),
        ("{product: linux, service: sshd}", "is the log of a program"),
        ("{product: linux, service: auditdd}", "did you mean 'auditd'?"),
        ("{product: tetragon, category: exce}", "did you mean 'exec'?"),
        ("{product: tetragon, service: x}", "has no services"),
        ("{}", "is empty"),
        ("linux", "must be a mapping"),
    ],
)
def test_what_tetragon_does_not_see_is_refused(logsource: str, said: str) -> None:
    problem = refused(rule(logsource=logsource))
    assert said in problem.text
    assert (problem.line, problem.column) == (4, 12)


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (rule().replace(f"id: {ID}\n", ""), "id: is missing", 1),
        (rule().replace(ID, "a b"), "must be 1 to 64", 2),
        (rule().replace("title: T\n", ""), "title: is missing", 1),
        (rule().replace("title: T\n", "title:\n"), "title: is empty", 1),
        (rule(more="level: hihg\n"), "did you mean 'high'?", 5),
        (rule(more="taxonomy: ecs\n"), "taxonomy: 'ecs' is not known here", 6),
        (rule(more="x-existing: 7\n"), "must be true or false", 6),
        (rule(more="x-requires: {hook: [a]}\n"), "did you mean 'hooks'?", 6),
        (rule(more="x-requires: {kinds: [exce]}\n"), "did you mean 'exec'?", 6),
        (rule(more="x-requires: {version: latest}\n"), "is not a version", 6),
        (rule(more="x-tests: {a: b}\n"), "must be a list of tests", 6),
        (rule(more="x-tests: [a]\n"), "a test is a mapping", 6),
        (rule(more="x-silence: {owner: a}\n"), "belongs to a filter", 6),
        (rule(more="x-repeat: 5m\n"), "belongs to a correlation", 6),
        (rule(more="tags: {a: b}\n"), "tags: must be a text, not a mapping", 6),
        (rule(more="correlation: {type: event_count}\n"), "not both", 6),
        (rule(detection="{condition: s}"), "no detection", 5),
        (rule(detection="{s: {Image: a}}"), "write `condition: s`", 5),
        (rule(detection="{s: {Image: a}, condition: []}"), "an empty list", 5),
        (rule(detection="{s: {Image: a}, condition: s, timeframe: 5m}"), "write a correlation", 5),
        (rule(detection="[a]"), "detection: must be a mapping", 5),
        (rule().replace("detection:", "detections:"), "did you mean 'detection'?", 5),
        (rule().replace("\nlogsource: {product: linux}\ndetection: {s: {Image: a}, condition: s}", ""), "it needs one of", 1),
        (rule().replace("logsource: {product: linux}\n", ""), "logsource: is missing", 1),
        ("action: global\n" + rule().replace("detection", "other"), "write each rule in full", 1),
        ("- a\n- b\n", "a document must be a mapping", 1),
        ("just text\n", "a document must be a mapping", 1),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_what_to_do(text: str, said: str, line: int) -> None:
    problem = refused(text)
    assert said in problem.text
    assert (problem.file, problem.line) == ("rules/a.yml", line)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("x-runbok: a\n", "did you mean 'x-runbook'?"),
        ("falsepositive: a\n", "did you mean 'falsepositives'?"),
        ("status: stabel\n", "did you mean 'stable'?"),
        ("tags: [attack.t105]\n", "is not a technique"),
        ("tags: [attack.1059]\n", "is not a technique"),
        ("tags: [attack.executoin]\n", "did you mean 'execution'?"),
        ("tags: [execution]\n", "has no namespace"),
    ],
)
def test_what_is_likely_not_meant_is_warned_of(more: str, said: str) -> None:
    found = read(rule(more=more))
    assert len(found.documents) == 1
    (warning,) = found.warnings
    assert said in warning.text
    assert warning.warning
    assert warning.rule == ID
    assert warning.line == 6


def test_a_missing_level_is_medium_and_said_so() -> None:
    found = read(rule().replace("level: low\n", ""))
    assert isinstance(found.documents[0], Rule)
    assert found.documents[0].level == "medium"
    assert [warning.code for warning in found.warnings] == ["level"]


def test_an_id_that_is_no_uuid_is_taken_with_a_warning() -> None:
    found = read(rule().replace(ID, "my_rule-1"))
    assert found.documents[0].id == "my_rule-1"
    assert [warning.code for warning in found.warnings] == ["id"]


def test_a_detection_that_is_not_used_is_warned_of() -> None:
    found = read(rule(detection="{s: {Image: a}, t: {Image: b}, condition: s}"))
    assert [(warning.code, "'t' is not used" in warning.text) for warning in found.warnings] == [
        ("unused-detection", True)
    ]


def test_several_conditions_are_alternatives() -> None:
    found = only(rule(detection="{s: {Image: a}, t: {Image: b}, condition: [s, t]}"))
    assert isinstance(found.condition, Or)


def test_invisible_characters_are_named() -> None:
    found = read(rule(more='description: "a\u202eb \u200b c"\n'))
    assert [(w.code, w.line, w.column) for w in found.warnings] == [("invisible", 6, 16), ("invisible", 6, 19)]
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in found.warnings[0].text
    assert "U+200B (ZERO WIDTH SPACE)" in found.warnings[1].text


def test_a_broken_document_leaves_the_others_alone() -> None:
    other = ID.replace("0001", "0002")
    text = (
        f"{rule()}---\ntitle: [\nid: {other}\n--- # third\n{rule().replace(ID, ID.replace('0001', '0003'))}...\n# end\n"
    )
    found = read(text)
    assert [document.id[-1] for document in found.documents] == ["1", "3"]
    assert found.documents[1].line == 10
    assert found.failed == (FailedDocument(index=1, id=other, problem=found.failed[0].problem),)
    assert found.failed[0].problem.line >= 7


def test_a_document_that_is_refused_keeps_its_id_for_its_last_good_version() -> None:
    found = read(rule(detection="{s: {Imag: a}, condition: s}"))
    assert (found.failed[0].index, found.failed[0].id) == (0, ID)
    assert found.failed[0].problem.rule == ID


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "---\n---\n...\n", "%YAML 1.1\n"])
def test_a_file_without_documents_holds_nothing(text: str) -> None:
    assert read(text) == ParsedFile()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_taken(end: str) -> None:
    found = parse("a.yml", (f"---\n{rule()}---\n{rule()}".replace("\n", end)).encode())
    assert [document.line for document in found.documents] == [2, 8]


def test_a_byte_order_mark_is_taken() -> None:
    assert len(parse("a.yml", b"\xef\xbb\xbf" + rule().encode()).documents) == 1

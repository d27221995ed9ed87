"""The index finds every rule that matches, whatever the rules and the events are."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.sigma.fields.event_view import LONGEST
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.matching.candidates import CandidateFinder
from tocsin.sigma.matching.compiled_rule import CompiledRule, Hit
from tocsin.sigma.matching.compiler import predicate
from tocsin.sigma.matching.required_literals import Alternative, Location, required_literals
from tocsin.sigma.syntax.ir import And, Atom, Const, Named, Node, Not, Or, Wild

from support.event_views import atom, called, rule, seen

CURL, WGET = atom("Image", "endswith", "/curl"), atom("Image", "endswith", "/wget")
PIPE = atom("CommandLine", "contains", "| SH")
NAME, TEXT = Location("name", "Image"), Location("text", "CommandLine.whole")


@pytest.mark.parametrize(
    ("node", "ways"),
    [
        (CURL, [{NAME: {"curl"}}]),
        (Or((CURL, WGET)), [{NAME: {"curl", "wget"}}]),
        (And((CURL, PIPE)), [{NAME: {"curl"}, TEXT: {"| sh"}}]),
        (And((Named("a", Or((CURL, WGET))), PIPE)), [{NAME: {"curl", "wget"}, TEXT: {"| sh"}}]),
        (Or((CURL, PIPE)), [{NAME: {"curl"}}, {TEXT: {"| sh"}}]),
        (And((CURL, Not(PIPE))), [{NAME: {"curl"}}]),
        (Not(CURL), None),
        (Not(Not(CURL)), [{NAME: {"curl"}}]),
        (Or((CURL, Not(PIPE))), None),
        (Or((CURL, atom("uid", "eq", 0))), None),
        (Const(False), []),
        (Const(True), None),
        (And((CURL, Const(False))), []),
        (atom("Image", "endswith", "/tmp/"), [{TEXT: {"/tmp/"}}]),
        (atom("Image", "endswith", "sh"), [{TEXT: {"sh"}}]),
        (atom("Image", "eq", "sh"), [{NAME: {"sh"}}]),
        (atom("Image", "like", ("/tmp/", Wild.MANY, "/x")), [{TEXT: {"/tmp/"}}]),
        (atom("Image", "re", "curl"), None),
        (atom("Image", "null"), None),
        (atom("Image", "exists", True), None),
        (atom("pod.name", "eq", "x"), None),
        (atom("function", "eq", "BPF"), [{Location("exact", "function"): {"bpf"}}]),
        (atom("DestinationPort", "eq", 443), [{Location("exact", "DestinationPort"): {"443"}}]),
        (atom("cap.effective", "eq", "CAP_BPF"), [{Location("part", "cap"): {""}}]),
        (atom("cap.effective", "null"), None),
        (atom("CommandLine", "contains", "Σ", cased=True), None),
        (atom("CommandLine", "contains", "longer"), [{TEXT: {"longer"}}]),
        (And((atom("CommandLine", "contains", "-e"), atom("CommandLine", "contains", "stratum"))), [{TEXT: {"stratum"}}]),
    ],
)  # fmt: skip
def test_the_witness_of_a_condition(node: Node, ways: list[Alternative] | None) -> None:
    assert required_literals(node) == ways


WORDS = st.sampled_from(
    ["", "a", "A", "/", "/bin/sh", "sh", "curl", "/tmp/", "ΑΣ", "σ", "ς", "İ", "ß", " ", "-c", "|", "443", "0", "bpf", "x\0y", "."]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=4).map("".join)
FIELDS = st.sampled_from(
    [
        "Image", "CommandLine", "", "arguments", "ParentImage", "ParentCommandLine", "parent.arguments", "function",
        "event_type", "TargetFilename", "DestinationPort", "action", "access", "Initiated", "kind", "type", "args", "flags",
        "target", "cap.effective", "tags", "uid", "signal", "User", "existing", "in_container", "SYSCALL", "cwd",
    ]
)  # fmt: skip
VALUES = TEXTS | st.sampled_from(
    ["execve", "existing", "exec", "kprobe", "connect", "tcp_connect", "write", "true", "false", "SIGKILL", "EXECVE", "root", "9", "KPROBE_ACTION_0"]
)  # fmt: skip


@st.composite
def atoms(draw: st.DrawFn) -> Atom:
    op = draw(st.sampled_from(["eq", "eq", "contains", "contains", "startswith", "endswith", "like", "re", "gt", "exists", "null", "fieldref"]))  # fmt: skip
    value: Any = draw(VALUES)
    if op == "like":
        value = tuple(draw(st.lists(WORDS.filter(bool) | st.sampled_from(list(Wild)), max_size=4)))
    elif op == "re":
        value = draw(st.sampled_from(["sh", "^/bin", "(?i)curl$", "."]))
    elif op == "gt" or (op == "eq" and draw(st.integers(0, 5)) == 0):
        value = draw(st.sampled_from([0, 443, 5]))
    elif op == "exists":
        value = draw(st.booleans())
    elif op == "null":
        value = None
    elif op == "fieldref":
        value = draw(FIELDS.filter(bool))
    return Atom(field=draw(FIELDS), op=op, value=value, cased=draw(st.booleans()))


NODES: st.SearchStrategy[Node] = st.recursive(
    atoms() | st.booleans().map(Const),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda items: And(tuple(items)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda items: Or(tuple(items)))
        | inner.map(Not)
        | inner.map(lambda item: Named("n", item))
    ),
    max_leaves=8,
)
PROCESSES = st.fixed_dictionaries(
    {"binary": TEXTS},
    optional={
        "arguments": TEXTS,
        "flags": st.sampled_from(["procFS", "execve clone", "errorArgs"]),
        "uid": st.sampled_from([0, 443]),
        "cap": st.just({"effective": ["CAP_BPF", "a"]}),
        "docker": st.just("d"),
        "cwd": TEXTS,
    },
)
ARGUMENTS = st.lists(
    TEXTS.map(lambda text: {"string_arg": text})
    | TEXTS.map(lambda text: {"file_arg": {"path": text}})
    | st.sampled_from([{"int_arg": 2}, {"int_arg": 443}, {"sock_arg": {"daddr": "1.2.3.4", "dport": 443}}]),
    max_size=3,
)


@st.composite
def records(draw: st.DrawFn) -> EventRecord:
    process, parent = draw(PROCESSES), draw(st.none() | PROCESSES)
    key = draw(
        st.sampled_from(
            ["process_exec", "process_exec", "process_kprobe", "process_kprobe", "process_exit", "process_new"]
        )
    )
    body: dict[str, Any] = {
        "signal": draw(st.sampled_from(["", "SIGKILL", 0, 9])),
        "tags": draw(st.sampled_from([[], ["a"]])),
    }
    if key != "process_exec":
        body["function_name"] = draw(
            st.sampled_from(["tcp_connect", "security_file_permission", "bpf", "__x64_sys_openat", "a"])
        )
        body |= {"args": draw(ARGUMENTS), "action": draw(st.sampled_from(["a", "KPROBE_ACTION_POST", 0]))}
    return seen(key, process, parent, **body)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=6), st.lists(records(), min_size=1, max_size=6), st.booleans())
def test_the_index_finds_every_rule_that_matches(nodes: list[Node], events: list[EventRecord], existing: bool) -> None:
    kinds = frozenset({"exec", "kprobe", "exit"})
    rules = [rule(f"r{n}", node, kinds=kinds, existing=existing) for n, node in enumerate(nodes)]
    compiled = [CompiledRule(rule=each, filters=(), hit=Hit(each), holds=predicate(each.condition)) for each in rules]
    selection = CandidateFinder(compiled)
    for record in events:
        found = [each.rule.id for each in selection.candidates(record)]
        holding = [
            each.rule.id
            for each in compiled
            if record.kind in kinds and (existing or not record.existing) and each.holds(record)
        ]
        assert set(holding) <= set(found)
        assert found == sorted(found)


def test_few_rules_are_candidates_of_an_event_that_none_is_about() -> None:
    rules = [rule(f"r{n}", And((atom("Image", "endswith", f"/tool{n}"), PIPE))) for n in range(500)]
    rules += [rule(f"s{n}", atom("CommandLine", "contains", f"word-{n}-")) for n in range(500)]
    selection = CandidateFinder(
        [CompiledRule(rule=each, filters=(), hit=Hit(each), holds=predicate(each.condition)) for each in rules]
    )
    assert selection.candidates(seen(process={"binary": "/bin/ls", "arguments": "-l"})) == []
    both = selection.candidates(seen(process={"binary": "/bin/tool7", "arguments": "word-9- | sh"}))
    assert [each.rule.id for each in both] == ["r7", "s9"]
    assert selection.candidates(called("tcp_connect", process={"binary": "/bin/tool7", "arguments": "| sh"})) == []


@given(st.integers(0, 40), st.sampled_from(["CommandLine", "arguments", "Image"]), st.booleans())
def test_a_literal_at_the_seam_of_a_long_text_is_found_by_both_ways_or_neither(
    shift: int, field: str, cased: bool
) -> None:
    literal = "needle"
    text = "x" * (32 * 1024 - shift) + literal + "x" * (LONGEST - 100)
    process = {"binary": text if field == "Image" else "/bin/a", "arguments": "" if field == "Image" else text}
    one = rule("r", atom(field, "contains", literal, cased=cased))
    compiled = CompiledRule(rule=one, filters=(), hit=Hit(one), holds=predicate(one.condition))
    record = seen(process=process)
    candidates = CandidateFinder([compiled]).candidates(record)
    assert compiled.holds(record) <= (candidates == [compiled])

"""Whatever the bytes: an event, or a reason that a person understands."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model.errors import BadEvent
from tocsin.model.event import ABSENT, KINDS, Event, Observation, integer, read, read_head
from tocsin.model.subjects import EVENT_KINDS

from support import corpus

PROCESS = {"binary": "/bin/sh", "pid": 7, "uid": 0}


def line(key: str = "process_exec", body: object = None, **envelope: object) -> bytes:
    return json.dumps({key: {"process": PROCESS} if body is None else body, **envelope}).encode()


def process_of(event: Event) -> Any:
    assert event.body.process is not None
    return event.body.process


@pytest.mark.parametrize(("key", "kind"), KINDS.items())
def test_every_kind_of_tetragon_is_known(key: str, kind: str) -> None:
    event = read(line(key, node_name="n1", time="2026-01-01T00:00:00Z", cluster_name="c1"))
    assert (event.kind, event.key, event.node, event.cluster) == (kind, key, "n1", "c1")
    assert kind in EVENT_KINDS


def test_an_event_key_of_a_newer_agent_is_carried() -> None:
    event = read(line("process_dns", {"process": PROCESS, "args": "not what we know", "name": "example.org"}))
    assert (event.kind, event.key) == ("unknown", "process_dns")
    assert process_of(event).binary == "/bin/sh"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty line"),
        (b" \t ", "empty line"),
        (b"time=2026-01-01 level=info msg=started", "text, not JSON"),
        (b"failed to create fsnotify watcher: too many open files", "text, not JSON"),
        (b'{"time":"2026-01-01T00:00:00Z","level":"info","msg":"hello"}', "none of Tetragon's event keys"),
        (b"3", "got `int`"),
        (b"[1,2]", "got `array`"),
        (b"null", "got `null`"),
        (b'{"process_exec":{"process":{"bin', "ends before the JSON does"),
        (b'ary":"/bin/sh"}}}', "text, not JSON"),
        (b'"x"}}', "got `str`"),
        (b"2026-01-01T00:00:00.1Z stdout F {}", "its prefix"),
        (b"2026-01-01T00:00:00.1Z {}", "begins with a time"),
        (b'{"process_exec":{"process" 2026-01-01T00:00:00.123Z :{}}}', "time stamp in the middle"),
        (line() + line(), "more than one JSON value"),
        (b"\xef\xbb\xbf" + line(), "byte order mark"),
        (line()[:-5] + b'\xff"}}', "not UTF-8: byte"),
        (b"\0\0\0" + line(), "NUL bytes"),
        (b'{"process_exec":{"process":{"binary":"\\ud800 half"}}}', "surrogate"),
        (b'{"process_exec":{"process":{"binary":"\\ud800"}}}', "surrogate"),
        (b'{"process_exec":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "nested too deeply"),
        (b'{"process_exec":null}', "none of Tetragon's event keys"),
        (b'{"process_exec":"x"}', "process_exec: Expected `object`, got `str`"),
        (b'{"process_exec":[]}', "process_exec: Expected `object`, got `array`"),
        (b'{"process_exec":{},"process_exit":{}}', "two event keys in one line: process_exec, process_exit"),
        (b'{"process_new":{},"process_newer":{}}', "two event keys in one line"),
        (b'{"process_exec":{"process":{"pid":NaN}}}', "invalid character"),
        (b'{"process_exec":{"process":"root"}}', "`process`"),
        (b'{"process_exec":{"process":{"binary":["/bin/sh"]}}}', "`process.binary`"),
        (b'{"process_exec":{"process":{"uid":-1}}}', "`process.uid`"),
        (b'{"process_exec":{"process":{"pod":"web-1"}}}', "`process.pod`"),
        (b'{"process_kprobe":{"function_name":7}}', "`function_name`"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
    ],
)
def test_what_is_no_event_is_refused_in_words(text: bytes, words: str) -> None:
    with pytest.raises(BadEvent) as refused:
        read(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        {"process": {**PROCESS, "environment_variables": "SHELL=/bin/bash"}},
        {"process": {**PROCESS, "pid": 10**40}},
        {"process": {**PROCESS, "pid": 1.5, "arguments": ["-c"], "in_init_tree": "yes"}},
        {"process": {**PROCESS, "pod": {"namespace": "shop", "container": "c1"}}},
        {"process": PROCESS, "parent": "init", "status": -1, "policy_name": {}},
        {"process": PROCESS, "args": {"0": "x"}},
        {"process": PROCESS, "args": ["x", None, {"int_arg": 1.5}, {"sock_arg": []}]},
        {"process": PROCESS, "ancestors": 7, "something_new": {"deep": [1]}},
        {"process": {**PROCESS, "flags": None, "docker": None}, "parent": None, "args": None, "return": None},
    ],
)
def test_a_drifted_field_that_does_not_decide_costs_only_itself(body: dict[str, object]) -> None:
    event = read(line("process_kprobe", body))
    assert process_of(event).binary == "/bin/sh"
    assert process_of(event).uid == 0


def test_an_argument_of_a_strange_type_keeps_its_place() -> None:
    event = read(line("process_kprobe", {"args": ["x", {"int_arg": 5}, {"file_arg": {"path": 3}}]}))
    assert event.body.args is not None
    assert [argument.int_arg for argument in event.body.args] == [None, 5, None]


def test_an_envelope_whose_names_are_no_texts_is_still_an_event() -> None:
    event = read(line(node_name={"x": 1}, time=5, cluster_name=None))
    assert (event.node, event.time, event.cluster) == ("", "", "")


def test_the_last_of_two_equal_keys_counts_as_in_every_json_reader() -> None:
    event = read(
        b'{"process_exec":{"process":{"binary":"/a","binary":"/b"}},"process_exec":{"process":{"binary":"/c"}}}'
    )
    assert process_of(event).binary == "/c"


def test_a_line_of_four_mebibytes_is_an_event() -> None:
    event = read(line(body={"process": {**PROCESS, "arguments": "x" * (4 << 20)}}))
    assert len(process_of(event).arguments) == 4 << 20


def test_nul_in_a_text_is_carried() -> None:
    assert read(line("process_throttle", {"cgroup": "a\0\0"})).body.cgroup == "a\0\0"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (None, None),
        (5, 5),
        ("5", 5),
        ("-1", -1),
        ("", None),
        ("5x", None),
        ("9" * 30, None),
        (2**64, None),
        ("٣", None),
    ],
)
def test_a_64_bit_integer_is_read_as_text_and_as_number(number: int | str | None, expected: int | None) -> None:
    assert integer(number) == expected


def test_every_line_of_the_corpus_is_an_event() -> None:
    for path in corpus.files():
        for number, text in enumerate(path.read_bytes().splitlines(), start=1):
            event = read(text)
            assert event.kind != "unknown", (path.name, number)
            assert event.kind in ("throttle", "rate_limit") or process_of(event).pid is not None


FIELDS = st.sampled_from(
    [
        "process",
        "parent",
        "args",
        "return",
        "action",
        "pod",
        "binary",
        "uid",
        "pid",
        "flags",
        "container",
        "function_name",
        "int_arg",
        "sock_arg",
        "file_arg",
        "path",
        "namespace",
        "signal",
        "status",
        "time",
        "type",
        "event",
    ]
) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=20,
)
LINES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.dictionaries(
        st.sampled_from([*KINDS, "node_name", "time", "cluster_name", "process_new"]), JSON, max_size=3
    ).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
)


def reason_of(text: bytes) -> str:
    """Why *text* is refused; empty where it is an event."""
    try:
        read(text)
    except BadEvent as error:
        return str(error) or "no reason"
    return ""


@pytest.mark.slow
@given(LINES)
@settings(max_examples=400, deadline=None)
def test_whatever_the_bytes_they_are_an_event_or_refused(text: bytes) -> None:
    reason = reason_of(text)
    assert reason != "no reason"
    if not reason:
        assert read_head(text).kind == read(text).kind
        assert read(text).kind in EVENT_KINDS


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_real_line_damaged_anywhere_is_an_event_or_refused(data: st.DataObject) -> None:
    whole = line("process_kprobe", {"process": PROCESS, "args": [{"string_arg": "é\0"}]}, node_name="n", time="x")
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + 1 :]
    for damaged in (whole[:place], whole[place:], changed):
        assert reason_of(damaged) != "no reason"


def test_what_few_rules_look_at_is_carried_undecoded() -> None:
    body = {
        "process": {**PROCESS, "cap": {"effective": ["CAP_BPF"]}, "pod": {"pod_labels": {"app": "a"}}},
        "tags": ["t"],
    }
    event = read(line("process_kprobe", body, node_labels={"zone": "z"}))
    assert json.loads(bytes(process_of(event).cap)) == {"effective": ["CAP_BPF"]}
    assert json.loads(bytes(process_of(event).pod.pod_labels)) == {"app": "a"}
    assert json.loads(bytes(event.body.tags)) == ["t"]
    assert json.loads(bytes(event.node_labels)) == {"zone": "z"}
    assert process_of(event).ns == event.body.ancestors == ABSENT


def test_a_drifted_event_keeps_what_is_left_undecoded() -> None:
    event = read(line("process_exec", {"process": {**PROCESS, "pid": 1.5, "cap": {"x": [1]}}}, node_labels={"z": 1}))
    assert process_of(event).pid is None
    assert json.loads(bytes(process_of(event).cap)) == {"x": [1]}
    assert json.loads(bytes(event.node_labels)) == {"z": 1}


def test_a_line_decoded_at_once_is_what_it_is_decoded_in_steps() -> None:
    for path in corpus.files():
        for text in path.read_bytes().splitlines():
            head = read_head(text)
            event = read(text)
            assert (event.kind, event.key, event.node, event.cluster) == (head.kind, head.key, head.node, head.cluster)
            assert event.time == (head.time or event.body.time or "")
            assert event.body == msgspec.json.decode(head.body, type=Observation)

"""The simulated events pass for Tetragon's: keys, their order, omitted zero values, times, one event a line."""

import collections
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tocsin.model.timestamps import parse_ns
from tocsin.simulator import Generator

from support import corpus

pytestmark = pytest.mark.slow

START_NS = 1_790_000_000_000_000_000
KINDS = {
    "process_exec", "process_exit", "process_kprobe", "process_tracepoint", "process_lsm", "process_uprobe",
    "process_loader", "process_throttle", "process_usdt", "process_dns", "rate_limit_info",
}  # fmt: skip
PROCESS_ORDER = (
    "exec_id", "pid", "uid", "cwd", "binary", "arguments", "flags", "start_time", "auid", "pod", "docker",
    "parent_exec_id", "refcnt", "cap", "ns", "tid", "process_credentials", "binary_properties", "user", "in_init_tree",
    "environment_variables",
)  # fmt: skip
DOCUMENTED = {  # with an option that the recorded agents did not have, or of a newer agent
    "": {"process_dns"},
    "process_dns": {"process", "parent", "query", "rcode"},
    "process": {"binary_properties"},
    "process.binary_properties": {"setuid", "setgid", "privileges_changed", "file"},
    "process.binary_properties.file": {"inode", "path"},
    "process.binary_properties.file.inode": {"number", "links"},
    "process.pod.container": {"maybe_exec_probe"},
}
FREE_MAPS = ("pod_labels", "node_labels")
ZERO_ALLOWED = {"pid", "uid", "auid", "tid", "in_init_tree", "level", "int_arg", "uint_arg", "setuid", "links"}
IDS = {"gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid"}

Shape = dict[str, dict[str, None]]


@pytest.fixture(scope="module")
def simulated() -> list[dict[str, Any]]:
    generator = Generator(3, START_NS, attacks_per_minute=600)
    return [json.loads(line) for line in generator.take(40_000, START_NS, START_NS + 60 * 10**9)]


def objects(path: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object below *value* with its path; a parent is described as any process is."""
    if isinstance(value, list):
        for element in value:
            yield from objects(path, element)
    elif isinstance(value, dict) and not path.endswith(FREE_MAPS):
        yield path, value
        for key, element in value.items():
            at = "process" if key in ("process", "parent") else f"{path}.{key}".lstrip(".")
            yield from objects(at, element)


def recorded() -> Iterator[dict[str, Any]]:
    for file in corpus.files():
        if file.name.startswith("vm-"):
            yield from map(json.loads, file.read_bytes().splitlines())


def test_every_kind_occurs(simulated):
    assert {next(iter(event)) for event in simulated} == KINDS


def test_the_mix_is_mostly_exec_exit_file_and_network(simulated):
    counts = collections.Counter(next(iter(event)) for event in simulated)
    assert counts["process_exec"] + counts["process_exit"] + counts["process_kprobe"] > 0.9 * len(simulated)


def test_keys_are_those_of_real_events(simulated):
    known: dict[str, set[str]] = collections.defaultdict(set)
    for event in recorded():
        for path, found in objects("", event):
            known[path] |= found.keys()
    for path, keys in DOCUMENTED.items():
        known[path] |= keys
    unknown = {
        (path, key)
        for event in simulated
        for path, found in objects("", event)
        for key in found
        if key not in known[path]
    }
    assert unknown == set()


def test_keys_stand_in_the_order_of_real_events(simulated):
    before: dict[str, set[tuple[str, str]]] = collections.defaultdict(set)
    for event in recorded():
        for path, found in objects("", event):
            keys = list(found)
            before[path] |= {(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :]}
    wrong = set()
    for event in simulated:
        for path, found in objects("", event):
            keys = list(found)
            wrong |= {(path, a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if (b, a) in before[path]}
    assert wrong == set()


def test_a_process_has_its_keys_in_the_order_of_the_schema(simulated):
    for event in simulated:
        for path, found in objects("", event):
            if path == "process":
                keys = list(found)
                assert keys == sorted(keys, key=PROCESS_ORDER.index)


def test_labels_are_sorted(simulated):
    for event in simulated:
        assert list(event["node_labels"]) == sorted(event["node_labels"])


def test_zero_values_are_left_out(simulated):
    for event in simulated:
        for path, found in objects("", event):
            for key, value in found.items():
                empty = value in ("", [], None) or (value in (0, False) and key not in ZERO_ALLOWED | IDS)
                documented = (path, key) in {("process.pod.container", "security_context")}
                assert not empty or documented or path.endswith("args"), (path, key, value)


def test_all_but_the_loader_have_a_time(simulated):
    for event in simulated:
        kind = next(iter(event))
        assert ("time" in event) == (kind != "process_loader")
        if "time" in event:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{9}|\d{6}|\d{3}))?Z", event["time"])
            assert not event["time"].endswith("000Z")


def test_a_fraction_has_nine_six_three_or_no_digits():
    generator = Generator(1, START_NS)
    times = [START_NS + 10**9, START_NS + 2 * 10**9 + 5_000_000, START_NS + 3 * 10**9 + 7_000, START_NS + 4 * 10**9 + 1]
    texts = [json.loads(generator.line(t))["time"] for t in times]
    assert [len(t.partition(".")[2].rstrip("Z")) for t in texts] == [0, 3, 6, 9]
    assert [parse_ns(t) for t in texts] == times


def test_hostile_text_stays_on_one_line_and_is_valid():
    generator = Generator(3, START_NS)
    lines = generator.take(40_000, START_NS, START_NS + 10**9)
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)
    assert not any(c in line[:-1] for line in lines for c in (b"\x1b", b"\x00", b"\xee\x80\x80"))
    text = b"".join(lines).decode()
    assert "<script>" in text
    assert "\\u001b" in text
    assert max(map(len, lines)) > 60_000

"""The pack that is shipped: it loads, its own tests hold, and each rule says what those who use it need to know."""

import functools
import json
import re
import uuid
from pathlib import Path

import pytest

from tocsin.model import event as events
from tocsin.sigma.authoring import lint, rule_tests
from tocsin.sigma.fields.event_view import LONGEST
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Rule

PACK = Path(__file__).resolve().parents[3] / "policies" / "rules"

DETECTIONS: dict[str, dict[str, str]] = {
    "1 shell through exec into a pod": {"exec_into_pod": "medium"},
    "2 web server starts a shell": {"web_server_shell": "high"},
    "3 database starts a shell": {"database_shell": "high"},
    "4 reverse shell": {"reverse_shell": "critical", "network_redirection": "medium"},
    "5 download to an interpreter": {"download_to_interpreter": "high"},
    "6 run from a writable directory": {"shared_memory_exec": "high", "temporary_exec": "medium"},
    "7 fileless execution": {"fileless_execution": "critical"},
    "8 namespace tool": {"namespace_tool": "high", "host_namespace_entry": "critical"},
    "9 escape commands": {"escape_command": "critical"},
    "10 runtime client": {"runtime_client": "high"},
    "11 Kubernetes client": {"kubernetes_client": "medium", "kubernetes_client_grave": "high"},
    "12 token on a command line": {"service_account_token": "high"},
    "13 cloud metadata": {"cloud_metadata": "high"},
    "14 miner": {"miner": "critical"},
    "15 package manager": {"package_manager": "medium"},
    "16 scanner or sniffer": {"network_tool": "medium"},
    "17 attack toolkit": {"attack_toolkit": "critical"},
    "18 privilege gained at exec": {"privilege_gain": "high"},
    "19 account change": {"account_change": "high"},
    "20 traces wiped": {"traces_wiped": "high"},
    "21 security tool stopped": {"security_tool_stopped": "high"},
    "22 remote copy or tunnel": {"transfer_tool": "medium"},
    "23 credential search": {"credential_search": "medium"},
    "24 sensitive file read": {"sensitive_file_read": "high"},
    "25 token read by a tool": {"token_read_by_tool": "high"},
    "26 persistence": {"persistence_write": "high"},
    "27 preloading": {
        "preload_command": "critical",
        "preload_environment": "critical",
        "preload_file_write": "critical",
    },
    "28 host control file": {"host_control_write": "critical"},
    "29 runtime socket": {"runtime_socket_used": "high"},
    "30 binary directory": {"binary_directory_write": "high"},
    "31 process memory": {"process_memory_write": "high"},
    "32 kernel module": {"kernel_module_load": "high", "kernel_module_untrusted": "critical"},
    "33 BPF program": {"bpf_load_in_pod": "high"},
    "34 root gained": {"root_gained": "critical"},
    "35 user namespace or mount": {"user_namespace_in_pod": "high", "mount_in_pod": "high"},
    "36 raw socket": {"raw_socket": "medium"},
    "37 shell connects": {"shell_connects_out": "critical"},
    "38 metadata, kubelet, API": {"metadata_or_kubelet_connect": "high", "api_connect_by_tool": "medium"},
    "39 mining port": {"mining_port": "medium"},
    "40 listener": {"listener_by_tool": "high"},
    "41 enforcement ordered": {"enforcement_ordered": "high"},
    "42 argument stuffing": {"argument_stuffing": "medium", "argument_stuffing_shell": "high"},
    "43 throttled": {"throttled": "high"},
    "A1 exec or fork storm": {"exec_storm": "high", "fork_storm": "high"},
    "A2 connect storm": {"connect_storm": "high"},
    "A3 port scan or sweep": {"port_scan": "high", "network_sweep": "high"},
    "A4 discovery burst": {"discovery_burst": "medium"},
    "A5 dropper chain": {"dropper_chain": "critical"},
    "A6 repeated enforcement": {"enforcement_repeated": "critical"},
    "A7 crash burst": {"crash_burst": "medium"},
    "A8 enforcement confirmed": {"kill_confirmed": "critical", "signal_confirmed": "critical"},
}
"""What the pack promises to detect: row, then names and levels."""

BY_NATURE_WITHOUT_WITNESS = {"any_exec", "fileless_execution", "preload_environment", "privilege_gain"}
"""What they look at is no text, so they are looked at for every exec."""
TAGGED_BY_POLICY = {"enforcement_ordered", "enforcement_repeated", "kill_confirmed", "signal_confirmed"}
"""What was stopped is for the policy's own tags to say."""
LEAST = 2
"""Tests that match, and as many that do not."""


def files() -> dict[str, bytes]:
    return {str(path.relative_to(PACK)): path.read_bytes() for path in sorted(PACK.rglob("*.yml"))}


@functools.cache
def pack() -> RuleSet:
    return RuleSet.load(files())


def documents() -> dict[str, Rule | Correlation]:
    everything: list[Rule | Correlation] = [*pack().rules, *pack().correlations]
    return {each.name: each for each in everything}


@functools.cache
def warned() -> tuple[tuple[str, str, str], ...]:
    """Code, name and text of everything that the check says."""
    names = {each.id: each.name for each in (*pack().rules, *pack().correlations, *pack().filters)}
    return tuple((problem.code, names.get(problem.rule, ""), str(problem)) for problem in lint.check(files()))


def wants(each: Rule | Correlation) -> list[bool]:
    """For each test, whether something is to match or fire."""
    return [bool(test["match"] if isinstance(each, Rule) else test["alerts"]) for test in each.tests]


every = pytest.mark.parametrize("name", sorted(documents()))


def test_the_whole_pack_loads_without_a_problem() -> None:
    assert [str(problem) for problem in pack().problems] == []


@pytest.mark.slow
def test_the_check_finds_nothing_but_what_is_so_by_nature() -> None:
    assert [
        text for code, name, text in warned() if not (code == "no-witness" and name in BY_NATURE_WITHOUT_WITNESS)
    ] == []


@every
def test_the_tests_of_a_rule_hold_with_the_whole_pack_loaded(name: str) -> None:
    results = list(rule_tests.run_one(pack(), documents()[name]))
    assert results
    assert [f"{result.file}: {result.test}: {result.why}" for result in results if not result.passed] == []


@every
def test_a_rule_has_tests_of_both_kinds_each_with_a_name_of_its_own(name: str) -> None:
    each = documents()[name]
    assert wants(each).count(True) >= LEAST
    assert wants(each).count(False) >= LEAST
    names = [test.get("name") for test in each.tests]
    assert all(names)
    assert len(set(names)) == len(names)


@every
def test_a_rule_says_what_its_users_need_to_know(name: str) -> None:
    each = documents()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]{2,40}", each.name)
    assert uuid.UUID(each.id).version == 4
    assert each.author == "Tocsin"
    assert each.license == "Apache-2.0"
    assert each.status in {"stable", "test", "experimental"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", each.date)
    assert each.description
    assert each.falsepositives
    assert len(each.runbook) > 15
    assert "\n" not in each.runbook
    assert each.techniques or each.id in pack().silent or each.name in TAGGED_BY_POLICY
    if isinstance(each, Rule):
        assert each.requires.kinds or each.requires.hooks


@pytest.mark.parametrize("row", DETECTIONS)
def test_every_detection_that_is_promised_is_there_with_its_level(row: str) -> None:
    assert {name: documents()[name].level for name in DETECTIONS[row] if name in documents()} == DETECTIONS[row]


def test_names_and_ids_and_titles_are_one_documents_own() -> None:
    everything = [*pack().rules, *pack().correlations, *pack().filters]
    for of in ("id", "name", "title"):
        found = [getattr(each, of) for each in everything]
        assert sorted(found) == sorted(set(found))


def test_a_filter_says_whose_it_is_and_names_its_rules() -> None:
    for each in pack().filters:
        assert each.rules, f"{each.name} takes something out of every rule"
        assert each.silence is None, f"{each.name}: a silence is an operator's, with an end"
        assert each.author == "Tocsin"
        assert each.license == "Apache-2.0"
        assert len(each.description) > 60


def test_a_silent_rule_is_a_stone_of_a_correlation_and_no_detection() -> None:
    promised = {name for row in DETECTIONS.values() for name in row}
    silent = {each.name for each in (*pack().rules, *pack().correlations) if each.id in pack().silent}
    assert silent.isdisjoint(promised)


@pytest.mark.parametrize(
    ("process", "name"),
    [
        ({"binary": "/usr/bin/env", "flags": "execve clone dataArgs"}, "argument_stuffing"),
        ({"binary": "/bin/bash", "docker": "0f5ea1e7c6b34d5"}, "argument_stuffing_shell"),
    ],
)
def test_arguments_that_are_longer_than_rules_look_are_told_of(process: dict[str, str], name: str) -> None:
    process = {**process, "arguments": "A" * (LONGEST + 1)}
    line = json.dumps({"process_exec": {"process": process}, "node_name": "n", "time": "2026-01-01T00:00:00Z"}).encode()
    record = EventRecord.of(events.read(line), line)
    assert name in {hit.rule.name for hit in pack().match(record, 0).hits}

"""What is concluded of events, export files and Tetragon's own settings."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from tocsin.cli.doctor.checks import agent, events
from tocsin.cli.doctor.checks import export as checks
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.gather import cluster
from tocsin.cli.doctor.gather.export import exports
from tocsin.cli.doctor.gather.sample import hook_of
from tocsin.cli.doctor.observations import ExportFile
from tocsin.model.event import read
from tocsin.sigma.authoring import tracing_policies
from tocsin.sigma.authoring.tracing_policies import Hook
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Rule

from support.doctor import NOW_NS, found, sample, verdicts
from support.rule_texts import rule

SECOND = 10**9
DENIED = '{"health_check":true}\n{"namespace":["", "cilium", "kube-system"]}'
"""What Tetragon's chart sets by default."""
ALLOWED = '{"event_set":["PROCESS_EXEC", "PROCESS_EXIT", "PROCESS_KPROBE", "PROCESS_UPROBE", "PROCESS_TRACEPOINT", "PROCESS_LSM"]}'
DEFAULT = {
    "export-filename": "/var/log/tetragon/tetragon.log",
    "export-file-max-size-mb": "10",
    "export-file-max-backups": "5",
    "export-denylist": DENIED,
    "export-allowlist": ALLOWED,
    "export-rate-limit": "-1",
    "field-filters": "",
    "enable-process-cred": "false",
}


def _rules(**fields: str) -> tuple[Rule, ...]:
    return RuleSet.load({"a.yml": rule(**fields).encode()}).rules


KPROBE = {
    "detection": "{selection: {function: tcp_connect}, condition: selection}",
    "logsource": "{product: tetragon, category: kprobe}",
    "more": "",
}


def test_hosts_that_are_never_seen_are_warned_of_with_the_setting_that_hides_them() -> None:
    finding = found(events.check, sample=sample(host_execs=0))["events.host"]
    assert finding.verdict == "warn"
    assert "tetragon.exportDenyList" in finding.do


def test_of_few_programs_nothing_is_concluded_about_hosts() -> None:
    assert verdicts(events.check, sample=sample(execs=20, host_execs=0))["events.host"] == "unknown"
    assert verdicts(events.check, sample=sample(execs=20, host_execs=1))["events.host"] == "ok"


def test_an_empty_stream_is_told_and_nothing_else_is_concluded() -> None:
    assert verdicts(events.check, sample=sample(kinds={})) == {"events": "warn"}


def test_kinds_that_the_chart_hides_are_warned_of_where_a_rule_looks_at_them() -> None:
    wanting = _rules(
        logsource="{product: tetragon, category: loader}", more="", detection="{s: {path: /x}, condition: s}"
    )
    assert wanting[0].kinds == {"loader"}
    assert verdicts(events.check, sample=sample(), rules=wanting)["events.kinds"] == "warn"
    assert verdicts(events.check, sample=sample(), rules=_rules())["events.kinds"] == "ok"


def test_rules_are_held_against_the_hooks_that_events_came_from() -> None:
    wanting = _rules(**KPROBE)
    hook = Hook(name="tcp_connect", function="tcp_connect", kind="kprobe", policy="net")
    hungry = found(events.check, sample=sample(), rules=wanting)["rules.fed"]
    assert hungry.verdict == "warn"
    assert hungry.details == ("tcp_connect: A shell",)
    assert hungry.found.startswith("no event has arrived from the hooks that 1 of 1 rules need")
    fed = sample(observed=[hook], hooks={("kprobe", "tcp_connect", "net"): 3})
    assert verdicts(events.check, sample=fed, rules=wanting)["rules.fed"] == "ok"


def test_policies_of_the_cluster_feed_a_rule_whose_event_has_not_come_yet() -> None:
    hook = Hook(name="tcp_connect", function="tcp_connect", kind="kprobe", policy="net")
    assert verdicts(events.check, sample=sample(), rules=_rules(**KPROBE), policies=[hook])["rules.fed"] == "ok"
    none = found(events.check, sample=sample(), rules=_rules(**KPROBE), policies=[])["rules.fed"]
    assert none.found.startswith("no TracingPolicy sets the hooks")


@pytest.mark.parametrize(
    ("key", "body", "policy"),
    [
        (
            "process_kprobe",
            {"function_name": "security_file_permission"},
            "kprobes: [{call: security_file_permission}]",
        ),
        ("process_lsm", {"function_name": "file_open"}, "lsmhooks: [{hook: file_open}]"),
        (
            "process_tracepoint",
            {"subsys": "sched", "event": "sched_process_fork"},
            "tracepoints: [{subsystem: sched, event: sched_process_fork}]",
        ),
        (
            "process_uprobe",
            {"path": "/bin/bash", "symbol": "readline"},
            "uprobes: [{path: /bin/bash, symbols: [readline]}]",
        ),
        ("process_loader", {"path": "/lib/x.so"}, "loader: true"),
    ],
)
def test_an_event_names_the_hook_that_its_policy_set(key: str, body: dict[str, str], policy: str) -> None:
    event = read(msgspec.json.encode({key: {**body, "process": {"binary": "/bin/x"}, "policy_name": "p"}}))
    text = f"kind: TracingPolicy\nmetadata: {{name: p}}\nspec: {{{policy}}}\n"
    (declared,) = tracing_policies.hooks(text.encode(), "p.yaml")
    assert hook_of(event) == declared


def test_programs_started_and_ended_come_from_no_hook() -> None:
    assert hook_of(read(b'{"process_exec": {"process": {"binary": "/bin/x"}}}')) is None


def test_the_charts_defaults_are_told_with_what_to_change() -> None:
    seen = found(agent.check, agent=DEFAULT, rules=())
    assert {name: finding.verdict.value for name, finding in seen.items()} == {
        "agent.export": "ok", "agent.rotation": "warn", "agent.denylist": "fail", "agent.allowlist": "warn",
        "agent.rate_limit": "ok", "agent.options": "ok",
    }  # fmt: skip
    assert "processes of the host" in seen["agent.denylist"].found
    assert "loader, usdt, throttle" in seen["agent.allowlist"].found


@pytest.mark.parametrize(
    ("change", "name", "verdict"),
    [
        ({"export-filename": ""}, "agent.export", "fail"),
        ({"export-file-max-size-mb": "100", "export-file-max-backups": "20"}, "agent.rotation", "ok"),
        ({"export-file-max-size-mb": "junk"}, "agent.rotation", "warn"),
        ({"export-denylist": '{"health_check":true}'}, "agent.denylist", "ok"),
        ({"export-denylist": '{"namespace":["kube-system"]}'}, "agent.denylist", "warn"),
        ({"export-denylist": '{"namespace":\nno json'}, "agent.denylist", "ok"),
        ({"export-allowlist": ""}, "agent.allowlist", "ok"),
        ({"export-rate-limit": "600"}, "agent.rate_limit", "warn"),
        ({"field-filters": '{"fields":"process.arguments"}'}, "agent.fields", "warn"),
    ],
)
def test_an_agents_setting_is_judged(change: Mapping[str, str], name: str, verdict: str) -> None:
    assert verdicts(agent.check, agent={**DEFAULT, **change}, rules=())[name] == verdict


def test_an_option_that_a_rule_needs_must_be_on() -> None:
    wanting = _rules(more="x-requires: {options: [enable-process-cred]}")
    assert wanting[0].requires.options == ("enable-process-cred",)
    assert verdicts(agent.check, agent=DEFAULT, rules=wanting)["agent.options"] == "warn"
    on = {**DEFAULT, "enable-process-cred": "true"}
    assert verdicts(agent.check, agent=on, rules=wanting)["agent.options"] == "ok"


def test_settings_that_may_not_be_read_are_unknown_with_the_command_to_look() -> None:
    finding = found(agent.check, agent=Unknown("we may not read it (403)", "kubectl get"))["agent.settings"]
    assert (finding.verdict, finding.do) == ("unknown", "kubectl get")


def _file(**fields: object) -> ExportFile:
    return ExportFile(**{"path": checks.NEW_PATH, "exists": True, "size": 5, "changed_ns": NOW_NS - SECOND, **fields})


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        (_file(), "ok"),
        (_file(problem="Permission denied"), "fail"),
        (_file(rotated=((10, NOW_NS - 3_600 * SECOND), (10, NOW_NS - 60 * SECOND))), "ok"),
        (_file(rotated=((10, NOW_NS - 600 * SECOND), (10, NOW_NS - 60 * SECOND))), "warn"),
        (_file(rotated=((10, NOW_NS - 60 * SECOND), (10, NOW_NS - 6 * SECOND))), "fail"),
    ],
)
def test_an_export_file_is_judged_by_how_long_it_lasts(own: ExportFile, verdict: str) -> None:
    assert found(checks.check, exports=[own])["agent.file"].verdict == verdict


def test_a_collector_that_follows_the_file_of_an_older_agent_is_told_the_new_one() -> None:
    both = [_file(), _file(path=checks.OLD_PATH, changed_ns=NOW_NS - 9_000 * SECOND)]
    environ = {"TOCSIN_COLLECTOR_PATH": checks.OLD_PATH}
    findings = {f.check: f for f in checks.check(_observed(both, environ))}
    assert findings["agent.path"].verdict == "fail"
    assert findings["agent.path"].do == f"set TOCSIN_COLLECTOR_PATH={checks.NEW_PATH}"
    assert {f.check: f for f in checks.check(_observed(both, {}))}["agent.path"].verdict == "ok"


def _observed(files: list[ExportFile], environ: dict[str, str]) -> "checks.Observed":
    return checks.Observations(now_ns=NOW_NS, exports=files, environ=environ)


def test_a_file_that_nobody_writes_is_warned_of_and_none_at_all_is_unknown() -> None:
    assert found(checks.check, exports=[_file(changed_ns=NOW_NS - 9_000 * SECOND)])["agent.path"].verdict == "warn"
    assert verdicts(checks.check, exports=[ExportFile(path="/x")]) == {"agent.file": "unknown"}


def test_files_are_found_with_what_was_rotated_and_nothing_else(tmp_path: Path) -> None:
    for name, size in (
        ("tetragon.log", 3),
        ("tetragon-2026-11-24T10-00-00.000.log", 10),
        ("tetragon-2026-11-24T11-00-00.000.log.gz", 20),
        ("tetragon-2026-11-24T11-00-00.000.log.gz.tmp", 7),
        ("other.log", 9),
    ):
        (tmp_path / name).write_bytes(b"x" * size)
    os.utime(tmp_path / "tetragon-2026-11-24T10-00-00.000.log", ns=(1, 1))
    (own,) = exports({}, str(tmp_path / "tetragon.log"))
    assert (own.exists, own.problem, own.size) == (True, "", 3)
    assert [size for size, _ in own.rotated] == [10, 20]
    (none,) = exports({}, str(tmp_path / "none" / "tetragon.log"))
    assert not none.exists


def test_a_policy_of_the_cluster_gives_its_hooks_and_a_broken_one_gives_none() -> None:
    good = {"metadata": {"name": "net"}, "spec": {"kprobes": [{"call": "tcp_connect"}]}}
    assert [hook.function for hook in cluster.hooks(good)] == ["tcp_connect"]
    assert cluster.hooks({"metadata": None, "spec": "x"}) == ()

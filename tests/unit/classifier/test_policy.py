"""The severity table: what the shipped file says, and how a wrong one is refused."""

from pathlib import Path

import msgspec
import pytest

from tocsin.classifier import policy, policy_set
from tocsin.model.errors import SettingsError
from tocsin.model.event import read
from tocsin.model.hook_names import event_type, for_table
from tocsin.model.severity import Severity
from tocsin.runtime.policy_files import Policies

from support import corpus, rulings

POD = {"namespace": "shop", "name": "web-1"}
DEFAULT = rulings.bare().policy.table
TUNED = rulings.bare("tuned").policy.table


def kprobe(function: str, *args: int, **process: object) -> dict[str, object]:
    return {"process_kprobe": {"process": process, "function_name": function, "args": [{"int_arg": n} for n in args]}}


def severity(event: dict[str, object], table: policy.Table = DEFAULT) -> str:
    decoded = read(msgspec.json.encode(event))
    process = decoded.body.process
    in_pod = process is not None and process.pod is not None
    return table.judge(decoded, for_table(event_type(decoded)), in_pod=in_pod).severity.value


@pytest.mark.parametrize(
    "function", ["setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "capset"]
)
@pytest.mark.parametrize("prefix", ["__x64_sys_", "__arm64_sys_", "__ia32_sys_", "__sys_", "sys_", "security_", ""])
def test_setuid_and_capset_are_critical(prefix: str, function: str) -> None:
    assert severity(kprobe(prefix + function)) == "critical"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"process_kprobe": {"function_name": "tcp_connect", "action": "KPROBE_ACTION_SIGKILL"}}, "critical"),
        ({"process_lsm": {"function_name": "file_open", "action": "KPROBE_ACTION_SIGKILL"}}, "critical"),
        ({"process_kprobe": {"function_name": "tcp_connect", "action": "KPROBE_ACTION_SIGNAL"}}, "low"),
        ({"process_exit": {"signal": "SIGKILL"}}, "critical"),
        ({"process_exit": {"signal": "SIGTERM"}}, "low"),
        ({"process_exit": {}}, "low"),
        (kprobe("__x64_sys_bind"), "high"),
        (kprobe("security_socket_bind"), "high"),
        (kprobe("inet_bind"), "high"),
        (kprobe("inet_csk_listen_start"), "high"),
        (kprobe("__x64_sys_listen"), "high"),
        (kprobe("security_socket_listen"), "high"),
        ({"process_exec": {"process": {"binary": "/bin/ls"}}}, "medium"),
        ({"process_exec": {"process": {"binary": "/bin/ls", "flags": "procFS auid"}}}, "low"),
        (kprobe("security_file_open", flags="procFS"), "low"),
        (kprobe("__x64_sys_setuid", flags="procFS"), "critical"),
        (kprobe("__x64_sys_execve"), "medium"),
        (kprobe("security_bprm_check"), "medium"),
        ({"process_lsm": {"function_name": "bprm_check_security"}}, "medium"),
        (kprobe("__x64_sys_ptrace"), "medium"),
        (kprobe("security_ptrace_access_check"), "medium"),
        (kprobe("security_ptrace_traceme"), "medium"),
        ({"process_tracepoint": {"subsys": "syscalls", "event": "sys_enter_setuid"}}, "critical"),
        (kprobe("tcp_connect"), "low"),
        (kprobe("commit_creds"), "low"),
        ({"process_loader": {"path": "/lib/x.so"}}, "low"),
        ({"rate_limit_info": {}}, "low"),
        ({"process_throttle": {"type": "THROTTLE_START"}}, "low"),
        ({"process_new_thing": {}}, "low"),
    ],
)
def test_the_default_profile_says_what_was_agreed(event: dict[str, object], expected: str) -> None:
    assert severity(event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (kprobe("__x64_sys_setuid", 0, binary="/x", uid=1000), "critical"),
        (kprobe("__x64_sys_setuid", 0, binary="/x", uid=0, pod=POD), "critical"),
        (kprobe("__x64_sys_setuid", 0, binary="/usr/sbin/sshd", uid=0), "low"),
        (kprobe("__x64_sys_setuid", 0, binary="/usr/bin/sudo", uid=1000), "low"),
        (kprobe("__x64_sys_setuid", 0, binary="/usr/bin/sudo", uid=1000, pod=POD), "critical"),
        (kprobe("__x64_sys_setuid", 0, binary="/x", uid=0), "low"),
        (kprobe("__x64_sys_setuid", 1000, binary="/x", uid=0), "low"),
        (kprobe("__x64_sys_setuid", 1000, binary="/x", uid=0, pod=POD), "medium"),
        (kprobe("__x64_sys_setuid", binary="/x", uid=0, pod=POD), "high"),
        (kprobe("__x64_sys_setresuid", -1, 0, -1, binary="/x", uid=1000), "critical"),
        ({"process_exit": {"signal": "SIGKILL"}}, "medium"),
        ({"process_kprobe": {"function_name": "tcp_connect", "action": "KPROBE_ACTION_SIGKILL"}}, "critical"),
        (kprobe("security_socket_bind", binary="/x", pod=POD), "high"),
        (kprobe("security_socket_bind", binary="/x"), "medium"),
        ({"process_exec": {"process": {"binary": "/usr/bin/runc"}}}, "low"),
        ({"process_exec": {"process": {"binary": "/usr/bin/runc", "pod": POD}}}, "medium"),
        (kprobe("security_capset", binary="/usr/bin/runc"), "low"),
        (kprobe("security_capset", binary="/x", pod=POD), "high"),
        (kprobe("__x64_sys_ptrace", binary="/x", pod=POD), "high"),
        (kprobe("tcp_connect", binary="/x", pod=POD), "low"),
    ],
)
def test_the_tuned_profile_leaves_out_what_a_healthy_cluster_does(event: dict[str, object], expected: str) -> None:
    assert severity(event, TUNED) == expected


def test_every_line_of_the_shipped_profiles_has_a_name_and_a_reason() -> None:
    for table in (DEFAULT, TUNED):
        assert all(line.reason.endswith(".") and not line.label.isdecimal() for line in table.lines)


def test_the_tuned_profile_has_fewer_critical_alerts_over_the_corpus() -> None:
    counts = {}
    for name, table in (("default", DEFAULT), ("tuned", TUNED)):
        events = [read(line) for line in corpus.full("vm-p4-default")]
        found = [
            table.judge(event, for_table(event_type(event)), in_pod=bool(event.body.process and event.body.process.pod))
            for event in events
        ]
        counts[name] = sum(line.severity is Severity.CRITICAL for line in found)
    assert 0 < counts["tuned"] < counts["default"]


REST = "    - {severity: low, reason: The rest.}\n"


def table_of(lines: str) -> policy.Table:
    return policy.load(f"profiles:\n  default:\n{lines}{REST}", "severity.yaml", "default").table


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("    - {severty: low, reason: x}\n", "severity.yaml:3: severty: no such key; did you mean 'severity'?"),
        ("    - {severity: hihg, kind: exec, reason: x}\n", "severity.yaml:3: severity: 'hihg' is not known; did you mean 'high'?"),
        ("    - {severity: low, kind: exce, reason: x}\n", "3: kind: 'exce' is not known; did you mean 'exec'?"),
        ("    - {severity: low, kind: exec}\n", "3: reason: is missing"),
        ("    - {reason: x, kind: exec}\n", "3: severity: is missing"),
        ("    - {severity: low, reason: x}\n", "3: default: this line has no condition"),
        ("    - severity: low\n      reason: x\n      uid: root\n", "5: uid: 'root' is not a whole number"),
        ("    - {severity: low, reason: x, uid: -1}\n", "uid: -1 is not a user id"),
        ("    - {severity: low, reason: x, uid: 1e3}\n", "uid: '1e3' is not a whole number"),
        ("    - {severity: low, reason: x, in_pod: maybe}\n", "in_pod: 'maybe' is neither true nor false"),
        ("    - {severity: low, reason: x, function: __x64_sys_setuid}\n", "did you mean 'setuid'?"),
        ("    - {severity: low, reason: x, function: security_bpf}\n", "did you mean 'bpf'?"),
        ("    - {severity: low, reason: x, function: []}\n", "function: an empty list matches nothing"),
        ("    - {severity: low, reason: x, function: {a: b}}\n", "function: must be a text"),
        ("    - {severity: low, reason: x, action: SIGKILL}\n", "action: 'SIGKILL' is not known; did you mean"),
        ("    - {severity: low, reason: x, signal: kill}\n", "did you mean 'SIGKILL'?"),
        ("    - {severity: low, reason: x, binary: sshd}\n", "did you mean '/usr/bin/sshd'?"),
        ("    - {severity: low, reason: x, kind: exec, kind: exit}\n", "kind: appears twice"),
        ("    - just text\n", "3: a line must be a mapping"),
        ("    - {severity: low, name: a, reason: x, kind: exec}\n    - {severity: low, name: a, reason: x, kind: exit}\n",
         "name: 'a' is the name of more than one line"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_file_line_and_key(lines: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        table_of(lines)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "severity.yaml: is empty"),
        ("profiles: [", "severity.yaml:1: not YAML"),
        ("a: b", "severity.yaml:1: a: no such key; known are overrides, profiles"),
        ("[]", "the file must be a mapping"),
        ("profiles: {default: []}", "default: must be a list of lines"),
        (
            "profiles:\n  default:\n    - {severity: low, reason: x, kind: exec}\n",
            "3: default: the last line must have no condition",
        ),
        ("profiles:\n  tunde:\n" + REST, "no profile 'default'; known are tunde"),
        ("profiles:\n  defualt:\n" + REST, "no profile 'default'; did you mean 'defualt'?"),
        ("\0", "not YAML"),
        ("a: &a [*a]", "no such key"),
        ("--- 1\n--- 2\n", "not YAML"),
    ],
)
def test_a_wrong_file_is_named(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        policy.load(text, "severity.yaml", "default")
    assert words in str(refused.value)


def test_a_line_without_a_name_is_called_by_its_number() -> None:
    table = table_of("    - {severity: high, kind: exec, reason: x}\n")
    assert [line.label for line in table.lines] == ["3", "4"]


def test_a_missing_file_stops_the_start_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"severity\.yaml: No such file"):
        policy_set.build(Policies(str(tmp_path)).read(), "default")


def test_a_file_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "severity.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        policy_set.build(Policies(str(tmp_path)).read(), "default")


def test_a_profile_of_one_s_own_judges(tmp_path: Path) -> None:
    (tmp_path / "severity.yaml").write_text(
        "profiles:\n  ours:\n    - {severity: high, kind: exec, binary: /bin/nc, reason: Netcat.}\n" + REST
    )
    table = policy_set.build(Policies(str(tmp_path)).read(), "ours").policy.table
    assert severity({"process_exec": {"process": {"binary": "/bin/nc"}}}, table) == "high"
    assert severity({"process_exec": {"process": {"binary": "/bin/ls"}}}, table) == "low"

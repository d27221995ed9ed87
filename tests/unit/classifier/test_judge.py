"""One event in, one alert out, with everything that a single event can tell."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.classifier.judge import TEXT_BYTES, Origin, judge, plain
from tocsin.model import alert as alerts
from tocsin.model.alert import Alert
from tocsin.model.event import KINDS, read
from tocsin.model.timestamps import NS_PER_S, format_ns

from support import corpus, rulings

TABLE = rulings.bare()
RECEIVED = 1_795_500_000 * NS_PER_S
ORIGIN = Origin("0" * 32, "c1", "worker-1.example", RECEIVED)
POD = {
    "namespace": "shop",
    "name": "web-1",
    "container": {"name": "nginx", "image": {"name": "nginx:1.27"}},
    "workload": "web",
    "workload_kind": "Deployment",
}
SHELL = {
    "exec_id": "a2luZDox",
    "pid": 42,
    "uid": 0,
    "cwd": "/srv",
    "binary": "/bin/bash",
    "arguments": "-i",
    "flags": "execve clone",
    "parent_exec_id": "a2luZDow",
    "docker": "abc",
    "pod": POD,
}


def subject_and_alert(event: dict[str, Any], origin: Origin = ORIGIN) -> tuple[str, Alert]:
    line = json.dumps(event).encode()
    judged = judge(read(line), line, origin, TABLE)
    return judged.subject, judged.alert


def alert_of(event: dict[str, Any]) -> Alert:
    return subject_and_alert(event)[1]


def call(function: str, *args: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"process_kprobe": {"process": {"binary": "/bin/x"}, "function_name": function, "args": args, **fields}}


def test_an_exec_in_a_pod_has_every_field() -> None:
    event = {
        "process_exec": {
            "process": SHELL,
            "parent": {"binary": "/usr/bin/runc", "arguments": "init", "exec_id": "a2luZDow"},
        },
        "node_name": "worker-1.example",
        "time": "2026-11-23T03:53:34.81Z",
    }
    subject, alert = subject_and_alert(event)
    assert subject == "alerts.medium.c1.shop.execve"
    got = json.loads(alerts.encode(alert))
    assert got.pop("event") == event
    assert got.pop("fingerprint") == alert_of(event).fingerprint
    assert got == {
        "id": "0" * 32,
        "time": "2026-11-23T03:53:34.810000000Z",
        "received": format_ns(RECEIVED),
        "severity": "medium",
        "base_severity": "medium",
        "severity_from": "table:exec",
        "title": "/bin/bash executed by /usr/bin/runc",
        "reason": "A program was started.",
        "cluster": "c1",
        "node": "worker-1.example",
        "namespace": "shop",
        "pod": "web-1",
        "container": "nginx",
        "image": "nginx:1.27",
        "workload": "web",
        "workload_kind": "Deployment",
        "kind": "exec",
        "event_type": "execve",
        "process": "/bin/bash",
        "arguments": "-i",
        "cwd": "/srv",
        "pid": 42,
        "uid": 0,
        "exec_id": "a2luZDox",
        "parent_process": "/usr/bin/runc",
        "parent_arguments": "init",
        "parent_exec_id": "a2luZDow",
        "outcome": "observed",
    }


def test_the_event_s_bytes_ride_along_untouched() -> None:
    line = b'{ "process_exec" : {"process":{"binary":"/b\\u0069n/sh"}} ,"x":1e5, "x":[ ]}'
    alert = judge(read(line), line, ORIGIN, TABLE).alert
    encoded = alerts.encode(alert)
    assert line in encoded
    assert bytes(alerts.decode(encoded).event) == line
    assert json.loads(encoded)["process"] == "/bin/sh"


def test_a_process_found_running_is_existing_and_low() -> None:
    subject, alert = subject_and_alert({"process_exec": {"process": {**SHELL, "flags": "procFS auid"}}})
    assert subject == "alerts.low.c1.shop.existing"
    assert alert.event_type == "existing"
    assert alert.title == "/bin/bash was already running"


@pytest.mark.parametrize(
    ("process", "token", "namespace"),
    [
        ({"binary": "/bin/sh"}, "_host", ""),
        ({"binary": "/bin/sh", "pod": None, "docker": ""}, "_host", ""),
        ({"binary": "/bin/sh", "docker": "0123456789abcdef"}, "_unknown", ""),
        ({"binary": "/bin/sh", "pod": {"name": "x"}}, "_unknown", ""),
        ({"binary": "/bin/sh", "pod": POD}, "shop", "shop"),
        ({"binary": "/bin/sh", "pod": {"namespace": "a.b/c>*"}}, "a_b_c__", "a.b/c>*"),
    ],
)
def test_the_subject_tells_host_pod_and_unknown_container_apart(
    process: dict[str, Any], token: str, namespace: str
) -> None:
    subject, alert = subject_and_alert({"process_exec": {"process": process}})
    assert subject.split(".")[3] == token
    assert alert.namespace == namespace


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "1999-12-31T23:59:59Z", "1969-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", 5]
)
def test_a_time_that_cannot_be_true_is_replaced_by_the_reading(text: object) -> None:
    alert = alert_of({"process_exec": {"process": SHELL}, "time": text})
    assert (alert.time, alert.time_source) == (alert.received, "received")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2023-11-14T22:13:20.123456789Z", "2023-11-14T22:13:20.123456789Z"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000000000Z"),
        ("2023-11-15T00:13:20.1234+02:00", "2023-11-14T22:13:20.123400000Z"),  # as long as one with nine digits
    ],
)
def test_a_time_is_written_in_utc_with_nine_digits_however_it_came(text: str, written: str) -> None:
    assert alert_of({"process_exec": {"process": SHELL}, "time": text}).time == written


def test_an_old_file_and_a_fast_clock_keep_their_times() -> None:
    for ns in (946_684_800 * NS_PER_S, RECEIVED + 299 * NS_PER_S):
        alert = alert_of({"process_exec": {"process": SHELL}, "time": format_ns(ns)})
        assert (alert.time, alert.time_source) == (format_ns(ns), "")


@pytest.mark.parametrize(
    ("event", "title", "target"),
    [
        ({"process_exec": {"process": {"binary": "/bin/ls"}}}, "/bin/ls executed", ""),
        ({"process_exec": {}}, "a process executed", ""),
        ({"process_exit": {"process": {"binary": "/bin/x"}}}, "/bin/x exited", ""),
        ({"process_exit": {"process": {"binary": "/bin/x"}, "status": 3}}, "/bin/x exited with status 3", ""),
        ({"process_exit": {"process": {"binary": "/bin/x"}, "signal": "SIGKILL"}}, "/bin/x ended by SIGKILL", ""),
        (
            call("security_socket_bind", {"sock_arg": {"saddr": "0.0.0.0"}},
                 {"sockaddr_arg": {"family": "AF_INET", "addr": "0.0.0.0", "port": 4444}}),
            "bind to 0.0.0.0:4444 by /bin/x", "0.0.0.0:4444",
        ),
        (
            call("security_socket_connect", {"sock_arg": {"family": "AF_INET6", "saddr": "::", "daddr": "::"}},
                 {"sockaddr_arg": {"family": "AF_INET6", "addr": "2001:db8::1", "port": 443}}),
            "connection to [2001:db8::1]:443 by /bin/x", "[2001:db8::1]:443",
        ),
        (
            call("security_socket_connect", {"sockaddr_arg": {"family": "AF_UNIX", "addr": "invalid IP"}}),
            "connection to AF_UNIX by /bin/x", "AF_UNIX",
        ),
        (
            call("security_socket_connect", {"sockaddrun_arg": {"family": "AF_UNIX", "path": "/run/docker.sock"}}),
            "connection to /run/docker.sock by /bin/x", "/run/docker.sock",
        ),
        (
            call("tcp_connect", {"sock_arg": {"saddr": "10.0.0.1", "sport": 5000, "daddr": "1.2.3.4", "dport": 80}}),
            "connection to 1.2.3.4:80 by /bin/x", "1.2.3.4:80",
        ),
        (
            call("inet_csk_listen_start", {"sock_arg": {"saddr": "0.0.0.0", "sport": 9999, "daddr": "0.0.0.0"}}),
            "listen on 0.0.0.0:9999 by /bin/x", "0.0.0.0:9999",
        ),
        (call("security_file_open", {"file_arg": {"path": "/etc/shadow"}}), "open of /etc/shadow by /bin/x", "/etc/shadow"),
        (
            call("security_file_permission", {"file_arg": {"path": "/etc/passwd"}}, {"int_arg": 2}),
            "write to /etc/passwd by /bin/x", "/etc/passwd",
        ),
        (call("__x64_sys_setuid", {"int_arg": 0}), "change to uid 0 by /bin/x", "uid 0"),
        (call("__sys_setresgid", {"int_arg": -1}, {"int_arg": 7}, {"int_arg": 7}), "change to gid 7 by /bin/x", "gid 7"),
        (call("__x64_sys_setuid"), "setuid by /bin/x", ""),
        (
            call("security_capset", {"cap_effective_arg": "0000000000200000"}),
            "capabilities set to CAP_SYS_ADMIN by /bin/x", "CAP_SYS_ADMIN",
        ),
        (
            call("security_capset", {"cap_effective_arg": "000001ffffffffff"}),
            "capabilities set to all capabilities by /bin/x", "all capabilities",
        ),
        (call("cap_capable", {"capability_arg": {"value": 21}}), "CAP_SYS_ADMIN asked for by /bin/x", "CAP_SYS_ADMIN"),
        (call("do_init_module", {"module_arg": {"name": "evil"}}), "kernel module evil loaded by /bin/x", "evil"),
        (
            call("__x64_sys_ptrace", {"int_arg": 16}, {"int_arg": 99}),
            "PTRACE_ATTACH of pid 99 by /bin/x", "PTRACE_ATTACH of pid 99",
        ),
        (call("__x64_sys_unshare", {"int_arg": 0x10000000}), "new user namespace by /bin/x", "user namespace"),
        (
            call("security_sb_mount", {"string_arg": "/dev/sda1"}, {"path_arg": {"path": "/mnt"}}),
            "mount of /dev/sda1 -> /mnt by /bin/x", "/dev/sda1 -> /mnt",
        ),
        (call("security_bpf", {"bpf_cmd_arg": "BPF_PROG_LOAD"}), "BPF_PROG_LOAD asked of BPF by /bin/x", "BPF_PROG_LOAD"),
        (call("some_function", {"file_arg": {"path": "/a"}}), "some_function on /a by /bin/x", "/a"),
        (call("some_function", {"int_arg": 5}), "some_function by /bin/x", ""),
        (
            {"process_loader": {"process": {"binary": "/bin/x"}, "path": "/lib/libc.so.6"}},
            "/lib/libc.so.6 loaded by /bin/x", "/lib/libc.so.6",
        ),
        (
            {"process_uprobe": {"process": {"binary": "/bin/x"}, "path": "/bin/bash", "symbol": "readline"}},
            "readline of /bin/bash reached by /bin/x", "/bin/bash",
        ),
        (
            {"process_throttle": {"type": "THROTTLE_START", "cgroup": "a.scope\0\0"}},
            "the agent stopped reporting events of a.scope", "a.scope",
        ),
        (
            {"rate_limit_info": {"number_of_dropped_process_events": "48"}},
            "48 events dropped by the agent's own rate limit", "",
        ),
        ({"process_dns": {"process": {"binary": "/bin/x"}}}, "dns by /bin/x", ""),
        ({"process_dns": {}}, "an event of the unknown kind process_dns", ""),
    ],
)  # fmt: skip
def test_title_and_target_say_what_happened(event: dict[str, Any], title: str, target: str) -> None:
    alert = alert_of(event)
    assert (alert.title, alert.target) == (title, target)


KILL, OVERRIDE, SIGNAL = "KPROBE_ACTION_SIGKILL", "KPROBE_ACTION_OVERRIDE", "KPROBE_ACTION_SIGNAL"


@pytest.mark.parametrize(
    ("event", "outcome", "ending"),
    [
        (call("x"), "observed", ""),
        (call("x", action="KPROBE_ACTION_POST", return_action="KPROBE_ACTION_POST"), "observed", ""),
        (call("x", **{"return": {"int_arg": 0}}), "confirmed", ""),
        (call("x", **{"return": {"int_arg": -13}}), "attempted", ", failed"),
        (call("x", **{"return": {"size_arg": str(2**64 - 13)}}), "attempted", ", failed"),
        (call("x", **{"return": {"sock_arg": {"family": "AF_UNSPEC"}}}), "attempted", ", failed"),
        (call("x", **{"return": {"sock_arg": {"family": "AF_INET"}}}), "confirmed", ""),
        (call("x", **{"return": {"int_arg": "none"}}), "observed", ""),
        (call("x", action=KILL), "attempted", ", kill ordered"),
        (call("x", action=SIGNAL), "attempted", ", signal ordered"),
        (call("x", action=OVERRIDE), "attempted", ", block ordered"),
        (call("x", action=OVERRIDE, **{"return": {"int_arg": -1}}), "confirmed", ", blocked"),
        (call("x", action=OVERRIDE, **{"return": {"int_arg": 0}}), "confirmed", ", block ordered"),
        ({"process_exit": {"process": {"binary": "/bin/x"}}}, "observed", "exited"),
        ({"process_exit": {"process": {"binary": "/bin/x"}, "signal": "SIGKILL"}}, "confirmed", "SIGKILL"),
        ({"process_exit": {"process": {"binary": "/bin/x"}, "status": 1}}, "observed", "status 1"),
    ],
)
def test_an_action_proves_nothing_and_a_return_value_does(event: dict[str, Any], outcome: str, ending: str) -> None:
    alert = alert_of(event)
    assert alert.outcome == outcome
    assert alert.title.endswith(ending or "by /bin/x")


def test_the_policy_s_own_words_stand_in_the_reason() -> None:
    alert = alert_of(call("x", policy_name="fileless", message="exec of a temporary binary", action=KILL))
    assert alert.reason.startswith(
        "A policy orders Tetragon to kill the process for this. Policy fileless says: exec of"
    )
    assert "does not show" in alert.reason
    assert (alert.policy, alert.action) == ("fileless", KILL)


def test_an_action_that_is_a_number_is_named_by_it() -> None:
    assert alert_of(call("x", action=99)).action == "KPROBE_ACTION_99"


def test_long_texts_are_cut_and_named_and_the_event_stays_whole() -> None:
    process = {**SHELL, "arguments": "ä" * TEXT_BYTES, "cwd": "/" + "x" * TEXT_BYTES}
    alert = alert_of({"process_exec": {"process": process, "parent": {"binary": "/a" * TEXT_BYTES}}})
    assert set(alert.truncated) == {"arguments", "cwd", "parent_process"}
    assert len(alert.arguments.encode()) <= TEXT_BYTES
    assert len(bytes(alert.event)) > 3 * TEXT_BYTES
    assert len(alert.title) < 400


def test_nul_is_left_out_of_the_alert_s_own_texts() -> None:
    alert = alert_of({"process_exec": {"process": {"binary": "/bin/\0x", "arguments": "a\0b"}}})
    assert (alert.process, alert.arguments) == ("/bin/x", "ab")
    assert "\0" not in alert.title


def test_what_repeats_has_one_fingerprint_and_what_differs_has_another() -> None:
    first = alert_of({"process_exec": {"process": SHELL}})
    again = alert_of({"process_exec": {"process": {**SHELL, "pid": 43, "arguments": "-c id"}}})
    assert first.fingerprint == again.fingerprint
    others = [
        {**SHELL, "binary": "/bin/sh"},
        {**SHELL, "flags": "procFS"},
        {**SHELL, "pod": {**POD, "namespace": "bank"}},
        {**SHELL, "pod": {**POD, "workload": "api"}},
        {**SHELL, "pod": {**POD, "container": {"name": "sidecar"}}},
    ]
    assert len({first.fingerprint, *(alert_of({"process_exec": {"process": p}}).fingerprint for p in others)}) == 6


def test_a_header_is_read_back_to_the_name_it_was_made_of() -> None:
    assert plain("worker-1") == "worker-1"
    assert plain("n%C3%B6de%20%25") == "nöde %"
    assert plain("%ff" * 200) == "\N{REPLACEMENT CHARACTER}" * 200


TEXTS = st.text(max_size=30) | st.just("\0") | st.just("\N{PILE OF POO}" * 3000)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "string_arg": TEXTS,
        "int_arg": st.integers(),
        "size_arg": st.integers() | TEXTS,
        "file_arg": st.fixed_dictionaries({"path": TEXTS}),
        "sockaddr_arg": st.fixed_dictionaries({"family": TEXTS, "addr": TEXTS, "port": st.integers()}),
        "sock_arg": st.fixed_dictionaries({"family": TEXTS, "daddr": TEXTS, "dport": st.integers(0, 65535)}),
        "capability_arg": st.fixed_dictionaries({"value": st.integers()}),
        "cap_effective_arg": TEXTS,
        "syscall_id": st.fixed_dictionaries({"id": st.integers(), "abi": st.sampled_from(["x64", "arm64", "?"])}),
        "bpf_cmd_arg": TEXTS | st.integers(),
    },
)
PROCESSES = st.fixed_dictionaries(
    {},
    optional={
        "binary": TEXTS,
        "arguments": TEXTS,
        "flags": TEXTS,
        "pid": st.integers(0, 2**32 - 1),
        "uid": st.integers(0, 2**32 - 1),
        "docker": TEXTS,
        "pod": st.fixed_dictionaries({"namespace": TEXTS, "workload": TEXTS}),
    },
)
FUNCTIONS = st.sampled_from(
    [
        "setuid",
        "capset",
        "bind",
        "connect",
        "ptrace",
        "unshare",
        "kill",
        "mount",
        "file_permission",
        "inet_csk_accept",
        "{}",
        "x",
    ]
)
EVENTS = st.fixed_dictionaries(
    {"process": PROCESSES},
    optional={
        "parent": PROCESSES,
        "function_name": FUNCTIONS | TEXTS,
        "args": st.lists(ARGUMENTS, max_size=3),
        "return": ARGUMENTS,
        "action": st.sampled_from([KILL, OVERRIDE, "{}"]) | st.integers() | TEXTS,
        "signal": st.integers() | TEXTS,
        "message": TEXTS,
        "policy_name": TEXTS,
        "symbol": TEXTS,
        "type": st.integers() | TEXTS,
        "event": TEXTS,
        "subsys": st.sampled_from(["raw_syscalls", "syscalls"]),
        "number_of_dropped_process_events": st.integers() | TEXTS,
    },
)


@pytest.mark.slow
@given(st.sampled_from([*KINDS, "process_new"]), EVENTS, TEXTS, TEXTS)
@settings(max_examples=500, deadline=None)
def test_whatever_the_values_there_is_one_good_alert(key: str, body: dict[str, Any], node: str, time: str) -> None:
    origin = Origin("1" * 32, "c1", node or "n", RECEIVED)
    subject, alert = subject_and_alert({key: body, "node_name": node, "time": time}, origin)
    encoded = alerts.encode(alert)
    whole = json.loads(encoded)
    whole.pop("event")
    assert "\0" not in json.dumps(whole, ensure_ascii=False).replace("\\u0000", "\0")
    assert len(encoded) < len(bytes(alert.event)) + 20 * (TEXT_BYTES + 200)
    assert len(subject.split(".")) == 5
    assert alert.title.isprintable()
    assert alerts.decode(encoded) == alert


def test_every_real_event_of_every_file_is_an_alert() -> None:
    for path in corpus.files():
        for line in path.read_bytes().splitlines():
            judged = judge(read(line), line, ORIGIN, TABLE)
            assert alerts.summarize(alerts.encode(judged.alert)).title == judged.alert.title
            assert not judged.alert.title.startswith("a process"), line[:300]

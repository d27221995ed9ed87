"""The values of an event's fields, as rules see them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.event import read
from tocsin.sigma.fields.event_view import HEAD_CHARACTERS, LONGEST, SEAM
from tocsin.sigma.fields.names import FIELDS
from tocsin.sigma.fields.record import EventRecord

from support import corpus
from support.event_views import called, seen

POD = {
    "namespace": "shop",
    "name": "web-1",
    "uid": "u1",
    "workload": "web",
    "workload_kind": "Deployment",
    "pod_labels": {"app": "web", "app.kubernetes.io/name": "shop"},
    "container": {"id": "containerd://abc", "name": "main", "image": {"name": "nginx:1"}, "security_context": {}},
}
FULL = {
    "exec_id": "e1",
    "pid": 10,
    "uid": 1000,
    "cwd": "/srv",
    "binary": "/usr/bin/curl",
    "arguments": '-H "a b" http://x',
    "flags": "execve clone",
    "auid": 1001,
    "pod": POD,
    "docker": "abcdef",
    "parent_exec_id": "e0",
    "tid": 11,
    "in_init_tree": False,
    "cap": {"effective": ["CAP_CHOWN", "DAC_OVERRIDE"]},
    "ns": {"net": {"inum": 5}, "pid": {"inum": 6, "is_host": True}},
    "process_credentials": {"uid": 1000, "euid": 0},
    "binary_properties": {"setuid": 0, "privileges_changed": ["X"], "file": {"inode": {"links": 0}, "path": "/p"}},
    "environment_variables": [{"Key": "LD_PRELOAD", "Value": "/tmp/x.so"}, {"Key": "A", "Value": ""}],
}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("Image", ("/usr/bin/curl",)),
        ("CommandLine", ('/usr/bin/curl -H "a b" http://x', 'curl -H "a b" http://x')),
        ("", ('/usr/bin/curl -H "a b" http://x', 'curl -H "a b" http://x')),
        ("arguments", ('-H "a b" http://x',)),
        ("CurrentDirectory", ("/srv",)),
        ("User", ("1000",)),
        ("LogonId", ("1001",)),
        ("ProcessGuid", ("e1",)),
        ("ParentImage", ()),
        ("ParentProcessGuid", ("e0",)),
        ("type", ("EXECVE", "SYSCALL")),
        ("a0", ("/usr/bin/curl", "curl")),
        ("a1", ("-H",)),
        ("a2", ("a b",)),
        ("a3", ("http://x",)),
        ("a4", ()),
        ("comm", ("curl",)),
        ("kind", ("exec",)),
        ("function", ("execve",)),
        ("event_type", ("execve",)),
        ("flags", ("execve", "clone")),
        ("in_init_tree", ("false",)),
        ("pod.namespace", ("shop",)),
        ("pod.workload", ("web",)),
        ("pod.labels.app", ("web",)),
        ("pod.labels.app.kubernetes.io/name", ("shop",)),
        ("pod.labels.none", ()),
        ("pod.annotations.x", ()),
        ("container.id", ("containerd://abc",)),
        ("container.image", ("nginx:1",)),
        ("container.privileged", ("false",)),
        ("container.exec_probe", ("false",)),
        ("cap.effective", ("CAP_CHOWN", "CAP_DAC_OVERRIDE")),
        ("cap.permitted", ()),
        ("ns.net.inum", ("5",)),
        ("ns.net.is_host", ("false",)),
        ("ns.pid.is_host", ("true",)),
        ("ns.uts.is_host", ()),
        ("credentials.euid", ("0",)),
        ("binary_properties.setuid", ("0",)),
        ("binary_properties.links", ("0",)),
        ("binary_properties.privileges_changed", ("X",)),
        ("env.LD_PRELOAD", ("/tmp/x.so",)),
        ("env.A", ()),
        ("env.B", ()),
        ("in_container", ("true",)),
        ("parent.in_container", ()),
        ("scope", ("shop/web-1",)),
        ("existing", ("false",)),
        ("node", ("n1",)),
        ("cluster", ("c1",)),
        ("node.labels.zone", ("a",)),
        ("status", ()),
        ("signal", ()),
        ("TargetFilename", ()),
        ("no_such_field", ()),
    ],
)
def test_the_values_of_an_exec(field: str, values: tuple[str, ...]) -> None:
    assert seen(process=FULL, node_labels={"zone": "a"}).values(field) == values


@pytest.mark.parametrize("key", ["process_exec", "process_exit", "process_kprobe", "process_loader"])
def test_null_and_empty_are_missing(key: str) -> None:
    empty = seen(key, dict.fromkeys(FULL), node_labels=None, tags=None, ancestors=None, args=None, signal="")
    always = {"kind", "event_type", "function", "node", "cluster", "scope", "outcome", "in_container", "existing"}
    always |= {"type", "SYSCALL", "status"}
    for name, entry in FIELDS.items():
        if name not in always and not entry.prefix:
            assert empty.values(name) == (), name
    assert empty.values("pod.labels.app") == empty.values("node.labels.x") == empty.values("env.X") == ()


def test_a_field_of_another_kind_of_event_has_no_value_whatever_the_event_says() -> None:
    record = seen("process_exec", policy_name="p", signal="SIGKILL", args=[{"string_arg": "x"}])
    assert record.values("policy_name") == record.values("signal") == record.values("args") == ()


CONNECT = {"sock_arg": {"family": "AF_INET", "protocol": "IPPROTO_TCP", "saddr": "10.0.0.1", "daddr": "1.2.3.4", "sport": 5, "dport": 443}}  # fmt: skip


@pytest.mark.parametrize(
    ("record", "field", "values"),
    [
        (called("tcp_connect", CONNECT), "Initiated", ("true",)),
        (called("tcp_connect", CONNECT), "DestinationIp", ("1.2.3.4",)),
        (called("tcp_connect", CONNECT), "DestinationPort", ("443",)),
        (called("tcp_connect", CONNECT), "SourceIp", ("10.0.0.1",)),
        (called("tcp_connect", CONNECT), "Protocol", ("tcp", "IPPROTO_TCP")),
        (called("tcp_connect", CONNECT), "target", ("1.2.3.4:443",)),
        (called("inet_csk_accept", **{"return": CONNECT}), "Initiated", ("false",)),
        (called("inet_csk_accept", **{"return": CONNECT}), "DestinationPort", ("5",)),
        (called("inet_csk_accept", **{"return": CONNECT}), "SourceIp", ("1.2.3.4",)),
        (called("inet_csk_accept", **{"return": CONNECT}), "socket.daddr", ("1.2.3.4",)),
        (
            called(
                "security_socket_connect",
                {"sock_arg": {"family": "AF_INET", "saddr": "0.0.0.0", "daddr": "0.0.0.0"}},
                {"sockaddr_arg": {"family": "AF_INET", "addr": "9.9.9.9", "port": 53}},
            ),
            "DestinationIp",
            ("9.9.9.9",),
        ),
        (called("security_socket_bind", {"sockaddr_arg": {"addr": "0.0.0.0", "port": 80}}), "SourceIp", ("0.0.0.0",)),
        (called("security_socket_bind", {"sockaddr_arg": {"addr": "0.0.0.0", "port": 80}}), "SourcePort", ("80",)),
        (called("security_socket_bind", {"sockaddr_arg": {"addr": "0.0.0.0", "port": 80}}), "DestinationPort", ()),
        (called("security_socket_connect", {"sockaddr_arg": {"addr": "invalid IP"}}), "DestinationIp", ()),
        (
            called("security_socket_create", {"int_arg": 17}, {"int_arg": 524291}, {"int_arg": 768}),
            "socket.family",
            ("AF_PACKET", "17"),
        ),
        (
            called("security_socket_create", {"int_arg": 17}, {"int_arg": 524291}, {"int_arg": 768}),
            "socket.type",
            ("SOCK_RAW", "524291"),
        ),
        (called("security_file_permission", {"file_arg": {"path": "/etc/shadow"}}, {"int_arg": 4}), "access", ("read",)),
        (called("security_file_permission", {"file_arg": {"path": "/x"}}, {"int_arg": 6}), "access", ("read", "write")),
        (called("security_file_permission", {"file_arg": {"path": "/x"}}, {"int_arg": 4}), "TargetFilename", ("/x",)),
        (called("security_path_truncate", {"path_arg": {"path": "/x"}}), "access", ("write",)),
        (called("security_file_open", {"file_arg": {"path": "/x"}}), "access", ()),
        (called("__x64_sys_openat", {"int_arg": -100}, {"string_arg": "/x"}, {"int_arg": 0}), "access", ("read",)),
        (called("__x64_sys_openat", {"string_arg": "/x"}, {"int_arg": 577}), "access", ("write", "create")),
        (called("__x64_sys_openat", {"string_arg": "/x"}, {"int_arg": 577}), "TargetFilename", ("/x",)),
        (called("__x64_sys_openat", {"string_arg": "/x"}, {"int_arg": 577}), "name", ("/x",)),
        (called("__x64_sys_openat", {"string_arg": "/x"}), "SYSCALL", ("openat",)),
        (called("__x64_sys_openat", {"string_arg": "/x"}), "type", ("SYSCALL", "PATH")),
        (called("__x64_sys_memfd_create", {"string_arg": "x"}), "TargetFilename", ()),
        (called("security_file_open", {"file_arg": {"path": "/x"}}), "SYSCALL", ()),
        (called("security_socket_connect", {"sockaddrun_arg": {"path": "/run/docker.sock"}}), "TargetFilename", ("/run/docker.sock",)),
        (called("do_init_module", {"module_arg": {"name": "evil", "signature_ok": False}}), "module.signature_ok", ("false",)),
        (called("cap_capable", {"capability_arg": {"value": 21}}), "capability", ("CAP_SYS_ADMIN",)),
        (called("capset", {"cap_effective_arg": "0000000000000003"}), "capability", ("CAP_CHOWN", "CAP_DAC_OVERRIDE")),
        (called("bpf_check", {"bpf_attr_arg": {"ProgType": "XDP", "ProgName": "p"}}), "bpf.type", ("XDP",)),
        (called("bpf", {"bpf_map_arg": {"MapType": "HASH", "MapName": "m"}}), "bpf.name", ("m",)),
        (called("f", {"size_arg": "7"}, {"string_arg": "x", "label": "who"}), "arg0", ("7",)),
        (called("f", {"size_arg": "7"}, {"string_arg": "x", "label": "who"}), "arg.who", ("x",)),
        (called("f", {"size_arg": "7"}, {"string_arg": "x", "label": "who"}), "args", ("7", "x")),
        (called("f", {"bytes_arg": "c3NoLXJzYQ=="}), "arg0", ("ssh-rsa",)),
        (called("f", {"bytes_arg": "not base64!"}), "arg0", ()),
        (called("f", {"int_arg": 0}, action=77), "action", ("KPROBE_ACTION_77",)),
        (called("f", **{"return": {"int_arg": -13}}), "return", ("-13",)),
        (called("security_bpf"), "function", ("bpf",)),
        (called("security_bpf"), "event_type", ("security_bpf",)),
        (called("security_bpf", tags=["a", "b"]), "tags", ("a", "b")),
        (seen("process_exit", signal="SIGKILL"), "signal", ("SIGKILL",)),
        (seen("process_exit"), "status", ("0",)),
        (seen("process_loader", path="/lib/x.so"), "ImageLoaded", ("/lib/x.so",)),
        (seen("process_throttle", type="THROTTLE_START", cgroup="a\0\0"), "throttle", ("START",)),
        (seen("process_throttle", type="THROTTLE_START", cgroup="a\0\0"), "cgroup", ("a",)),
        (seen("process_throttle", type="THROTTLE_START"), "scope", ("n1",)),
        (seen("rate_limit_info", number_of_dropped_process_events="48"), "dropped", ("48",)),
        (seen(process={"binary": "x", "docker": "d1"}), "scope", ("d1",)),
        (seen(process={"binary": "x", "docker": "d1"}), "in_container", ("true",)),
        (seen(process={"binary": "x"}), "in_container", ("false",)),
        (seen(process={"docker": "d1"}, parent={"binary": "/usr/bin/runc"}), "parent.in_container", ("false",)),
        (seen(process={"docker": "d1"}, parent={"pid": 1, "pod": {}}), "parent.in_container", ("false",)),
        (seen(process={"binary": "x"}, parent={"docker": "d1"}), "parent.in_container", ("true",)),
        (seen(process={"binary": "x"}, parent={"pod": {"namespace": "a"}}), "parent.in_container", ("true",)),
        (seen(process={"docker": "d1"}, parent={}), "parent.in_container", ()),
        (seen(process={"docker": "d1"}, parent=None), "parent.in_container", ()),
        (seen(process={"binary": "x", "uid": 0}), "User", ("root",)),
        (seen(process={"binary": "x", "uid": 0, "user": {"name": "toor"}}), "User", ("toor",)),
        (seen(process={"binary": "x", "auid": 2**32 - 1}), "LogonId", ()),
        (seen(process={"binary": "x", "auid": 2**32 - 1}), "auid", (str(2**32 - 1),)),
        (seen(process={"binary": "/bin/a-program-of-a-long-name"}), "comm", ("a-program-of-a-long-name", "a-program-of-a-")),
        (seen(process={"binary": "x", "flags": "procFS auid"}), "existing", ("true",)),
        (seen(process={"binary": "x", "flags": "procFS auid"}), "event_type", ("existing",)),
        (seen(process={"binary": "x", "flags": "noprocFS"}), "existing", ("false",)),
        (seen(ancestors=[{"binary": "/a"}, {"binary": "/b"}]), "ancestors.binary", ("/a", "/b")),
        (seen(parent={"binary": "/bin/sh", "arguments": "-c x"}), "ParentCommandLine", ("/bin/sh -c x", "sh -c x")),
    ],
)  # fmt: skip
def test_the_values_of_other_events(record: EventRecord, field: str, values: tuple[str, ...]) -> None:
    assert record.values(field) == values


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("a b c", ["a", "b", "c"]),
        ("  a", ["", "", "a"]),
        (' "a b" c', ["a b", "c"]),
        ('x "a b"', ["x", "a b"]),
        ('"open', ['"open']),
        ('"', ['"']),
        ("", []),
    ],
)
def test_arguments_are_taken_apart_as_the_agent_joins_them(arguments: str, words: list[str]) -> None:
    record = seen(process={"binary": "x", "arguments": arguments})
    assert [record.values(f"a{n}") for n in range(1, 5)] == [
        (words[n],) if n < len(words) and words[n] else () for n in range(4)
    ]


def test_of_a_long_text_both_ends_are_seen_and_it_is_said() -> None:
    record = seen(process={"binary": "/bin/x", "arguments": "a" * LONGEST + "END"})
    assert not record.match_truncated
    text = record.values("arguments")[0]
    assert record.match_truncated
    assert len(text) == LONGEST + 1
    assert text[HEAD_CHARACTERS] == SEAM
    assert text.endswith("END")
    assert record.values("CommandLine") == (f"/bin/x {text}", f"x {text}")


def test_a_text_that_just_fits_is_whole() -> None:
    record = seen(process={"binary": "/bin/x", "arguments": "a" * LONGEST})
    assert record.values("arguments") == ("a" * LONGEST,)
    assert not record.match_truncated


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, *POD, "Key", "Value"]), inner, max_size=4),
        max_leaves=20,
    )
)  # fmt: skip
def test_no_shape_of_what_is_decoded_on_demand_raises(value: Any) -> None:
    rare = ("cap", "ns", "process_credentials", "binary_properties", "user", "environment_variables")
    record = seen(
        process={"binary": "/bin/x", **dict.fromkeys(rare, value), "pod": {"name": "p", "pod_labels": value}},
        ancestors=value,
        tags=value,
        node_labels=value,
    )
    for name, entry in FIELDS.items():
        found = record.values(name + "x" if entry.prefix else name)
        assert all(isinstance(text, str) and text for text in found)


@pytest.mark.slow
def test_every_field_of_every_real_event_has_values_as_the_catalogue_says() -> None:
    for path in corpus.files():
        for line in path.read_bytes().splitlines():
            record = EventRecord.of(read(line), line)
            for name, entry in FIELDS.items():
                found = () if entry.prefix else record.values(name)
                assert all(isinstance(text, str) and text for text in found), name
                assert entry.multi or len(found) < 2, name
                assert not found or record.kind in entry.kinds, name

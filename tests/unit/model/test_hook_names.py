"""One name for a function, whatever the architecture and the hook that saw it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.event import read
from tocsin.model.hook_names import event_type, for_table, normalize
from tocsin.model.syscalls import name_of

from support import corpus


@pytest.mark.parametrize(
    ("function", "name", "in_table"),
    [
        ("__x64_sys_openat", "openat", "openat"),
        ("__arm64_sys_setuid", "setuid", "setuid"),
        ("__ia32_sys_ptrace", "ptrace", "ptrace"),
        ("__ia32_sys_setuid16", "setuid", "setuid"),
        ("__se_sys_bind", "bind", "bind"),
        ("__riscv_sys_execve", "execve", "execve"),
        ("__x64___sys_setgid", "setgid", "setgid"),
        ("__sys_setresuid", "setresuid", "setresuid"),
        ("sys_ptrace", "ptrace", "ptrace"),
        ("security_socket_bind", "security_socket_bind", "socket_bind"),
        ("security_capset", "security_capset", "capset"),
        ("inet_csk_listen_start", "inet_csk_listen_start", "inet_csk_listen_start"),
        ("commit_creds", "commit_creds", "commit_creds"),
        ("__ptrace_may_access", "__ptrace_may_access", "__ptrace_may_access"),
        ("syscall_trace", "syscall_trace", "syscall_trace"),
        ("sys_", "sys_", "sys_"),
        ("security_", "security_", "security_"),
        ("", "", ""),
    ],
)
def test_prefixes_are_taken_off(function: str, name: str, in_table: str) -> None:
    assert normalize(function) == name
    assert for_table(normalize(function)) == in_table


CORPUS = {
    "__sys_setgid": "setgid", "__sys_setresuid": "setresuid", "__sys_setuid": "setuid",
    "__x64_sys_delete_module": "delete_module", "__x64_sys_finit_module": "finit_module",
    "__x64_sys_io_uring_setup": "io_uring_setup", "__x64_sys_memfd_create": "memfd_create",
    "__x64_sys_mount": "mount", "__x64_sys_openat": "openat", "__x64_sys_ptrace": "ptrace", "__x64_sys_read": "read",
    "__x64_sys_setgid": "setgid", "__x64_sys_setns": "setns", "__x64_sys_setuid": "setuid",
    "__x64_sys_umount": "umount", "__x64_sys_unshare": "unshare", "__x64_sys_write": "write",
    "bprm_check_security": "bprm_check_security", "cap_capable": "cap_capable", "commit_creds": "commit_creds",
    "create_user_ns": "create_user_ns", "do_dup2": "do_dup2", "do_init_module": "do_init_module",
    "file_open": "file_open", "find_module_sections": "find_module_sections", "free_module": "free_module",
    "inet_csk_accept": "inet_csk_accept", "inet_csk_listen_start": "inet_csk_listen_start",
    "security_bpf": "bpf", "security_bprm_creds_from_file": "bprm_creds_from_file", "security_capset": "capset",
    "security_file_open": "file_open", "security_file_permission": "file_permission",
    "security_inode_rename": "inode_rename", "security_kernel_module_request": "kernel_module_request",
    "security_kernel_read_file": "kernel_read_file", "security_mmap_file": "mmap_file",
    "security_path_chmod": "path_chmod", "security_path_chown": "path_chown",
    "security_path_truncate": "path_truncate", "security_sb_mount": "sb_mount",
    "security_socket_bind": "socket_bind", "security_socket_connect": "socket_connect",
    "security_socket_create": "socket_create", "tcp_close": "tcp_close", "tcp_connect": "tcp_connect",
    "tcp_sendmsg": "tcp_sendmsg",
}  # fmt: skip


def test_every_function_of_the_corpus_has_its_name() -> None:
    seen = set()
    for path in corpus.files():
        for line in path.read_bytes().splitlines():
            event = read(line)
            if event.body.function_name:
                seen.add(event.body.function_name)
                name = event_type(event)
                assert for_table(name) == CORPUS[event.body.function_name]
                assert name == event.body.function_name.removeprefix("__x64_").removeprefix("__").removeprefix("sys_")
    assert seen == set(CORPUS)


def tracepoint(subsystem: str, name: str, *args: object) -> str:
    body = {"subsys": subsystem, "event": name, "args": args}
    return event_type(read(msgspec.json.encode({"process_tracepoint": body})))


@pytest.mark.parametrize(
    ("subsystem", "name", "args", "expected"),
    [
        ("syscalls", "sys_enter_ptrace", (), "ptrace"),
        ("syscalls", "sys_exit_setuid", (), "setuid"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 101, "abi": "x64"}},), "ptrace"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 117, "abi": "arm64"}},), "ptrace"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 213, "abi": "i386"}},), "setuid"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"abi": "x64"}},), "read"),
        ("raw_syscalls", "sys_enter", ({"size_arg": "105"},), "setuid"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 99999, "abi": "x64"}},), "sys_enter"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 1, "abi": "mips"}},), "sys_enter"),
        ("raw_syscalls", "sys_enter", ({"syscall_id": {"id": 10**30, "abi": "x64"}},), "sys_enter"),
        ("raw_syscalls", "sys_enter", (), "sys_enter"),
        ("sched", "sched_process_exec", (), "sched_process_exec"),
        ("", "", (), "tracepoint"),
    ],
)
def test_a_tracepoint_is_called_by_its_system_call(
    subsystem: str, name: str, args: tuple[object, ...], expected: str
) -> None:
    assert tracepoint(subsystem, name, *args) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"process_exec": {}}, "execve"),
        ({"process_exit": {}}, "exit"),
        ({"process_loader": {"path": "/lib/libc.so.6"}}, "load"),
        ({"process_uprobe": {"symbol": "readline"}}, "readline"),
        ({"process_usdt": {"provider": "p", "name": "gc"}}, "gc"),
        ({"process_throttle": {"type": "THROTTLE_START"}}, "throttle_start"),
        ({"process_throttle": {"type": 7}}, "throttle"),
        ({"rate_limit_info": {}}, "rate_limit"),
        ({"process_dns": {}}, "dns"),
        ({"process_kprobe": {}}, "kprobe"),
    ],
)
def test_other_kinds_are_called_by_what_happened(event: dict[str, object], expected: str) -> None:
    assert event_type(read(msgspec.json.encode(event))) == expected


@pytest.mark.parametrize(
    ("name", "x64", "arm64", "i386"),
    [
        ("execve", 59, 221, 11),
        ("execveat", 322, 281, 358),
        ("ptrace", 101, 117, 26),
        ("setuid", 105, 146, 23),
        ("setgid", 106, 144, 46),
        ("setreuid", 113, 145, 70),
        ("setresuid", 117, 147, 164),
        ("setfsuid", 122, 151, 138),
        ("capset", 126, 91, 185),
        ("bind", 49, 200, 361),
        ("listen", 50, 201, 363),
        ("connect", 42, 203, 362),
        ("unshare", 272, 97, 310),
        ("setns", 308, 268, 346),
        ("init_module", 175, 105, 128),
        ("finit_module", 313, 273, 350),
        ("bpf", 321, 280, 357),
        ("mount", 165, 40, 21),
        ("memfd_create", 319, 279, 356),
        ("clone3", 435, 435, 435),
    ],
)
def test_numbers_of_system_calls_are_those_of_linux(name: str, x64: int, arm64: int, i386: int) -> None:
    assert [name_of("x64", x64), name_of("arm64", arm64)] == [name, name]
    assert normalize(name_of("i386", i386)).removesuffix("16") == name


@given(st.text(max_size=400))
def test_any_text_has_a_bounded_name(text: str) -> None:
    assert len(normalize(text)) <= 400
    assert bool(normalize(text)) == bool(text)

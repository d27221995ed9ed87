"""Hooks that a TracingPolicy reports, with their arguments; keys in the order of the schema."""

# ruff: noqa: S104 - addresses and paths are written into events, not used

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

Argument = dict[str, Any]

_POST = "KPROBE_ACTION_POST"
_ALL_CAPABILITIES = (
    "CAP_CHOWN", "DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
    "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
)  # fmt: skip
_HOST_USER_NAMESPACE = {"level": 0, "uid": 0, "gid": 0, "ns": {"inum": 4_026_531_837, "is_host": True}}
READ, WRITE = 4, 2
"""The access mask of `file_permission`."""


class Hook(Struct, frozen=True):
    """One hook event: its key, and its fields after process and parent."""

    key: str
    body: dict[str, Any]


def _kprobe(
    function: str,
    args: Sequence[Argument],
    policy: str,
    message: str = "",
    tags: Sequence[str] = (),
    returns: Argument | None = None,
    action: str = _POST,
) -> Hook:
    body = {
        "function_name": function,
        "args": list(args),
        "return": returns,
        "action": action,
        "policy_name": policy,
        "return_action": _POST,
        "message": message,
        "tags": list(tags),
    }
    return Hook("process_kprobe", {key: value for key, value in body.items() if value})


def _file(path: str, permission: str) -> Argument:
    return {"file_arg": {"path": path, "permission": permission}}


def file_permission(path: str, mask: int, permission: str = "-rw-r--r--") -> Hook:
    """A file is read (`READ`) or written (`WRITE`)."""
    return _kprobe(
        "security_file_permission",
        [_file(path, permission), {"int_arg": mask}],
        "sensitive-file-access",
        "Sensitive file accessed",
        ["observability.filesystem", "area.file"],
        {"int_arg": 0},
    )


def file_open(path: str, permission: str = "-rw-r--r--") -> Hook:
    """A file is opened."""
    return _kprobe("security_file_open", [_file(path, permission)], "file-monitoring")


def lsm_file_open(path: str, permission: str = "-rw-r--r--") -> Hook:
    """A file is opened, reported by an LSM hook."""
    body = {
        "function_name": "file_open",
        "policy_name": "lsm-file-open",
        "message": "LSM open of credentials file",
        "args": [_file(path, permission)],
        "action": _POST,
        "tags": ["area.file", "lsm"],
    }
    return Hook("process_lsm", body)


def bprm_check(path: str) -> Hook:
    """A binary from memory or a temporary directory is about to run."""
    body = {
        "function_name": "bprm_check_security",
        "policy_name": "fileless-exec-lsm",
        "message": "exec of anonymous or temporary binary",
        "args": [{"linux_binprm_arg": {"path": path, "permission": "-rwxr-xr-x"}}],
        "action": _POST,
        "tags": ["area.exec"],
    }
    return Hook("process_lsm", body)


def chmod(path: str, mode: int, permission: str = "-rwxr-xr-x") -> Hook:
    """The mode of a file is changed."""
    args: list[Argument] = [
        {"path_arg": {"path": path, "permission": permission}, "label": "path"},
        {"uint_arg": mode, "label": "mode"},
    ]
    return _kprobe("security_path_chmod", args, "chmod-chown", "File mode changed", ["area.chmod"])


def _sock(state: str, source: str, source_port: int, target: str, target_port: int, cookie: int) -> Argument:
    sock = {
        "family": "AF_INET",
        "type": "SOCK_STREAM",
        "protocol": "IPPROTO_TCP",
        "saddr": source,
        "daddr": target,
        "sport": source_port,
        "dport": target_port,
        "cookie": str(18_393_935_781_000_000_000 + cookie),
        "state": state,
    }
    return {"sock_arg": {key: value for key, value in sock.items() if value != 0}}


def connect(source: str, source_port: int, target: str, target_port: int, cookie: int) -> Hook:
    """An outbound TCP connection."""
    arg = _sock("TCP_SYN_SENT", source, source_port, target, target_port, cookie)
    return _kprobe("tcp_connect", [arg], "net-connect", "Outbound TCP connection", ["area.connect"])


def send(source: str, source_port: int, target: str, target_port: int, cookie: int, size: int) -> Hook:
    """Bytes are sent through a connection."""
    arg = _sock("TCP_ESTABLISHED", source, source_port, target, target_port, cookie)
    return _kprobe("tcp_sendmsg", [arg, {"int_arg": size}], "net-connect")


def close(source: str, source_port: int, target: str, target_port: int, cookie: int) -> Hook:
    """A connection is closed."""
    arg = _sock("TCP_CLOSE_WAIT", source, source_port, target, target_port, cookie)
    return _kprobe("tcp_close", [arg], "net-connect")


def bind(address: str, port: int, cookie: int) -> Hook:
    """A socket is bound to an address; the kernel's socket has none yet."""
    args = [
        _sock("TCP_CLOSE", "0.0.0.0", 0, "0.0.0.0", 0, cookie),
        {"sockaddr_arg": {"family": "AF_INET", "addr": address, "port": port}},
    ]
    return _kprobe("security_socket_bind", args, "net-bind-listen-accept", "Socket bind", ["area.bind"])


def listen(address: str, port: int, cookie: int) -> Hook:
    """A socket starts to listen."""
    arg = _sock("TCP_CLOSE", address, port, "0.0.0.0", 0, cookie)
    return _kprobe("inet_csk_listen_start", [arg], "net-bind-listen-accept", "TCP listen")


def accept(address: str, port: int, peer: str, peer_port: int, cookie: int) -> Hook:
    """A connection is accepted."""
    listening = _sock("TCP_LISTEN", address, port, "0.0.0.0", 0, cookie)
    accepted = _sock("TCP_ESTABLISHED", address, port, peer, peer_port, cookie + 4_096)
    return _kprobe("inet_csk_accept", [listening], "net-bind-listen-accept", "TCP accept", ["area.accept"], accepted)


def setuid(uid: int) -> Hook:
    """A process sets its user with the setuid system call."""
    return _kprobe("__x64_sys_setuid", [{"int_arg": uid}], "privileges", "setuid", ["area.setuid"])


def setresuid(uid: int) -> Hook:
    """A process sets its real, effective and saved user, as sshd and su do."""
    return _kprobe("__sys_setresuid", [{"int_arg": uid}] * 3, "privileges")


def _credentials(uid: int, *, capable: bool) -> Argument:
    capabilities = list(_ALL_CAPABILITIES)
    ids = dict.fromkeys(("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid"), uid)
    credentials: Argument = dict(ids)
    if capable:
        credentials["caps"] = {"permitted": capabilities, "effective": capabilities}
    credentials["user_ns"] = _HOST_USER_NAMESPACE
    return {"process_credentials_arg": credentials}


def commit_creds(uid: int, *, capable: bool) -> Hook:
    """New credentials are installed; *capable* with all capabilities."""
    return _kprobe("commit_creds", [_credentials(uid, capable=capable)], "privileges")


def capset(uid: int) -> Hook:
    """A process sets its capabilities to all of them."""
    args = [
        _credentials(uid, capable=True),
        {"cap_effective_arg": "000001ffffffffff"},
        {"cap_inheritable_arg": "0000000000000000"},
        {"cap_permitted_arg": "000001ffffffffff"},
    ]
    return _kprobe("security_capset", args, "privileges", "capset", ["area.capset"])


def setns(kind: int) -> Hook:
    """A process enters another namespace; *kind* is the ``CLONE_NEW…`` flag."""
    args = [{"int_arg": 5}, {"int_arg": kind}]
    return _kprobe("__x64_sys_setns", args, "namespaces", "setns", ["area.setns"])


def unshare(flags: int) -> Hook:
    """A process leaves its namespaces."""
    return _kprobe("__x64_sys_unshare", [{"int_arg": flags}], "namespaces", "unshare", ["area.unshare"])


def mount(device: str, path: str, filesystem: str) -> Hook:
    """A file system is mounted."""
    args: list[Argument] = [
        {"string_arg": device},
        {"path_arg": {"path": path, "permission": "drwxr-xr-x"}},
        {"string_arg": filesystem},
        {"size_arg": "0"},
    ]
    return _kprobe("security_sb_mount", args, "mounts")


def ptrace(request: int, pid: int | str) -> Hook:
    """A process traces another; 16 attaches."""
    args: list[Argument] = [{"long_arg": str(request)}, {"int_arg": pid}]
    tags = ["area.ptrace", "mitre.T1055.008"]
    return _kprobe("__x64_sys_ptrace", args, "ptrace", "ptrace call", tags, {"int_arg": 0})


def memfd_create(name: str) -> Hook:
    """A file that exists only in memory is created."""
    args: list[Argument] = [{"string_arg": name}, {"uint_arg": 0}]
    return _kprobe(
        "__x64_sys_memfd_create", args, "fileless-exec", "memfd created", ["area.memfd"], {"int_arg": 3}
    )  # fmt: skip


def finit_module(path: str) -> Hook:
    """A kernel module is about to be loaded from a file."""
    args: list[Argument] = [_file(path, "-rw-r--r--"), {"string_arg": ""}, {"int_arg": 0}]
    return _kprobe("__x64_sys_finit_module", args, "kernel-modules")


def init_module(name: str) -> Hook:
    """A kernel module starts."""
    args = [{"module_arg": {"name": name}}]
    return _kprobe("do_init_module", args, "kernel-modules", "Kernel module initialised", ["area.module"])


def kill_setuid_root() -> Hook:
    """An enforcing policy orders a kill; the exit shows whether it happened."""
    return _kprobe(
        "__sys_setuid", [{"int_arg": 0}], "kill-setuid-root", "setuid(0) from /opt/evil: killed", ["enforcement"],
        action="KPROBE_ACTION_SIGKILL",
    )  # fmt: skip


def _tracepoint(subsystem: str, event: str, args: Sequence[Argument], policy: str) -> Hook:
    body = {"subsys": subsystem, "event": event, "args": list(args), "policy_name": policy, "action": _POST}
    return Hook("process_tracepoint", body)


def forked(parent: int | str, child: int | str) -> Hook:
    """The scheduler's tracepoint of a fork."""
    return _tracepoint("sched", "sched_process_fork", [{"int_arg": parent}, {"int_arg": child}], "tp-syscalls")


def syscall(number: int) -> Hook:
    """A raw system call."""
    return _tracepoint("raw_syscalls", "sys_enter", [{"syscall_id": {"id": number, "abi": "x64"}}], "tp-syscalls")


def shell_readline() -> Hook:
    """A function of the shell is entered (uprobe)."""
    body = {
        "path": "/bin/bash",
        "symbol": "main",
        "policy_name": "uprobes",
        "message": "bash symbol",
        "tags": ["uprobe"],
        "action": _POST,
    }
    return Hook("process_uprobe", body)


def usdt() -> Hook:
    """A program reaches a static probe (USDT)."""
    body = {
        "path": "/usr/bin/python3",
        "provider": "python",
        "name": "gc__start",
        "policy_name": "usdts",
        "message": "usdt probe",
        "args": [{"int_arg": 2}],
        "action": _POST,
    }
    return Hook("process_usdt", body)


def newer() -> Hook:
    """An event of a kind that readers do not know yet."""
    return Hook("process_dns", {"query": "api.example.com.", "rcode": "NXDOMAIN"})

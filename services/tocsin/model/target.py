"""What an event touched, as a person reads it: a path, an address, a capability, a module, a user."""

from collections.abc import Callable, Sequence

from tocsin.model import kernel
from tocsin.model.event import Address, Argument, Event, File, Named, Program, Socket, integer

_UNREADABLE = "invalid IP"
"""The address that the agent writes for a socket without one (AF_UNIX, AF_NETLINK)."""
_LOCAL = frozenset({"inet_csk_accept", "inet_csk_listen_start", "listen", "accept", "accept4"})
"""For these functions the local address says more than the remote one."""
_CHANGES_USER = frozenset({"setuid", "setreuid", "setresuid", "setfsuid"})
_CHANGES_GROUP = frozenset({"setgid", "setregid", "setresgid", "setfsgid"})
_TWO_PATHS = frozenset({
    "mount", "sb_mount", "move_mount", "pivot_root", "rename", "renameat", "renameat2", "inode_rename", "path_rename",
    "link", "linkat", "symlink", "symlinkat", "path_link", "path_symlink", "inode_link", "inode_symlink",
})  # fmt: skip
_SIGNALLING = frozenset({"kill", "tkill", "tgkill", "task_kill"})


def target(event: Event, function: str) -> str:
    """The target of *event*, empty if it names none; *function* is normalised and without ``security_``."""
    body, kind = event.body, event.kind
    if kind in ("exec", "exit", "rate_limit"):
        return ""
    if kind == "throttle":
        return (body.cgroup or "").rstrip("\0")
    args = body.args or ()
    if kind in ("loader", "uprobe", "usdt"):
        return body.path or ""
    special = _SPECIAL.get(function)
    if special is not None:
        text = special(args)
        if text:
            return text
    if function in _LOCAL and body.return_ is not None:
        text = _local(body.return_.sock_arg)
        if text:
            return text
    return _first(args, function)


def _first(args: Sequence[Argument], function: str) -> str:
    """The most informative of all arguments."""
    own_end = function in _LOCAL
    for argument in args:  # at bind and connect the socket has no address yet: the socket address comes first
        text = _address(argument.sockaddrun_arg) or _address(argument.sockaddr_arg)
        if text:
            return text
    for argument in args:
        if argument.sock_arg is not None:
            text = _local(argument.sock_arg) if own_end else _remote(argument.sock_arg)
        else:
            text = _one(argument)
        if text:
            return text
    return ""


def _one(argument: Argument) -> str:
    """One argument that is neither a number nor a local socket."""
    return (
        path(argument.path_arg)
        or path(argument.file_arg)
        or path(argument.linux_binprm_arg)
        or _named(argument.capability_arg)
        or _named(argument.module_arg)
        or _named(argument.net_dev_arg)
        or _remote(argument.skb_arg)
        or _program(argument.bpf_attr_arg)
        or _program(argument.bpf_prog_arg)
        or (argument.bpf_cmd_arg if isinstance(argument.bpf_cmd_arg, str) else "")
        or argument.string_arg
        or kernel.capabilities(argument.cap_effective_arg or argument.kernel_cap_t_arg or "")
    )


def path(file: File | None) -> str:
    """The path of a file argument; events before 1.0 leave its first slash out."""
    return (file.path or "") if file is not None else ""


def _named(thing: Named | None) -> str:
    if thing is None:
        return ""
    if thing.name:
        return thing.name
    number = integer(thing.value)
    return kernel.capability(number) if number is not None else ""


def _program(program: Program | None) -> str:
    if program is None:
        return ""
    return " ".join(part for part in (program.type, program.name) if part)


def _address(address: Address | None) -> str:
    if address is None:
        return ""
    if address.path:
        return address.path
    return _host_port(address.addr, address.port) or (address.family or "")


def _remote(socket: Socket | None) -> str:
    if socket is None:
        return ""
    return _host_port(socket.daddr, socket.dport) or _local(socket)


def _local(socket: Socket | None) -> str:
    if socket is None or socket.family == "AF_UNSPEC":
        return ""
    return _host_port(socket.saddr, socket.sport) or (socket.family or "")


def _host_port(host: str | None, port: int | None) -> str:
    if not host or host == _UNREADABLE:
        return ""
    if not port:
        return "" if host in ("0.0.0.0", "::") else host  # noqa: S104
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _numbers(args: Sequence[Argument]) -> list[int]:
    integers = (integer(n) for a in args for n in (a.int_arg, a.uint_arg, a.long_arg, a.size_arg) if n is not None)
    return [number for number in integers if number is not None]


def _ids(word: str) -> Callable[[Sequence[Argument]], str]:
    def render(args: Sequence[Argument]) -> str:
        numbers = _numbers(args)
        ids = dict.fromkeys(number for number in numbers if number not in kernel.UNCHANGED)
        return f"{word} {', '.join(map(str, ids))}" if ids else ""

    return render


def _two_paths(args: Sequence[Argument]) -> str:
    paths = [text for a in args if (text := path(a.path_arg) or path(a.file_arg) or a.string_arg or "")]
    return " -> ".join(paths[:2])


def _namespaces(args: Sequence[Argument]) -> str:
    return next(filter(None, map(kernel.namespaces, reversed(_numbers(args)))), "")


def _ptrace(args: Sequence[Argument]) -> str:
    numbers = _numbers(args)
    if not numbers:
        return ""
    request = kernel.ptrace_request(numbers[0])
    return f"{request} of pid {numbers[1]}" if len(numbers) > 1 and numbers[1] > 0 else request


def _signalling(args: Sequence[Argument]) -> str:
    numbers = _numbers(args)
    return f"signal {numbers[-1]} to pid {numbers[-2]}" if len(numbers) > 1 else ""


_SPECIAL: dict[str, Callable[[Sequence[Argument]], str]] = {
    **dict.fromkeys(_CHANGES_USER, _ids("uid")),
    **dict.fromkeys(_CHANGES_GROUP, _ids("gid")),
    **dict.fromkeys(_TWO_PATHS, _two_paths),
    **dict.fromkeys(_SIGNALLING, _signalling),
    "unshare": _namespaces,
    "setns": _namespaces,
    "ptrace": _ptrace,
}

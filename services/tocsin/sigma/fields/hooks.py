"""The fields of a hook: files and their access, modules, capabilities, BPF, arguments."""

import re
from collections.abc import Callable, Iterable

from tocsin.model import kernel
from tocsin.model.event import Argument, integer
from tocsin.sigma.fields.argument_text import text
from tocsin.sigma.fields.event_view import EventView
from tocsin.sigma.fields.lazy import Values, scalar

CALLS = frozenset({"kprobe", "lsm", "tracepoint"})
HOOKS = CALLS | {"uprobe", "usdt"}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WRITES = _names(
    "write writev pwrite64 pwritev pwritev2 vfs_write ksys_write truncate ftruncate path_truncate file_truncate creat"
    " unlink unlinkat path_unlink inode_unlink vfs_unlink rename renameat renameat2 path_rename inode_rename vfs_rename"
    " chmod fchmod fchmodat fchmodat2 path_chmod chown lchown fchown fchownat path_chown inode_setattr"
    " link linkat path_link inode_link symlink symlinkat path_symlink inode_symlink mkdir mkdirat path_mkdir"
    " inode_mkdir rmdir path_rmdir inode_rmdir mknod mknodat path_mknod inode_mknod inode_create"
    " setxattr lsetxattr fsetxattr inode_setxattr inode_removexattr utimensat"
)
_READS = _names("read readv pread64 preadv preadv2 vfs_read ksys_read readlink readlinkat inode_readlink")
_EXECUTES = _names("bprm_check bprm_check_security bprm_creds_for_exec bprm_creds_from_file execve execveat")
_OPENS = _names("open openat openat2 do_sys_open do_sys_openat2 do_filp_open")
_MASKED = frozenset({"file_permission", "inode_permission"})
_MAPS = frozenset({"mmap_file", "file_mprotect", "mmap", "mprotect"})
_NAMES_FILE = _names(
    "open openat openat2 creat unlink unlinkat rename renameat renameat2 chmod fchmodat fchmodat2 chown lchown fchownat"
    " truncate mkdir mkdirat rmdir link linkat symlink symlinkat mknod mknodat readlink readlinkat access faccessat"
    " faccessat2 stat lstat newfstatat statx utimensat setxattr lsetxattr do_sys_open do_sys_openat2"
)
"""Functions whose text arguments are paths."""
_MASK = ((4, "read"), (2, "write"), (1, "exec"), (8, "append"))
"""The bits of the mask of file_permission (MAY_READ ...)."""
_MEANINGS = 16
"""Number of combinations of the lowest four bits."""
_PROTECTION = ((1, "read"), (2, "write"), (4, "exec"))
_O_ACCMODE, _O_CREAT, _O_APPEND = 0o3, 0o100, 0o2000
_MODES: dict[int, Values] = {0: ("read",), 1: ("write",), 2: ("read", "write")}
_RAW_SYSCALL = re.compile(r"(?:__(?:x64|arm64|ia32|se|riscv)_)?(?:__)?sys_.")
_CAPABILITIES = 41
_MASK_DIGITS = 16


def _args(view: EventView) -> tuple[Argument, ...]:
    return view.event.body.args or ()


def _once(values: Iterable[str | None]) -> Values:
    return tuple(dict.fromkeys(each for each in values if each))


def _numbers(args: Iterable[Argument]) -> list[int]:
    numbers = (integer(n) for a in args for n in (a.int_arg, a.uint_arg, a.long_arg, a.size_arg) if n is not None)
    return [number for number in numbers if number is not None]


def files(view: EventView) -> Values:
    """The files that a call uses."""
    named = view.function in _NAMES_FILE
    paths: list[str] = []
    for argument in _args(view):
        file = argument.file_arg or argument.path_arg or argument.sockaddrun_arg
        path = file.path if file is not None else argument.string_arg if named else None
        if path and path not in paths:
            paths.append(path)
    return tuple(paths)


def access(view: EventView) -> Values:
    """How a file is used, from the function, its mask or its flags."""
    access_ = _ACCESS.get(view.function)
    if access_ is None:
        return ()
    return access_ if isinstance(access_, tuple) else access_(_args(view))


def _bits(names: tuple[tuple[int, str], ...]) -> Callable[[tuple[Argument, ...]], Values]:
    """The meaning of the lowest bits of the first number."""
    meanings = [tuple(name for bit, name in names if number & bit) for number in range(_MEANINGS)]

    def extract(args: tuple[Argument, ...]) -> Values:
        for each in args:
            number = each.int_arg if each.int_arg is not None else each.uint_arg
            if number is None:
                number = each.long_arg if each.long_arg is not None else each.size_arg
            bits = integer(number)
            if bits is not None:
                return meanings[bits % _MEANINGS]
        return ()

    return extract


def _opened(args: tuple[Argument, ...]) -> Values:
    """The flags follow the path; only the descriptor of a directory precedes it."""
    place = next((n for n, a in enumerate(args) if a.string_arg is not None or a.path_arg is not None), -1)
    numbers = _numbers(args[place + 1 :])
    if not numbers:
        return ()
    flags = numbers[0]
    more = [name for bit, name in ((_O_CREAT, "create"), (_O_APPEND, "append")) if flags & bit]
    return (*_MODES.get(flags & _O_ACCMODE, ()), *more)


_ACCESS: dict[str, Values | Callable[[tuple[Argument, ...]], Values]] = {
    **dict.fromkeys(_WRITES, ("write",)),
    **dict.fromkeys(_READS, ("read",)),
    **dict.fromkeys(_EXECUTES, ("exec",)),
    **dict.fromkeys(_MASKED, _bits(_MASK)),
    **dict.fromkeys(_MAPS, _bits(_PROTECTION)),
    **dict.fromkeys(_OPENS, _opened),
}


def settled(field: str, function: str) -> bool:
    """Whether *field* has the same values in all events of a kind with the function *function*."""
    return field in _OF_TYPE or (field == "access" and not callable(_ACCESS.get(function)))


_OF_TYPE = frozenset({"function", "event_type", "Initiated"})


def _syscall(view: EventView) -> Values:
    """The system call, if the hook is one."""
    body = view.event.body
    if view.kind == "exec":
        return ("execve",)
    if view.kind == "tracepoint":
        return scalar(view.event_type) if body.subsys in ("syscalls", "raw_syscalls") else ()
    return scalar(view.event_type) if view.kind == "kprobe" and _RAW_SYSCALL.match(body.function_name or "") else ()


def _types(view: EventView) -> Values:
    """The equivalent record types of auditd."""
    if view.kind == "exec":
        return ("EXECVE", "SYSCALL")
    return (("SYSCALL",) if _syscall(view) else ()) + (("PATH",) if files(view) else ())


def _capabilities(view: EventView) -> Values:
    names: list[str | None] = []
    for argument in _args(view):
        if argument.capability_arg is not None:
            number = integer(argument.capability_arg.value)
            names += [argument.capability_arg.name, kernel.capability(number) if number is not None else None]
        for mask in (argument.cap_effective_arg, argument.kernel_cap_t_arg):
            names += _of_mask(mask or "")
    return _once("CAP_DAC_OVERRIDE" if name == "DAC_OVERRIDE" else name for name in names)


def _of_mask(mask: str) -> list[str]:
    try:
        bits = int(mask, 16) if 0 < len(mask) <= _MASK_DIGITS else 0
    except ValueError:
        return []
    return [kernel.capability(number) for number in range(_CAPABILITIES) if bits >> number & 1]


def _module(view: EventView) -> Values:
    return _once(a.module_arg.name for a in _args(view) if a.module_arg is not None)


def _signed(view: EventView) -> Values:
    return _once(v for a in _args(view) if a.module_arg is not None for v in scalar(a.module_arg.signature_ok))


def _bpf(view: EventView, key: str) -> Values:
    loaded = (each for a in _args(view) for each in (a.bpf_attr_arg, a.bpf_prog_arg, a.bpf_map_arg))
    return _once(getattr(each, key) for each in loaded if each is not None)


def _action(action: str | int | None) -> Values:
    """The name of the action; one that is newer than this version comes as a number."""
    return (f"KPROBE_ACTION_{action}",) if isinstance(action, int) else scalar(action)


def _place(place: int) -> Callable[[EventView], Values]:
    def extract(view: EventView) -> Values:
        args = _args(view) if view.kind in HOOKS else ()
        return scalar(text(args[place])) if place < len(args) else ()

    return extract


def _throttle(view: EventView) -> Values:
    return scalar(str(view.event.body.type or "").removeprefix("THROTTLE_")) if view.kind == "throttle" else ()


def labelled(view: EventView, label: str) -> Values:
    """The arguments with a label of the policy."""
    return _once(text(a) for a in _args(view) if a.label == label)


EXTRACTS: dict[str, Callable[[EventView], Values]] = {
    "TargetFilename": files,
    "access": access,
    "SYSCALL": _syscall,
    "type": _types,
    "function_name": lambda view: scalar(view.event.body.function_name),
    "policy_name": lambda view: scalar(view.event.body.policy_name),
    "action": lambda view: _action(view.event.body.action),
    "return_action": lambda view: _action(view.event.body.return_action),
    "return": lambda view: () if (found := view.event.body.return_) is None else scalar(text(found)),
    "args": lambda view: _once(map(text, _args(view))),
    **{f"arg{place}": _place(place) for place in range(10)},
    "module.name": _module,
    "module.signature_ok": _signed,
    "capability": _capabilities,
    "bpf.type": lambda view: _bpf(view, "type"),
    "bpf.name": lambda view: _bpf(view, "name"),
    "bpf.cmd": lambda view: _once(str(a.bpf_cmd_arg) for a in _args(view) if a.bpf_cmd_arg is not None),
    "path": lambda view: scalar(view.event.body.path),
    "ImageLoaded": lambda view: scalar(view.event.body.path) if view.kind == "loader" else (),
    "symbol": lambda view: scalar(view.event.body.symbol),
    "provider": lambda view: scalar(view.event.body.provider),
    "cgroup": lambda view: scalar((view.event.body.cgroup or "").rstrip("\0")),
    "throttle": _throttle,
    "dropped": lambda view: scalar(integer(view.event.body.number_of_dropped_process_events)),
}

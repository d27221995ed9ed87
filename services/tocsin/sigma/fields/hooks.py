"""The fields of a hook that say what was done to what: files and how they are opened, modules, capabilities, BPF."""

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
"""Calls whose texts are paths."""
_MASK = ((4, "read"), (2, "write"), (1, "exec"), (8, "append"))
"""MAY_READ and the others of the mask of file_permission."""
_MEANINGS = 16
"""Of the lowest four bits."""
_PROTECTION = ((1, "read"), (2, "write"), (4, "exec"))
_O_ACCMODE, _O_CREAT, _O_APPEND = 0o3, 0o100, 0o2000
_MODES: dict[int, Values] = {0: ("read",), 1: ("write",), 2: ("read", "write")}
_RAW_SYSCALL = re.compile(r"(?:__(?:x64|arm64|ia32|se|riscv)_)?(?:__)?sys_.")
_CAPABILITIES = 41
_MASK_DIGITS = 16


def _args(seen: EventView) -> tuple[Argument, ...]:
    return seen.event.body.args or ()


def _once(found: Iterable[str | None]) -> Values:
    return tuple(dict.fromkeys(each for each in found if each))


def _numbers(args: Iterable[Argument]) -> list[int]:
    found = (integer(n) for a in args for n in (a.int_arg, a.uint_arg, a.long_arg, a.size_arg) if n is not None)
    return [number for number in found if number is not None]


def files(seen: EventView) -> Values:
    """The files that a call is about."""
    named = seen.function in _NAMES_FILE
    found: list[str] = []
    for argument in _args(seen):
        file = argument.file_arg or argument.path_arg or argument.sockaddrun_arg
        path = file.path if file is not None else argument.string_arg if named else None
        if path and path not in found:
            found.append(path)
    return tuple(found)


def access(seen: EventView) -> Values:
    """How a file is used, from what the call does, its mask or its flags."""
    found = _ACCESS.get(seen.function)
    if found is None:
        return ()
    return found if isinstance(found, tuple) else found(_args(seen))


def _bits(names: tuple[tuple[int, str], ...]) -> Callable[[tuple[Argument, ...]], Values]:
    """What the lowest bits of the first number mean."""
    meanings = [tuple(name for bit, name in names if number & bit) for number in range(_MEANINGS)]

    def extract(args: tuple[Argument, ...]) -> Values:
        for each in args:
            number = each.int_arg if each.int_arg is not None else each.uint_arg
            if number is None:
                number = each.long_arg if each.long_arg is not None else each.size_arg
            found = integer(number)
            if found is not None:
                return meanings[found % _MEANINGS]
        return ()

    return extract


def _opened(args: tuple[Argument, ...]) -> Values:
    """The flags stand behind the path; before it is at most the directory's descriptor."""
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
    """Whether *field* has the same values in all events of a kind and type, of which *function* is the function."""
    return field in _OF_TYPE or (field == "access" and not callable(_ACCESS.get(function)))


_OF_TYPE = frozenset({"function", "event_type", "Initiated"})


def _syscall(seen: EventView) -> Values:
    """The system call, where the hook is one."""
    body = seen.event.body
    if seen.kind == "exec":
        return ("execve",)
    if seen.kind == "tracepoint":
        return scalar(seen.event_type) if body.subsys in ("syscalls", "raw_syscalls") else ()
    return scalar(seen.event_type) if seen.kind == "kprobe" and _RAW_SYSCALL.match(body.function_name or "") else ()


def _types(seen: EventView) -> Values:
    """Record types of auditd that would say the same."""
    if seen.kind == "exec":
        return ("EXECVE", "SYSCALL")
    return (("SYSCALL",) if _syscall(seen) else ()) + (("PATH",) if files(seen) else ())


def _capabilities(seen: EventView) -> Values:
    found: list[str | None] = []
    for argument in _args(seen):
        if argument.capability_arg is not None:
            number = integer(argument.capability_arg.value)
            found += [argument.capability_arg.name, kernel.capability(number) if number is not None else None]
        for mask in (argument.cap_effective_arg, argument.kernel_cap_t_arg):
            found += _of_mask(mask or "")
    return _once("CAP_DAC_OVERRIDE" if name == "DAC_OVERRIDE" else name for name in found)


def _of_mask(mask: str) -> list[str]:
    try:
        bits = int(mask, 16) if 0 < len(mask) <= _MASK_DIGITS else 0
    except ValueError:
        return []
    return [kernel.capability(number) for number in range(_CAPABILITIES) if bits >> number & 1]


def _module(seen: EventView) -> Values:
    return _once(a.module_arg.name for a in _args(seen) if a.module_arg is not None)


def _signed(seen: EventView) -> Values:
    return _once(v for a in _args(seen) if a.module_arg is not None for v in scalar(a.module_arg.signature_ok))


def _bpf(seen: EventView, key: str) -> Values:
    loaded = (each for a in _args(seen) for each in (a.bpf_attr_arg, a.bpf_prog_arg, a.bpf_map_arg))
    return _once(getattr(each, key) for each in loaded if each is not None)


def _action(action: str | int | None) -> Values:
    """An action newer than we know comes as a number."""
    return (f"KPROBE_ACTION_{action}",) if isinstance(action, int) else scalar(action)


def _place(place: int) -> Callable[[EventView], Values]:
    def extract(seen: EventView) -> Values:
        args = _args(seen) if seen.kind in HOOKS else ()
        return scalar(text(args[place])) if place < len(args) else ()

    return extract


def _throttle(seen: EventView) -> Values:
    return scalar(str(seen.event.body.type or "").removeprefix("THROTTLE_")) if seen.kind == "throttle" else ()


def labelled(seen: EventView, label: str) -> Values:
    """The arguments with a label of the policy."""
    return _once(text(a) for a in _args(seen) if a.label == label)


EXTRACTS: dict[str, Callable[[EventView], Values]] = {
    "TargetFilename": files,
    "access": access,
    "SYSCALL": _syscall,
    "type": _types,
    "function_name": lambda seen: scalar(seen.event.body.function_name),
    "policy_name": lambda seen: scalar(seen.event.body.policy_name),
    "action": lambda seen: _action(seen.event.body.action),
    "return_action": lambda seen: _action(seen.event.body.return_action),
    "return": lambda seen: () if (found := seen.event.body.return_) is None else scalar(text(found)),
    "args": lambda seen: _once(map(text, _args(seen))),
    **{f"arg{place}": _place(place) for place in range(10)},
    "module.name": _module,
    "module.signature_ok": _signed,
    "capability": _capabilities,
    "bpf.type": lambda seen: _bpf(seen, "type"),
    "bpf.name": lambda seen: _bpf(seen, "name"),
    "bpf.cmd": lambda seen: _once(str(a.bpf_cmd_arg) for a in _args(seen) if a.bpf_cmd_arg is not None),
    "path": lambda seen: scalar(seen.event.body.path),
    "ImageLoaded": lambda seen: scalar(seen.event.body.path) if seen.kind == "loader" else (),
    "symbol": lambda seen: scalar(seen.event.body.symbol),
    "provider": lambda seen: scalar(seen.event.body.provider),
    "cgroup": lambda seen: scalar((seen.event.body.cgroup or "").rstrip("\0")),
    "throttle": _throttle,
    "dropped": lambda seen: scalar(integer(seen.event.body.number_of_dropped_process_events)),
}

"""Normalized names of the kernel's functions: the only place that removes prefixes."""

import functools
import re

from tocsin.model.event import Argument, Event, integer
from tocsin.model.syscalls import name_of

EXISTING = "existing"
"""Event type of a process that the agent found running when it started."""
_CACHED_CHARACTERS = 128
"""A function's name is shorter; a longer text must not fill the cache."""
_PREFIX = re.compile(r"(?:__(?:x64|arm64|ia32|se|riscv)_)?(?:__sys_|sys_)?")
_SECURITY = "security_"
_TRACEPOINT = re.compile(r"sys_(?:enter|exit)_(?=.)")
_RAW = frozenset({"sys_enter", "sys_exit"})
_UNSEEN = re.compile(r"(set(?:re|res|fs)?[ug]id)(?:16|32)")
"""Variants of i386 with wider or narrower ids: the same act."""
_TYPED = {"exec": "execve", "exit": "exit", "loader": "load", "rate_limit": "rate_limit"}


def normalize(function: str) -> str:
    """*function* without the prefixes of calling convention and system call: ``__x64_sys_openat`` is ``openat``."""
    return _normalize(function) if len(function) <= _CACHED_CHARACTERS else function[:_CACHED_CHARACTERS]


@functools.lru_cache(maxsize=2048)
def _normalize(function: str) -> str:
    prefix = _PREFIX.match(function)
    name = (function[prefix.end() :] if prefix else function) or function
    same = _UNSEEN.fullmatch(name)
    return same[1] if same else name


def for_table(name: str) -> str:
    """A normalised *name* in the form of the severity table: ``security_socket_bind`` is ``socket_bind`` there."""
    return name.removeprefix(_SECURITY) or name


def event_type(event: Event) -> str:
    """The function, hook, system call or tracepoint of *event*, normalised; for kinds without one, what happened."""
    body, kind = event.body, event.kind
    typed = _TYPED.get(kind)
    if typed is not None:
        return typed
    if kind in ("kprobe", "lsm"):
        return normalize(body.function_name or "") or kind
    if kind == "tracepoint":
        return _tracepoint(body.subsys or "", body.event or "", body.args or ())
    if kind == "uprobe":
        return (body.symbol or "")[:_CACHED_CHARACTERS] or kind
    if kind == "usdt":
        return (body.name or "")[:_CACHED_CHARACTERS] or kind
    if kind == "throttle":
        return body.type.lower()[:_CACHED_CHARACTERS] if isinstance(body.type, str) and body.type else kind
    return event.key.removeprefix("process_")[:_CACHED_CHARACTERS] or kind


def _tracepoint(subsystem: str, name: str, args: tuple[Argument, ...]) -> str:
    if subsystem == "syscalls":
        return normalize(_TRACEPOINT.sub("", name, count=1)) or "tracepoint"
    if subsystem == "raw_syscalls" and name in _RAW and args:
        return syscall(args[0]) or name
    return name[:_CACHED_CHARACTERS] or "tracepoint"


def syscall(argument: Argument) -> str:
    """The system call that an argument of the type ``syscall64`` names; empty if it is not a known one."""
    called = argument.syscall_id
    if called is not None:
        # a zero is left out on the wire: on x64 that is `read`
        number, abi = integer(called.id if called.id is not None else 0), called.abi or ""
    else:
        # before 1.3 a bare number; such agents ran on x64 or arm64, and only the former is likely
        number, abi = integer(argument.size_arg), "x64"
    return normalize(name_of(abi, number)) if number is not None else ""

"""Names for numbers of the kernel in an event: capabilities, namespaces, ptrace requests."""

_IN_ORDER = (
    "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP"
    " CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER"
    " CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE"
    " CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL"
    " CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON"
    " CAP_BPF CAP_CHECKPOINT_RESTORE"
)
_CAPABILITIES = _IN_ORDER.split()
_NAMED = 4
"""Of more capabilities than this only the number is given."""
_MASK_DIGITS = 16
_NAMESPACES = {
    0x00000080: "time",
    0x00020000: "mnt",
    0x02000000: "cgroup",
    0x04000000: "uts",
    0x08000000: "ipc",
    0x10000000: "user",
    0x20000000: "pid",
    0x40000000: "net",
}
_PTRACE = {
    0: "TRACEME", 1: "PEEKTEXT", 2: "PEEKDATA", 3: "PEEKUSR", 4: "POKETEXT", 5: "POKEDATA", 6: "POKEUSR", 7: "CONT",
    8: "KILL", 9: "SINGLESTEP", 12: "GETREGS", 13: "SETREGS", 16: "ATTACH", 17: "DETACH", 24: "SYSCALL",
    0x4200: "SETOPTIONS", 0x4201: "GETEVENTMSG", 0x4202: "GETSIGINFO", 0x4203: "SETSIGINFO", 0x4204: "GETREGSET",
    0x4205: "SETREGSET", 0x4206: "SEIZE", 0x4207: "INTERRUPT", 0x4208: "LISTEN",
}  # fmt: skip

UNCHANGED = frozenset({-1, 2**32 - 1, 2**64 - 1})
"""The argument of the setuid family for an id that does not change."""


def capability(number: int) -> str:
    """The name of one capability."""
    return _CAPABILITIES[number] if 0 <= number < len(_CAPABILITIES) else f"capability {number}"


def capabilities(mask: str) -> str:
    """The capabilities of a mask in 16 hex digits; empty if it is not a mask."""
    if len(mask) > _MASK_DIGITS:
        return ""
    try:
        bits = int(mask, 16)
    except ValueError:
        return ""
    names = [name for number, name in enumerate(_CAPABILITIES) if bits >> number & 1]
    if not names:
        return "no capabilities"
    if len(names) == len(_CAPABILITIES):
        return "all capabilities"
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} capabilities, {_worst(names)}"


def _worst(names: list[str]) -> str:
    """The most powerful capability: the first of this order that is present."""
    for name in ("CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_PTRACE", "CAP_BPF", "CAP_DAC_OVERRIDE", "CAP_SETUID"):
        if name in names:
            return f"{name} among them"
    return f"{names[0]} among them"


def namespaces(flags: int) -> str:
    """The kinds of namespaces in the flags of unshare or setns; empty if there are none."""
    names = [name for bit, name in sorted(_NAMESPACES.items()) if flags & bit]
    return f"{' '.join(names)} namespace{'s' if len(names) > 1 else ''}" if names else ""


def ptrace_request(number: int) -> str:
    """The name of a request of ptrace."""
    return f"PTRACE_{_PTRACE[number]}" if number in _PTRACE else f"ptrace request {number}"

"""Made-up detection items: for every modifier that we read, what to write before and after the colon."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from support import made_values as values

Item = tuple[str, Any]
"""A key of a detection, modifiers included, and what it is compared with."""

SIGMA_TEXTS = ("Image", "CommandLine", "ParentImage", "ParentCommandLine", "CurrentDirectory", "User", "ProcessGuid")
NATIVE_TEXTS = (
    *SIGMA_TEXTS, "CommandLine", "binary", "arguments", "cwd", "parent.binary", "parent.arguments", "ancestors.binary",
    "pod.namespace", "pod.name", "pod.workload", "pod.labels.app", "pod.annotations.note", "container.name",
    "container.image", "node", "node.labels.zone", "env.PATH", "message", "policy_name", "tags", "function", "function_name",
    "TargetFilename", "arg0", "arg1", "arg.what", "args", "target", "flags", "scope", "kind", "event_type",
    "binary_properties.path", "cap.effective", "Protocol", "action", "capability", "module.name", "socket.family", "signal", "access",
    "SYSCALL", "type", "container.id", "parent.flags", "outcome", "path", "a0", "a1", "comm", "exe", "name", "cluster",
)  # fmt: skip
_AUDITD = ("a0", "a1", "a2", "comm", "exe", "name", "type", "SYSCALL")
SIGMA_NUMBERS = ("ProcessId", "ParentProcessId", "LogonId")
NATIVE_NUMBERS = (
    *SIGMA_NUMBERS, "pid", "uid", "parent.uid", "DestinationPort", "SourcePort", "socket.dport", "arg2", "return", "status",
    "credentials.euid", "binary_properties.links", "ns.pid.inum",
)  # fmt: skip
NATIVE_ADDRESSES = ("DestinationIp", "SourceIp", "socket.daddr")
NATIVE_FLAGS = ("in_container", "container.privileged", "in_init_tree", "existing", "Initiated", "container.exec_probe")


class Fields:
    """The names that a rule of some logsource may use."""

    def __init__(self, *, native: bool, calls: bool) -> None:
        texts, numbers, addresses, flags = (
            (
                ("TargetFilename", "Protocol"),
                ("DestinationPort", "SourcePort"),
                ("DestinationIp", "SourceIp"),
                ("Initiated",),
            )
            if calls
            else ((), (), (), ())
        )
        self.texts: Sequence[str] = NATIVE_TEXTS if native else (*SIGMA_TEXTS, *texts)
        self.numbers: Sequence[str] = NATIVE_NUMBERS if native else (*SIGMA_NUMBERS, *numbers)
        self.addresses: Sequence[str] = NATIVE_ADDRESSES if native else addresses
        self.flags: Sequence[str] = NATIVE_FLAGS if native else flags

    def any(self, rng: Random) -> str:
        """One of all."""
        return rng.choice((*self.texts, *self.numbers, *self.addresses, *self.flags))


Make = Callable[[Random, Fields], Item]
One = Callable[[Random], object]


def _texts(suffix: str, one: One) -> Make:
    return lambda rng, fields: (rng.choice(fields.texts) + suffix, values.some(rng, one))


def _all(suffix: str, one: One) -> Make:
    return lambda rng, fields: (rng.choice(fields.texts) + suffix, [one(rng) for _ in range(rng.choice((2, 2, 3)))])


def _numbers(suffix: str) -> Make:
    return lambda rng, fields: (rng.choice(fields.numbers) + suffix, values.some(rng, values.number))


def _reference(suffix: str) -> Make:
    return lambda rng, fields: (rng.choice(fields.texts) + suffix, values.some(rng, lambda r: r.choice(fields.texts)))


def _network(suffix: str) -> Make:
    return lambda rng, fields: (rng.choice(fields.addresses or fields.texts) + suffix, values.some(rng, values.network))


def _exists(rng: Random, fields: Fields) -> Item:
    return fields.any(rng) + "|exists", rng.random() < 0.6


def _null(rng: Random, fields: Fields) -> Item:
    return fields.any(rng), rng.choice((None, [None, values.text(rng)], []))


def _flag(rng: Random, fields: Fields) -> Item:
    return rng.choice(fields.flags or ("User",)), rng.choice((True, False, "true", "FALSE"))


def _mixed(rng: Random, fields: Fields) -> Item:
    return rng.choice(fields.texts), [values.text(rng), values.number(rng), values.plain(rng)]


def _empty(rng: Random, fields: Fields) -> Item:
    suffix = rng.choice(("", "|contains", "|startswith", "|endswith"))
    return rng.choice(fields.texts) + suffix, rng.choice(("", "*", "?", "**", "?*"))


def _made(make: Callable[[str, One], Make], one: One, *suffixes: str) -> dict[str, Make]:
    return {suffix: make(f"|{suffix}", one) for suffix in suffixes}


MODIFIERS: dict[str, Make] = {
    "equal": _texts("", values.text),
    "mixed": _mixed,
    "empty": _empty,
    "exists": _exists,
    "null": _null,
    "flag": _flag,
    **_made(_texts, values.text, "contains", "startswith", "endswith", "neq", "contains|neq", "neq|endswith"),
    **_made(_texts, values.text, "cased", "contains|cased", "cased|contains", "startswith|cased", "endswith|cased"),
    **_made(
        _all, values.text, "contains|all", "all|contains", "startswith|all", "endswith|all", "all", "contains|neq|all"
    ),
    **_made(_all, values.text, "contains|all|cased"),
    **_made(_texts, values.expression, "re", "re|i", "re|m", "re|s", "re|i|s", "re|i|m", "re|neq"),
    **_made(_all, values.expression, "re|all"),
    **_made(_texts, values.dashed, "windash", "windash|contains", "contains|windash", "windash|endswith"),
    **_made(_all, values.dashed, "windash|contains|all"),
    **_made(_texts, values.plain, "base64", "base64|contains", "base64|startswith", "base64|cased"),
    **_made(_texts, values.encodable, "base64offset", "base64offset|contains"),
    **_made(_all, values.encodable, "base64offset|contains|all"),
    **{name: _network(f"|{name}") for name in ("cidr", "cidr|neq")},
    **{name: _numbers(f"|{name}") for name in ("lt", "lte", "gt", "gte", "gt|neq")},
    "number": _numbers(""),
    "number|neq": _numbers("|neq"),
    **{
        name: _reference(f"|{name}")
        for name in ("fieldref", "fieldref|startswith", "fieldref|endswith", "fieldref|contains", "fieldref|neq")
    },
}
"""Modifier to a maker of items that use it."""

_KEYWORDS: tuple[tuple[str, One], ...] = (
    ("|all", values.text), ("|contains", values.text), ("|cased", values.text), ("|re", values.expression),
    ("|windash", values.dashed), ("|base64offset", values.encodable), ("|neq", values.text), ("|startswith", values.text),
)  # fmt: skip


def keywords(rng: Random) -> Any:
    """A detection without a field."""
    if rng.random() < 0.4:
        key, one = rng.choice(_KEYWORDS)
        return {key: [one(rng) for _ in range(rng.choice((1, 2, 3)))]}
    return [rng.choice((values.text(rng), values.text(rng), values.whole(rng))) for _ in range(rng.choice((1, 2, 3)))]

"""Which names a rule may use for an event's fields, and what to say of one that it may not."""

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tocsin.model.text import nearest, printable, truncate
from tocsin.sigma.fields.catalogue import ROWS, Field

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in ROWS})
"""Name to field; the names of prefixes end in a dot."""
ALIASES = {
    "": "CommandLine",
    "binary": "Image",
    "exe": "Image",
    "user": "User",
    "cwd": "CurrentDirectory",
    "pid": "ProcessId",
    "exec_id": "ProcessGuid",
    "euid": "uid",
    "name": "TargetFilename",
    "socket.protocol": "Protocol",
    "parent.binary": "ParentImage",
    "parent.pid": "ParentProcessId",
    "parent.exec_id": "ParentProcessGuid",
}
"""Names of what another name says already; a keyword's field is the empty one."""
PREFIXES = tuple(field.name for field in ROWS if field.prefix)

_SHOWN = 64
"""Characters of an unknown name that a message repeats."""
_NEVER = {
    "DestinationHostname": "Tetragon does not see the names behind addresses",
    "SourceHostname": "Tetragon does not see the names behind addresses",
    "QueryName": "Tetragon does not see the names behind addresses",
    "OriginalFileName": "programs of Linux have none",
    "Company": "programs of Linux have none",
    "Product": "programs of Linux have none",
    "Description": "programs of Linux have none",
    "IntegrityLevel": "Linux has none",
    "Hashes": "Tetragon does not hash programs",
    "md5": "Tetragon does not hash programs",
    "sha1": "Tetragon does not hash programs",
    "sha256": "Tetragon does not hash programs",
    "Imphash": "Tetragon does not hash programs",
    "key": "it is set by rules of auditd, which Tetragon does not know",
    "unit": "it is a message of systemd, which Tetragon does not see",
    "nametype": "Tetragon does not tell a file created from one opened",
    "data": "Tetragon does not see what is typed",
}
"""Names of Sigma for which no event has a value."""


def field(name: str) -> Field | None:
    """What *name* stands for, ``None`` where it is unknown; the name of a label is that of its prefix."""
    found = FIELDS.get(name)
    if found is not None:
        return None if found.prefix else found
    prefix = next((p for p in PREFIXES if name.startswith(p)), None)
    return FIELDS[prefix] if prefix is not None else None


def canonical(name: str) -> str:
    """The one name under which a record keeps the values of *name*."""
    return ALIASES.get(name, name)


def refusal(name: str, *, native: bool, further: Iterable[str] = ()) -> str:
    """Why a rule may not use *name*, for its author; empty where it may.

    *native*: whether it says ``taxonomy: tetragon``; *further*: names that are allowed besides.
    """
    if name in further:
        return ""
    found = field(name)
    if found is not None:
        if native or not found.native:
            return ""
        return f"field `{_shown(name)}` is one of Tetragon's own names: they need `taxonomy: tetragon` in the rule"
    if name in PREFIXES:
        return f"field `{name}` lacks what comes after its last dot, for example `{name}app`"
    if name in _NEVER:
        return f"field `{name}` has no value in any of Tetragon's events: {_NEVER[name]}"
    guess = _guess(name[:_SHOWN], native=native)
    return f"unknown field `{_shown(name)}`" + (f", did you mean `{guess}`?" if guess else "")


@functools.lru_cache(maxsize=256)
def _guess(name: str, *, native: bool) -> str:
    """The nearest name that the rule may use, else the nearest of all."""
    folded = {f.name.lower(): f.name for f in ROWS if native or not f.native}
    everything = {f.name.lower(): f.name for f in ROWS}
    for names in (folded, everything):
        near = nearest(name.lower(), names, cutoff=0.7)
        if near:
            return names[near]
    return ""


def _shown(name: str) -> str:
    return printable(truncate(name, _SHOWN))

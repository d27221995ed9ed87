"""The field names that a rule may use, and the error messages for others."""

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tocsin.model.text import nearest, printable, truncate
from tocsin.sigma.fields.catalogue import ROWS, Field

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in ROWS})
"""Fields by name; names of prefixes end in a dot."""
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
"""Names with the same values as another name; the field of a keyword is the empty name."""
PREFIXES = tuple(field.name for field in ROWS if field.prefix)

_SHOWN = 64
"""Maximum length of an unknown name in a message."""
_NEVER = {
    "DestinationHostname": "Tetragon does not see the names behind addresses",
    "SourceHostname": "Tetragon does not see the names behind addresses",
    "QueryName": "Tetragon does not see the names behind addresses",
    "OriginalFileName": "Linux programs do not have it",
    "Company": "Linux programs do not have it",
    "Product": "Linux programs do not have it",
    "Description": "Linux programs do not have it",
    "IntegrityLevel": "Linux does not have it",
    "Hashes": "Tetragon does not hash programs",
    "md5": "Tetragon does not hash programs",
    "sha1": "Tetragon does not hash programs",
    "sha256": "Tetragon does not hash programs",
    "Imphash": "Tetragon does not hash programs",
    "key": "rules of auditd set it, which Tetragon does not know",
    "unit": "it is in messages of systemd, which Tetragon does not see",
    "nametype": "Tetragon does not distinguish created from opened files",
    "data": "Tetragon does not see terminal input",
}
"""Fields of Sigma that no event has."""


def field(name: str) -> Field | None:
    """The field of *name*, ``None`` if it is unknown; for a label, the field of its prefix."""
    field_ = FIELDS.get(name)
    if field_ is not None:
        return None if field_.prefix else field_
    prefix = next((p for p in PREFIXES if name.startswith(p)), None)
    return FIELDS[prefix] if prefix is not None else None


def canonical(name: str) -> str:
    """The name under which a record stores the values of *name*."""
    return ALIASES.get(name, name)


def refusal(name: str, *, native: bool, further: Iterable[str] = ()) -> str:
    """Why a rule may not use *name*; empty if it may.

    *native*: the rule has ``taxonomy: tetragon``; *further*: additional allowed names.
    """
    if name in further:
        return ""
    field_ = field(name)
    if field_ is not None:
        if native or not field_.native:
            return ""
        return f"field `{_shown(name)}` is a name of Tetragon, which needs `taxonomy: tetragon` in the rule"
    if name in PREFIXES:
        return f"field `{name}` needs a key after its last dot, for example `{name}app`"
    if name in _NEVER:
        return f"field `{name}` has no value in Tetragon's events: {_NEVER[name]}"
    guess = _guess(name[:_SHOWN], native=native)
    return f"unknown field `{_shown(name)}`" + (f", did you mean `{guess}`?" if guess else "")


@functools.lru_cache(maxsize=256)
def _guess(name: str, *, native: bool) -> str:
    """The closest name that the rule may use, else the closest of all."""
    folded = {f.name.lower(): f.name for f in ROWS if native or not f.native}
    everything = {f.name.lower(): f.name for f in ROWS}
    for names in (folded, everything):
        near = nearest(name.lower(), names, cutoff=0.7)
        if near:
            return names[near]
    return ""


def _shown(name: str) -> str:
    return printable(truncate(name, _SHOWN))

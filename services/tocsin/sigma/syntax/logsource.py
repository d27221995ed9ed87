"""The logsource of a rule: which kinds of events it selects, and which conditions it adds."""

from typing import NamedTuple

from yaml.nodes import Node

from tocsin.model.subjects import EVENT_KINDS
from tocsin.model.text import nearest, suggest
from tocsin.sigma.syntax.documents import Logsource
from tocsin.sigma.syntax.ir import Atom, Const
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.parse_context import ParseContext, quoted
from tocsin.sigma.syntax.scalars import mapping, text
from tocsin.sigma.syntax.simplify import all_of, any_of

NATIVE = "tetragon"
USUAL = "write `product: linux` and `category: process_creation`"
_MOST_CHECKED = 50
"""Keys beyond this number are ignored, like unknown keys."""
_KEYS = ("category", "product", "service", "definition")
_CALLS = frozenset({"kprobe", "lsm", "tracepoint"})
_EXEC = frozenset({"exec"})


class Scope(NamedTuple):
    """Event kinds, and a condition in addition to the rule's own."""

    kinds: frozenset[str]
    demands: Ir = Const(value=True)


def _has(field: str) -> Ir:
    return Atom(field, "exists", value=True)


_WRITES = Scope(_CALLS, all_of([_has("TargetFilename"), Atom("access", "eq", "write")]))
_READS = Scope(_CALLS, all_of([_has("TargetFilename"), Atom("access", "eq", "read")]))
CATEGORIES = {
    "process_creation": Scope(_EXEC),
    **dict.fromkeys(("file_event", "file_create", "file_change", "file_delete", "file_rename"), _WRITES),
    "file_access": _READS,
    "network_connection": Scope(_CALLS, _has("Initiated")),
    "image_load": Scope(frozenset({"loader"})),
}
"""The categories of Sigma."""
SERVICES = {"auditd": Scope(_EXEC | _CALLS)}
_ENDS = [_has("DestinationIp"), _has("DestinationPort"), _has("SourcePort")]
NATIVE_CATEGORIES = {
    **{kind: Scope(frozenset({kind})) for kind in EVENT_KINDS},
    "call": Scope(_CALLS),
    "file": Scope(_CALLS, _has("TargetFilename")),
    "network": Scope(_CALLS, any_of(_ENDS)),
}
"""The categories of ``product: tetragon``."""
_LOGS = frozenset({
    "syslog", "sshd", "cron", "sudo", "auth", "vsftpd", "guacamole", "clamav", "cloud", "modsecurity", "systemd",
})  # fmt: skip


def logsource(context: ParseContext, node: Node) -> Logsource:
    """The logsource as written."""
    entries = mapping(context, node, "logsource")
    for key, entry in list(entries.items())[:_MOST_CHECKED]:
        if key not in _KEYS and nearest(key, _KEYS):
            context.warn(entry.key, f"logsource: unknown key {quoted(key)}; {suggest(key, _KEYS)}", "unknown-key")
    fields = {key: text(context, entries[key].value, f"logsource.{key}") for key in _KEYS[:3] if key in entries}
    if not fields:
        raise context.error(node, f"logsource: is empty; {USUAL}", "logsource")
    return Logsource(**fields)


def scope(context: ParseContext, node: Node, source: Logsource) -> Scope:
    """The scope of *source* at *node*; an error if Tetragon does not see such events."""
    if source.product == NATIVE:
        return _of_tetragon(context, node, source)
    if source.product not in ("", "linux"):
        close = nearest(source.product, ("linux", NATIVE))
        suggestion = f"did you mean {close!r}?" if close else "write `linux` or `tetragon`"
        message = (
            f"logsource: product {quoted(source.product)} is not supported: Tetragon sees only Linux; {suggestion}"
        )
        raise context.error(node, message, "logsource")
    if source.category:
        if source.service and source.service not in SERVICES:
            raise _no_service(context, node, source.service)
        if source.category not in CATEGORIES:
            known = suggest(source.category, CATEGORIES)
            message = f"logsource: category {quoted(source.category)} has no events here; {known}"
            raise context.error(node, message, "logsource")
        return CATEGORIES[source.category]
    if source.service:
        if source.service not in SERVICES:
            raise _no_service(context, node, source.service)
        return SERVICES[source.service]
    return Scope(_EXEC)


def _of_tetragon(context: ParseContext, node: Node, source: Logsource) -> Scope:
    if source.service:
        raise context.error(node, "logsource: `product: tetragon` has no services; use `category`", "logsource")
    if not source.category:
        return Scope(frozenset(EVENT_KINDS))
    if source.category not in NATIVE_CATEGORIES:
        known = suggest(source.category, NATIVE_CATEGORIES)
        raise context.error(
            node, f"logsource: category {quoted(source.category)} is not a category of Tetragon; {known}", "logsource"
        )
    return NATIVE_CATEGORIES[source.category]


def _no_service(context: ParseContext, node: Node, service: str) -> Exception:
    if service in _LOGS:
        why = "is the log of a program, which Tetragon does not see"
    else:
        why = f"has no events here; {suggest(service, SERVICES)}"
    return context.error(node, f"logsource: service {quoted(service)} {why}", "logsource")

"""Which events a rule is about: the kinds that its logsource names, and what it demands of them."""

from typing import NamedTuple

from yaml.nodes import Node

from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.syntax.documents import Logsource
from tocsin.sigma.syntax.ir import Atom, Const
from tocsin.sigma.syntax.ir import Node as Ir
from tocsin.sigma.syntax.parse_context import ParseContext, shown
from tocsin.sigma.syntax.scalars import mapping, text
from tocsin.sigma.syntax.simplify import both, either
from tocsin.sigma.syntax.suggestions import hint, near

NATIVE = "tetragon"
USUAL = "write `product: linux` and `category: process_creation`"
_MOST_CHECKED = 50
"""Keys; more are passed over, as foreign ones are anyway."""
_KEYS = ("category", "product", "service", "definition")
_CALLS = frozenset({"kprobe", "lsm", "tracepoint"})
_EXEC = frozenset({"exec"})


class Scope(NamedTuple):
    """Event kinds, and what must hold besides the rule's own condition."""

    kinds: frozenset[str]
    demands: Ir = Const(value=True)


def _has(field: str) -> Ir:
    return Atom(field, "exists", value=True)


_WRITES = Scope(_CALLS, both([_has("TargetFilename"), Atom("access", "eq", "write")]))
_READS = Scope(_CALLS, both([_has("TargetFilename"), Atom("access", "eq", "read")]))
CATEGORIES = {
    "process_creation": Scope(_EXEC),
    **dict.fromkeys(("file_event", "file_create", "file_change", "file_delete", "file_rename"), _WRITES),
    "file_access": _READS,
    "network_connection": Scope(_CALLS, _has("Initiated")),
    "image_load": Scope(frozenset({"loader"})),
}
"""Sigma's own."""
SERVICES = {"auditd": Scope(_EXEC | _CALLS)}
_ENDS = [_has("DestinationIp"), _has("DestinationPort"), _has("SourcePort")]
NATIVE_CATEGORIES = {
    **{kind: Scope(frozenset({kind})) for kind in EVENT_KINDS},
    "call": Scope(_CALLS),
    "file": Scope(_CALLS, _has("TargetFilename")),
    "network": Scope(_CALLS, either(_ENDS)),
}
"""Of ``product: tetragon``."""
_LOGS = frozenset({
    "syslog", "sshd", "cron", "sudo", "auth", "vsftpd", "guacamole", "clamav", "cloud", "modsecurity", "systemd",
})  # fmt: skip


def logsource(page: ParseContext, node: Node) -> Logsource:
    """The logsource as written."""
    entries = mapping(page, node, "logsource")
    for key, entry in list(entries.items())[:_MOST_CHECKED]:
        if key not in _KEYS and near(key, _KEYS):
            page.warn(entry.key, f"logsource: unknown key {shown(key)}; {hint(key, _KEYS)}", "unknown-key")
    found = {key: text(page, entries[key].value, f"logsource.{key}") for key in _KEYS[:3] if key in entries}
    if not found:
        raise page.error(node, f"logsource: is empty; {USUAL}", "logsource")
    return Logsource(**found)


def scope(page: ParseContext, node: Node, source: Logsource) -> Scope:
    """What *source*, which stands at *node*, asks for; what Tetragon cannot see is refused."""
    if source.product == NATIVE:
        return _of_tetragon(page, node, source)
    if source.product not in ("", "linux"):
        close = near(source.product, ("linux", NATIVE))
        meant = f"did you mean {close!r}?" if close else "write `linux` or `tetragon`"
        told = f"logsource: product {shown(source.product)} is not what Tetragon sees, which is Linux; {meant}"
        raise page.error(node, told, "logsource")
    if source.category:
        if source.service and source.service not in SERVICES:
            raise _no_service(page, node, source.service)
        if source.category not in CATEGORIES:
            known = hint(source.category, CATEGORIES)
            told = f"logsource: category {shown(source.category)} has no events here; {known}"
            raise page.error(node, told, "logsource")
        return CATEGORIES[source.category]
    if source.service:
        if source.service not in SERVICES:
            raise _no_service(page, node, source.service)
        return SERVICES[source.service]
    return Scope(_EXEC)


def _of_tetragon(page: ParseContext, node: Node, source: Logsource) -> Scope:
    if source.service:
        raise page.error(node, "logsource: `product: tetragon` has no services; use `category`", "logsource")
    if not source.category:
        return Scope(frozenset(EVENT_KINDS))
    if source.category not in NATIVE_CATEGORIES:
        known = hint(source.category, NATIVE_CATEGORIES)
        raise page.error(
            node, f"logsource: category {shown(source.category)} is none of Tetragon's; {known}", "logsource"
        )
    return NATIVE_CATEGORIES[source.category]


def _no_service(page: ParseContext, node: Node, service: str) -> Exception:
    if service in _LOGS:
        why = "is the log text of a program, which Tetragon does not see"
    else:
        why = f"has no events here; {hint(service, SERVICES)}"
    return page.error(node, f"logsource: service {shown(service)} {why}", "logsource")

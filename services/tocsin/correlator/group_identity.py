"""What is true of all signals of a window, by what they were grouped by: where an alert of a correlation took place."""

from tocsin.model import subjects
from tocsin.model.signal import Signal
from tocsin.sigma.syntax.documents import Correlation

_POD = ("node", "namespace", "pod", "workload", "workload_kind")
_CONTAINER = (*_POD, "container", "image")
_IMPLIED: dict[str, tuple[str, ...]] = {
    "node": ("node",),
    "pod.namespace": ("namespace",),
    "pod.uid": _POD,
    "scope": _POD,
    "container.id": _CONTAINER,
    "container.image": ("image",),
    "exec_id": (*_CONTAINER, "process"),
    "ProcessGuid": (*_CONTAINER, "process"),
    "parent.exec_id": ("node",),
    "ParentProcessGuid": ("node",),
    "binary": ("process",),
    "Image": ("process",),
}
_IN_NAMESPACE: dict[str, tuple[str, ...]] = {
    "pod.name": _POD,
    "pod.workload": ("workload", "workload_kind"),
}
"""Names that mean something only within their namespace."""
_IN_POD: dict[str, tuple[str, ...]] = {"container.name": ("container", "image")}
_NAMESPACE = "pod.namespace"


def where(correlation: Correlation, signal: Signal) -> dict[str, str]:
    """Fields of the alert that the key makes true, from the completing *signal*."""
    fields = _fields(correlation)
    known = {name for field in fields for name in _IMPLIED.get(field, ())}
    if _NAMESPACE in fields:
        known |= {name for field in fields for name in _IN_NAMESPACE.get(field, ())}
    if "pod" in known:
        known |= {name for field in fields for name in _IN_POD.get(field, ())}
    return {name: getattr(signal, name) for name in sorted(known)}


def namespace_token(correlation: Correlation, signal: Signal, key: dict[str, str]) -> str:
    """The namespace as a subject has it; `subjects.UNKNOWN` where a window may hold several."""
    if "namespace" not in where(correlation, signal):
        return subjects.UNKNOWN
    if signal.namespace:
        return signal.namespace
    scope = key.get("scope")
    inside = signal.pod or signal.container or signal.image or (scope is not None and scope != signal.node)
    return subjects.UNKNOWN if inside else subjects.HOST


def _fields(correlation: Correlation) -> set[str]:
    """What is grouped by, an alias as the one field that it stands for in every rule."""
    fields = set()
    for name in correlation.group_by:
        meant = set(correlation.aliases.get(name, {}).values()) or {name}
        if len(meant) == 1:
            fields |= meant
    return fields

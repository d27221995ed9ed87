"""Which fields of an alert (pod, workload, process ...) the group key of a correlation determines."""

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
"""Fields whose values are unique only within a namespace."""
_IN_POD: dict[str, tuple[str, ...]] = {"container.name": ("container", "image")}
_NAMESPACE = "pod.namespace"


def alert_fields(correlation: Correlation, signal: Signal) -> dict[str, str]:
    """The alert fields that are the same for all signals of the window, with the values of *signal*."""
    fields = _fields(correlation)
    names = {name for field in fields for name in _IMPLIED.get(field, ())}
    if _NAMESPACE in fields:
        names |= {name for field in fields for name in _IN_NAMESPACE.get(field, ())}
    if "pod" in names:
        names |= {name for field in fields for name in _IN_POD.get(field, ())}
    return {name: getattr(signal, name) for name in sorted(names)}


def namespace_token(correlation: Correlation, signal: Signal, key: dict[str, str]) -> str:
    """The namespace token of the alert's subject; `subjects.UNKNOWN` if a window may hold several namespaces."""
    if "namespace" not in alert_fields(correlation, signal):
        return subjects.UNKNOWN
    if signal.namespace:
        return signal.namespace
    scope = key.get("scope")
    inside = signal.pod or signal.container or signal.image or (scope is not None and scope != signal.node)
    return subjects.UNKNOWN if inside else subjects.HOST


def _fields(correlation: Correlation) -> set[str]:
    """The group-by fields; an alias counts if it stands for the same field in every rule."""
    fields = set()
    for name in correlation.group_by:
        fields_ = set(correlation.aliases.get(name, {}).values()) or {name}
        if len(fields_) == 1:
            fields |= fields_
    return fields

"""Judge one event: one event in, one alert out, without clock, network or disk."""

import functools
from typing import Any
from urllib.parse import unquote

from msgspec import Raw, Struct

from tocsin.classifier import descriptions
from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.verdict import Verdict, decide
from tocsin.model import ids, subjects
from tocsin.model.alert import Alert
from tocsin.model.event import Container, Event, Pod, Process
from tocsin.model.hook_names import EXISTING
from tocsin.model.outcome import outcome
from tocsin.model.signal import Signal
from tocsin.model.timestamps import believable, format_ns, parse_ns
from tocsin.sigma.fields.record import EventRecord

TEXT_BYTES = 8192
"""Texts of an alert are cut at this many bytes of UTF-8, except within `Alert.event`."""

_SURELY_SHORT = TEXT_BYTES // 4
_CACHED_CHARACTERS = 256
_BEGINNING = 200
_WHOLE_TIME = len("2026-11-23T14:08:12.641000000Z")
"""A time of this length that ends in Z has the form that alerts use: UTC, nine digits."""
_NO_PROCESS, _NO_POD, _NO_CONTAINER = Process(), Pod(), Container()


class Origin(Struct, frozen=True, gc=False):
    """What the headers of an event's message say: its id, and what the collector knows."""

    id: str
    cluster: str
    """Part of the event's id, like `node`; never empty."""
    node: str
    received_ns: int


class Judgement(Struct, frozen=True, gc=False):
    """An alert and its subject."""

    alert: Alert
    subject: str
    signal: Signal | None = None
    """What correlations count, if they count it."""
    failed: tuple[tuple[str, str], ...] = ()
    """Ids of rules that failed for this event and were skipped, each with its error."""


def judge(event: Event, raw: bytes, origin: Origin, policies: PolicySet) -> Judgement:
    """The alert of *event*, which carries the bytes *raw* unchanged."""
    process, parent = event.body.process or _NO_PROCESS, event.body.parent or _NO_PROCESS
    record = EventRecord.of(event, raw, cluster=origin.cluster, node=origin.node)
    limit = _TextLimit()
    event_type = EXISTING if record.existing else limit.text("event_type", record.event_type) or event.kind
    namespace = _namespace(process)
    line = policies.policy.table.judge(event, record.function, in_pod=namespace != subjects.HOST)
    time, time_source, time_ns = _time(event.time, origin.received_ns)
    hits = policies.rules.match(record, time_ns)
    verdict = decide(line, line.reason, hits, record, policies)
    rule = verdict.worst
    alert = Alert(
        id=origin.id,
        time=time,
        received=format_ns(origin.received_ns),
        time_source=time_source,
        base_severity=line.severity,
        title=rule.title
        if rule is not None
        else descriptions.title(event, event_type, record.function, record.target, existing=record.existing),
        match_truncated=record.match_truncated,
        event_type=event_type,
        **_verdict(limit, event, verdict),
        **_action(limit, event, record.target),
        fingerprint=_fingerprint(origin, namespace, process, rule.id if rule is not None else event_type),
        event=Raw(raw),
        **_place(limit, origin, process.pod or _NO_POD),
        **_processes(limit, process, parent),
        truncated=limit.fields,
    )
    subject = subjects.alert(verdict.severity, origin.cluster, namespace, _name(verdict, event_type))
    return Judgement(alert, subject, _signal(alert, record, policies) if verdict.signals else None, hits.failed)


def _verdict(limit: "_TextLimit", event: Event, verdict: Verdict) -> dict[str, Any]:
    """How severe the event is, and why."""
    if verdict.rules_cut:
        limit.fields += ("rules",)
    return {
        "severity": verdict.severity,
        "severity_from": verdict.severity_from,
        "reason": limit.text("reason", descriptions.reason(event, verdict.reason)),
        "rules": verdict.rules,
        "signals": verdict.signals,
        "silenced_by": verdict.silenced_by,
        "unsilenced_severity": verdict.unsilenced.value if verdict.unsilenced is not None else "",
        "techniques": verdict.techniques,
    }


def _action(limit: "_TextLimit", event: Event, target: str) -> dict[str, Any]:
    """What was done to what, and what Tetragon did about it."""
    return {
        "kind": event.kind,
        "outcome": outcome(event),
        "target": limit.text("target", target),
        "policy": limit.text("policy", event.body.policy_name),
        "action": limit.text("action", _action_name(event.body.action)),
    }


def _name(verdict: Verdict, event_type: str) -> str:
    """The last token of the alert's subject, before it becomes a slug."""
    worst = verdict.worst
    return event_type if worst is None else worst.name or worst.title


def _signal(alert: Alert, record: EventRecord, policies: PolicySet) -> Signal:
    values = policies.rules.signal_values(alert.signals, record)
    return Signal(
        id=alert.id,
        time=alert.time,
        rules=alert.signals,
        values={field: _shortened(value) for field, value in values.items()},
        cluster=alert.cluster,
        node=_shortened(alert.node),
        namespace=_shortened(alert.namespace),
        pod=_shortened(alert.pod),
        container=_shortened(alert.container),
        image=_shortened(alert.image),
        workload=_shortened(alert.workload),
        workload_kind=_shortened(alert.workload_kind),
        process=_shortened(alert.process),
    )


def _shortened(value: str) -> str:
    """A short *value* as it is, of a longer one the beginning and a hash: it only has to differ from other values."""
    if len(value) <= _CACHED_CHARACTERS:
        return value
    return f"{value[:_BEGINNING]}...{ids.fingerprint_of(value)}"


def _place(limit: "_TextLimit", origin: Origin, pod: Pod) -> dict[str, Any]:
    """Where it happened: cluster and node as the collector names them, the rest as Kubernetes does."""
    container = pod.container or _NO_CONTAINER
    return {
        "cluster": limit.text("cluster", origin.cluster),
        "node": limit.text("node", origin.node),
        "namespace": limit.text("namespace", pod.namespace),
        "pod": limit.text("pod", pod.name),
        "container": limit.text("container", container.name),
        "image": limit.text("image", container.image.name if container.image is not None else None),
        "workload": limit.text("workload", pod.workload),
        "workload_kind": limit.text("workload_kind", pod.workload_kind),
    }


def _processes(limit: "_TextLimit", process: Process, parent: Process) -> dict[str, Any]:
    return {
        "process": limit.text("process", process.binary),
        "arguments": limit.text("arguments", process.arguments),
        "cwd": limit.text("cwd", process.cwd),
        "pid": process.pid,
        "uid": process.uid,
        "exec_id": limit.text("exec_id", process.exec_id),
        "parent_process": limit.text("parent_process", parent.binary),
        "parent_arguments": limit.text("parent_arguments", parent.arguments),
        "parent_exec_id": limit.text("parent_exec_id", parent.exec_id or process.parent_exec_id),
    }


def _fingerprint(origin: Origin, namespace: str, process: Process, name: str) -> str:
    pod = process.pod or _NO_POD
    container = pod.container.name or "" if pod.container is not None else ""
    return ids.fingerprint(
        origin.cluster, namespace, pod.workload or origin.node, container, name, process.binary or ""
    )


def _namespace(process: Process) -> str:
    """The namespace token of the subject; a container without a known pod is not the host."""
    pod = process.pod
    if pod is not None and pod != _NO_POD:
        return pod.namespace or subjects.UNKNOWN
    return subjects.UNKNOWN if process.docker else subjects.HOST


def _time(text: str, received_ns: int) -> tuple[str, str, int]:
    """The alert's time, its source if that is not the event, and the time in nanoseconds."""
    ns = parse_ns(text)
    if ns is not None and believable(ns, received_ns):
        whole = len(text) == _WHOLE_TIME and text[-1] == "Z"
        return (text if whole else format_ns(ns)), "", ns
    return format_ns(received_ns), "received", received_ns


def _action_name(action: str | int | None) -> str:
    """The name of the action; one that is newer than this version comes as a number."""
    if isinstance(action, int):
        return f"KPROBE_ACTION_{action}" if 0 <= action < 2**31 else "KPROBE_ACTION_UNKNOWN"
    return action or ""


class _TextLimit:
    """Cuts long texts, and remembers the fields that it cut."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: tuple[str, ...] = ()

    def text(self, field: str, text: str | None) -> str:
        """At most `TEXT_BYTES` of *text*, without NUL, which databases refuse."""
        if not text:
            return ""
        if "\0" in text:
            text = text.replace("\0", "")
        if len(text) <= _SURELY_SHORT:
            return text
        encoded = text.encode("utf-8", "replace")
        if len(encoded) <= TEXT_BYTES:
            return text
        self.fields += (field,)
        return encoded[:TEXT_BYTES].decode("utf-8", "ignore")


def plain(header: str) -> str:
    """The text of a header, which is percent-encoded if it is not printable ASCII."""
    if "%" not in header:
        return header
    return _unquoted(header) if len(header) <= _CACHED_CHARACTERS else unquote(header, errors="replace")


@functools.lru_cache(maxsize=256)
def _unquoted(header: str) -> str:
    return unquote(header, errors="replace")

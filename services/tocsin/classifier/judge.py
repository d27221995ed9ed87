"""One event in, one alert out: pure judgement, without clock, net or disk."""

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
"""Outside `Alert.event` a text is cut at this many bytes of UTF-8."""

_SURELY_SHORT = TEXT_BYTES // 4
_CACHED_CHARACTERS = 256
_BEGINNING = 200
_WHOLE_TIME = len("2026-11-23T14:08:12.641000000Z")
"""A time of this length that ends in Z is written as alerts have it: UTC, nine digits."""
_NO_PROCESS, _NO_POD, _NO_CONTAINER = Process(), Pod(), Container()


class Origin(Struct, frozen=True, gc=False):
    """What travels beside an event: its id, and what the collector knows."""

    id: str
    cluster: str
    """The name that the event's id was made of, like `node`; never empty."""
    node: str
    received_ns: int


class Judged(Struct, frozen=True, gc=False):
    """An alert and where it goes."""

    alert: Alert
    subject: str
    signal: Signal | None = None
    """What correlations count of it, where they do."""
    failed: tuple[tuple[str, str], ...] = ()
    """Rules that failed for this event and were skipped, with the error."""


def judge(event: Event, raw: bytes, origin: Origin, ruling: PolicySet) -> Judged:
    """The alert of *event*, whose bytes *raw* ride along untouched."""
    body = event.body
    process, parent = body.process or _NO_PROCESS, body.parent or _NO_PROCESS
    record = EventRecord.of(event, raw, cluster=origin.cluster, node=origin.node)
    cut = _Cut()
    name = EXISTING if record.existing else cut.text("event_type", record.event_type) or event.kind
    namespace = _namespace(process)
    function = record.function
    line = ruling.policy.table.judge(event, function, in_pod=namespace != subjects.HOST)
    time, time_source, time_ns = _when(event.time, origin.received_ns)
    hits = ruling.rules.match(record, time_ns)
    verdict = decide(line, line.reason, hits, record, ruling)
    worst = verdict.worst
    touched = record.target
    if verdict.rules_cut:
        cut.fields += ("rules",)
    alert = Alert(
        id=origin.id,
        time=time,
        received=format_ns(origin.received_ns),
        time_source=time_source,
        severity=verdict.severity,
        base_severity=line.severity,
        severity_from=verdict.severity_from,
        title=worst.title
        if worst is not None
        else descriptions.title(event, name, function, touched, existing=record.existing),
        reason=cut.text("reason", descriptions.reason(event, verdict.reason)),
        match_truncated=record.match_truncated,
        rules=verdict.rules,
        signals=verdict.signals,
        silenced_by=verdict.silenced_by,
        unsilenced_severity=verdict.unsilenced.value if verdict.unsilenced is not None else "",
        techniques=verdict.techniques,
        kind=event.kind,
        event_type=name,
        outcome=outcome(event),
        target=cut.text("target", touched),
        policy=cut.text("policy", body.policy_name),
        action=cut.text("action", _action(body.action)),
        fingerprint=_fingerprint(origin, namespace, process, worst.id if worst is not None else name),
        event=Raw(raw),
        **_where(cut, origin, process.pod or _NO_POD),
        **_who(cut, process, parent),
        truncated=cut.fields,
    )
    subject = subjects.alert(verdict.severity, origin.cluster, namespace, _name(verdict, name))
    return Judged(alert, subject, _signal(alert, record, ruling) if verdict.signals else None, hits.failed)


def _name(verdict: Verdict, event_type: str) -> str:
    """The last token of the alert's subject, before it is made a slug."""
    worst = verdict.worst
    return event_type if worst is None else worst.name or worst.title


def _signal(alert: Alert, record: EventRecord, ruling: PolicySet) -> Signal:
    values = ruling.rules.signal_values(alert.signals, record)
    return Signal(
        id=alert.id,
        time=alert.time,
        rules=alert.signals,
        values={field: _whole_or_hash(value) for field, value in values.items()},
        cluster=alert.cluster,
        node=_whole_or_hash(alert.node),
        namespace=_whole_or_hash(alert.namespace),
        pod=_whole_or_hash(alert.pod),
        container=_whole_or_hash(alert.container),
        image=_whole_or_hash(alert.image),
        workload=_whole_or_hash(alert.workload),
        workload_kind=_whole_or_hash(alert.workload_kind),
        process=_whole_or_hash(alert.process),
    )


def _whole_or_hash(value: str) -> str:
    """*value* where it is short, else its beginning with a hash of the whole: it has only to be told from others."""
    if len(value) <= _CACHED_CHARACTERS:
        return value
    return f"{value[:_BEGINNING]}...{ids.fingerprint_of(value)}"


def _where(cut: "_Cut", origin: Origin, pod: Pod) -> dict[str, Any]:
    """Cluster and node as the collector names them; the rest as Kubernetes does."""
    container = pod.container or _NO_CONTAINER
    return {
        "cluster": cut.text("cluster", origin.cluster),
        "node": cut.text("node", origin.node),
        "namespace": cut.text("namespace", pod.namespace),
        "pod": cut.text("pod", pod.name),
        "container": cut.text("container", container.name),
        "image": cut.text("image", container.image.name if container.image is not None else None),
        "workload": cut.text("workload", pod.workload),
        "workload_kind": cut.text("workload_kind", pod.workload_kind),
    }


def _who(cut: "_Cut", process: Process, parent: Process) -> dict[str, Any]:
    return {
        "process": cut.text("process", process.binary),
        "arguments": cut.text("arguments", process.arguments),
        "cwd": cut.text("cwd", process.cwd),
        "pid": process.pid,
        "uid": process.uid,
        "exec_id": cut.text("exec_id", process.exec_id),
        "parent_process": cut.text("parent_process", parent.binary),
        "parent_arguments": cut.text("parent_arguments", parent.arguments),
        "parent_exec_id": cut.text("parent_exec_id", parent.exec_id or process.parent_exec_id),
    }


def _fingerprint(origin: Origin, namespace: str, process: Process, name: str) -> str:
    pod = process.pod or _NO_POD
    container = pod.container.name or "" if pod.container is not None else ""
    return ids.fingerprint(
        origin.cluster, namespace, pod.workload or origin.node, container, name, process.binary or ""
    )


def _namespace(process: Process) -> str:
    """The namespace as the subject has it: a container whose pod is not known is not the host."""
    pod = process.pod
    if pod is not None and pod != _NO_POD:
        return pod.namespace or subjects.UNKNOWN
    return subjects.UNKNOWN if process.docker else subjects.HOST


def _when(text: str, received_ns: int) -> tuple[str, str, int]:
    """The alert's time, where it is from when not from the event, and the same in nanoseconds."""
    ns = parse_ns(text)
    if ns is not None and believable(ns, received_ns):
        whole = len(text) == _WHOLE_TIME and text[-1] == "Z"
        return (text if whole else format_ns(ns)), "", ns
    return format_ns(received_ns), "received", received_ns


def _action(action: str | int | None) -> str:
    """An action newer than we know comes as a number."""
    if isinstance(action, int):
        return f"KPROBE_ACTION_{action}" if 0 <= action < 2**31 else "KPROBE_ACTION_UNKNOWN"
    return action or ""


class _Cut:
    """Cuts texts to size and remembers which."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: tuple[str, ...] = ()

    def text(self, field: str, text: str | None) -> str:
        """*text* without NUL, which databases refuse, and at most `TEXT_BYTES` of it."""
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
    """The text of a header, which is percent-encoded where it is not printable ASCII."""
    if "%" not in header:
        return header
    return _unquoted(header) if len(header) <= _CACHED_CHARACTERS else unquote(header, errors="replace")


@functools.lru_cache(maxsize=256)
def _unquoted(header: str) -> str:
    return unquote(header, errors="replace")

"""The alert: one judged event as flat fields, with the unchanged event inside (architecture, section 3)."""

import msgspec
from msgspec import Raw, Struct

from tocsin.model.severity import Severity


class Match(Struct, frozen=True, omit_defaults=True):
    """A field of the event and the value in it that made a rule match."""

    field: str
    """Name of the event's field."""
    value: str
    """Cut at 256 characters."""


class RuleHit(Struct, frozen=True, omit_defaults=True):
    """A rule that matched."""

    id: str
    """Id of the rule."""
    title: str
    """Title of the rule."""
    level: str
    """Level that the rule's author gave it."""
    author: str = ""
    """Author of the rule."""
    link: str = ""
    """Where to read more."""
    techniques: tuple[str, ...] = ()
    """ATT&CK technique ids."""
    matched: tuple[Match, ...] = ()
    """At most 8."""


class Correlated(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The evidence of a correlation."""

    rule: str
    """Id of the correlation."""
    key: dict[str, str] = {}
    """What its events have in common: field to value."""
    from_: str = msgspec.field(name="from")
    """Time of the first event that counted."""
    to: str
    """Time of the last event that counted."""
    count: int
    """How many, or how many different."""


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event with a severity and the reason for it. Fields that are empty are left out of the JSON."""

    id: str
    """Stable across redelivery: the de-duplication key everywhere. It is the id of the event."""
    time: str
    """RFC 3339, UTC, nanoseconds: when the kernel saw it, or `received` if `time_source` says so."""
    received: str
    """When the collector read it."""
    time_source: str = ""
    """``received`` if the event has no time or no believable one; else empty."""
    severity: Severity
    """The final severity."""
    base_severity: Severity
    """The reason in the severity table."""
    severity_from: str
    """The source of the severity: ``table:<line>``, or the id of a rule, an override or a silence."""
    title: str
    """What happened, in words."""
    reason: str
    """Why the alert has this severity."""
    truncated: tuple[str, ...] = ()
    """Fields that were cut at 8 KiB."""
    match_truncated: bool = False
    """The rules saw only the first 32 KiB and the last 4 KiB of a text."""
    rules: tuple[RuleHit, ...] = ()
    """Rules that matched, worst first; empty if only the severity table decided."""
    signals: tuple[str, ...] = ()
    """Ids of the matched rules that correlations count, also of those that are silenced or silent."""
    silenced_by: str = ""
    """Id of the silence that lowered the severity."""
    unsilenced_severity: str = ""
    """The severity before the silence lowered it."""
    techniques: tuple[str, ...] = ()
    """ATT&CK technique ids."""
    cluster: str
    """Name of the cluster."""
    node: str = ""
    """Name of the node."""
    namespace: str = ""
    """Kubernetes namespace; empty for a process of the host."""
    pod: str = ""
    """Name of the pod."""
    container: str = ""
    """Name of the container."""
    image: str = ""
    """Image of the container."""
    workload: str = ""
    """Name of the workload that the pod belongs to."""
    workload_kind: str = ""
    """Kind of the workload, such as ``Deployment``."""
    kind: str
    """Tetragon's event type without ``process_``, such as ``exec`` or ``kprobe``; or ``correlation``."""
    event_type: str
    """The function, hook or system call, such as ``execve``; or ``correlation``."""
    process: str = ""
    """Path of the program that the process runs."""
    arguments: str = ""
    """Arguments of the process."""
    cwd: str = ""
    """Working directory of the process."""
    pid: int | None = None
    """Process id on the node."""
    uid: int | None = None
    """User id of the process."""
    exec_id: str = ""
    """Tetragon's id of the process."""
    parent_process: str = ""
    """Path of the program that the parent process runs."""
    parent_arguments: str = ""
    """Arguments of the parent process."""
    parent_exec_id: str = ""
    """Tetragon's id of the parent process."""
    policy: str = ""
    """The TracingPolicy that observed the event."""
    action: str = ""
    """What the policy told Tetragon to do."""
    outcome: str
    """``observed``, ``attempted`` or ``confirmed``."""
    target: str = ""
    """The file, address, capability or kernel module that the process used."""
    fingerprint: str
    """Alerts with the same fingerprint repeat each other."""
    event: Raw = Raw(b"")
    """The event as received; a correlation has none."""
    correlation: Correlated | None = None
    """What a correlation found; absent for other alerts."""
    evidence: tuple[str, ...] = ()
    """Of a correlation: ids of up to 10 of the alerts that it rests on."""


class Summary(Struct, frozen=True):
    """The fields that a list of alerts shows of one, read without decoding its event."""

    id: str
    time: str
    received: str
    severity: Severity
    title: str
    kind: str
    event_type: str
    fingerprint: str
    cluster: str = ""
    node: str = ""
    namespace: str = ""
    pod: str = ""
    container: str = ""
    workload: str = ""
    process: str = ""
    arguments: str = ""
    target: str = ""
    rules: tuple[RuleHit, ...] = ()
    techniques: tuple[str, ...] = ()
    silenced_by: str = ""
    exec_id: str = ""
    parent_exec_id: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Alert)
_summaries = msgspec.json.Decoder(Summary)


def encode(alert: Alert) -> bytes:
    """The alert as JSON on one line; the event's bytes are spliced in, not encoded again."""
    return _encoder.encode(alert)


def decode(payload: bytes) -> Alert:
    """An alert from its JSON; ``msgspec.DecodeError`` if it is not one."""
    return _decoder.decode(payload)


def summarize(payload: bytes) -> Summary:
    """The fields of a row from an alert's JSON; ``msgspec.DecodeError`` if it is not one."""
    return _summaries.decode(payload)

"""The alert: one judged event as flat fields, with the unchanged event inside (architecture, section 3)."""

import msgspec
from msgspec import Raw, Struct

from tocsin.model.severity import Severity


class Match(Struct, frozen=True, omit_defaults=True):
    """A field of the event and the value in it that made a rule match."""

    field: str
    value: str
    """Cut at 256 characters."""


class RuleHit(Struct, frozen=True, omit_defaults=True):
    """A rule that matched."""

    id: str
    title: str
    level: str
    author: str = ""
    link: str = ""
    techniques: tuple[str, ...] = ()
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
    base_severity: Severity
    """The reason in the severity table."""
    severity_from: str
    """The source of the severity: ``table:<line>``, or the id of a rule, an override or a silence."""
    title: str
    reason: str
    truncated: tuple[str, ...] = ()
    """Fields that were cut at 8 KiB."""
    match_truncated: bool = False
    """The rules saw only the first 32 KiB and the last 4 KiB of a text."""
    rules: tuple[RuleHit, ...] = ()
    signals: tuple[str, ...] = ()
    silenced_by: str = ""
    unsilenced_severity: str = ""
    techniques: tuple[str, ...] = ()
    cluster: str
    node: str = ""
    namespace: str = ""
    pod: str = ""
    container: str = ""
    image: str = ""
    workload: str = ""
    workload_kind: str = ""
    kind: str
    event_type: str
    process: str = ""
    arguments: str = ""
    cwd: str = ""
    pid: int | None = None
    uid: int | None = None
    exec_id: str = ""
    parent_process: str = ""
    parent_arguments: str = ""
    parent_exec_id: str = ""
    policy: str = ""
    action: str = ""
    outcome: str
    """``observed``, ``attempted`` or ``confirmed``."""
    target: str = ""
    fingerprint: str
    event: Raw = Raw(b"")
    """The event as received; a correlation has none."""
    correlation: Correlated | None = None
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

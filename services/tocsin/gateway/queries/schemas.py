"""The JSON of REST answers: the structs that the OpenAPI document is generated from."""

from msgspec import Raw, Struct

from tocsin.gateway.window.severities import BySeverity
from tocsin.model.severity import Severity

PROCESSES = 10


class RowAnswer(Struct, frozen=True, kw_only=True):
    """One alert as a list shows it; a field without a value is left out."""

    id: str
    seq: int
    """Its place in ALERTS."""
    t: int
    """Its time, milliseconds since 1970, UTC."""
    n: int
    """How many alerts this row stands for."""
    sev: Severity
    fp: str
    """What repeats: rows of one fingerprint may be folded."""
    title: str
    att: list[str]
    """ATT&CK technique ids."""
    silenced: bool
    rule: str = ""
    """Id of the worst rule that matched."""
    rules: list[str] = []
    """All of them, where there is more than one."""
    bin: str = ""
    args: str = ""
    """At most 256 characters; the last is … where it was cut."""
    event: str = ""
    """Tetragon's event key, or ``correlation``."""
    fn: str = ""
    """The function, hook or system call, or ``correlation``."""
    ns: str = ""
    wl: str = ""
    pod: str = ""
    node: str = ""
    container: str = ""
    target: str = ""
    late_s: int = 0
    """Seconds between its time and its arrival, where that is more than 60."""


class LaneAnswer(Struct, frozen=True, kw_only=True):
    """How far back the live window of one severity goes."""

    since: str | None
    """Time of the oldest row (RFC 3339); ``null`` if there is none."""
    rows: int
    """Number of rows."""
    complete: bool
    """Whether the window has every alert of this severity that is in the stream ALERTS."""


class Lanes(Struct, frozen=True, kw_only=True):
    """The live window."""

    critical: LaneAnswer
    """Of severity critical."""
    high: LaneAnswer
    """Of severity high."""
    medium: LaneAnswer
    """Of severity medium."""
    low: LaneAnswer
    """Of severity low."""


class AlertsAnswer(Struct, frozen=True, kw_only=True):
    """The newest alerts, newest first."""

    alerts: list[RowAnswer]
    """Rows; whole alerts (schema Alert) if ``full=1``."""
    total: int
    """Number of alerts in the stream ALERTS, whatever the filter."""
    timestamp: str
    """Time of this answer (RFC 3339)."""
    window: Lanes
    """How far back the live window reaches."""


class FullAlertsAnswer(Struct, frozen=True, kw_only=True):
    """The newest alerts as they are in the stream, newest first."""

    alerts: list[Raw]
    """Whole alerts (schema Alert)."""
    total: int
    """Number of alerts in the stream ALERTS, whatever the filter."""
    timestamp: str
    """Time of this answer (RFC 3339)."""
    window: Lanes
    """How far back the live window reaches."""
    cut: bool
    """Whether the list ends early because of the size limit of 16 MiB."""


class StatsAnswer(Struct, frozen=True, kw_only=True):
    """Counts: `total` and `by_severity` of the stream ALERTS, exactly; the others of the live window."""

    total: int
    """Number of alerts in the stream ALERTS."""
    by_severity: BySeverity
    """The same, by severity."""
    by_type: dict[str, int]
    """The ten most frequent functions, hooks or system calls, most frequent first."""
    by_process: dict[str, int]
    """The ten most frequent programs, most frequent first."""
    timestamp: str
    """Time of this answer (RFC 3339)."""
    window: Lanes
    """How far back the live window reaches."""


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The error message."""

    error: str
    """The message."""


class HealthAnswer(Struct, frozen=True, kw_only=True):
    """The process is alive."""

    alive: bool = True
    """Always true."""


class ReadyAnswer(Struct, frozen=True, kw_only=True):
    """Whether alerts arrive here."""

    ready: bool
    """Whether nothing fails."""
    broken: dict[str, str]
    """What fails, by stage; empty if nothing does."""

"""What the REST answers look like: the structs that the OpenAPI document is made from."""

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
    """Time of the oldest row (RFC 3339), ``null`` where there is none."""
    rows: int
    complete: bool
    """Whether every alert of this severity that ALERTS holds is in the window."""


class Lanes(Struct, frozen=True, kw_only=True):
    """The live window."""

    critical: LaneAnswer
    high: LaneAnswer
    medium: LaneAnswer
    low: LaneAnswer


class AlertsAnswer(Struct, frozen=True, kw_only=True):
    """The newest alerts, newest first."""

    alerts: list[RowAnswer]
    """With ``full=1`` the whole alerts (schema Alert) instead."""
    total: int
    """What ALERTS holds, exactly, whatever the filter."""
    timestamp: str
    window: Lanes


class FullAlertsAnswer(Struct, frozen=True, kw_only=True):
    """The newest alerts as they are in the stream, newest first."""

    alerts: list[Raw]
    total: int
    timestamp: str
    window: Lanes
    cut: bool
    """Whether the list ends early because the answer would have passed 16 MiB."""


class StatsAnswer(Struct, frozen=True, kw_only=True):
    """Counts: `total` and `by_severity` of ALERTS, exactly; the others of the live window."""

    total: int
    by_severity: BySeverity
    by_type: dict[str, int]
    """The ten most frequent functions, hooks or system calls, most frequent first."""
    by_process: dict[str, int]
    timestamp: str
    window: Lanes


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """What was wrong, in words."""

    error: str


class HealthAnswer(Struct, frozen=True, kw_only=True):
    """The process is alive."""

    alive: bool = True


class ReadyAnswer(Struct, frozen=True, kw_only=True):
    """Whether alerts arrive on this page."""

    ready: bool
    broken: dict[str, str]
    """Hop to what is broken there; empty where all is well."""

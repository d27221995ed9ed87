"""The JSON of REST answers: the structs that the OpenAPI document is generated from."""

from msgspec import Raw, Struct

from tocsin.gateway.window.severities import BySeverity
from tocsin.model.alert_row import AlertRow


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

    alerts: list[AlertRow]
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

"""The JSON of answers about a time range: the structs that the OpenAPI document is generated from."""

import msgspec
from msgspec import Struct

from tocsin.gateway.window.severities import BySeverity
from tocsin.gateway.window.top_values import Entry
from tocsin.model.alert_row import AlertRow
from tocsin.model.severity import Severity


class Since(Struct, frozen=True, kw_only=True):
    """From when on every alert is in the live window, milliseconds since 1970; ``null`` if none was ever removed."""

    critical: int | None
    """Of severity critical."""
    high: int | None
    """Of severity high."""
    medium: int | None
    """Of severity medium."""
    low: int | None
    """Of severity low."""


class RangeAnswer(Struct, frozen=True, kw_only=True):
    """Alerts of a time range, newest first."""

    rows: list[AlertRow]
    """The alerts."""
    before: str | None
    """As the parameter ``before`` it asks for the next rows; ``null`` if these are the last."""
    complete_since: Since
    """How far back the rows are complete."""
    counts: BySeverity
    """Number of alerts of the time range that pass the filter, also of those that are not listed."""
    exact: bool
    """Whether `counts` are exact."""
    from_: int = msgspec.field(name="from")
    """Start of the time range: milliseconds since 1970, a whole second."""
    to: int
    """End of the time range, not included: the same."""


class FacetsAnswer(Struct, frozen=True, kw_only=True):
    """The most frequent values."""

    top: dict[str, list[Entry]]
    """Field to its most frequent values: value, number of alerts, worst severity. A field's own filter does not limit
    its list."""
    distinct: dict[str, int]
    """Field to its number of different values."""
    exact: bool
    """Whether all alerts of the time range were counted."""


class TimelineAnswer(Struct, frozen=True, kw_only=True):
    """Number of alerts over time."""

    t0: int
    """Start of the first bin, seconds since 1970."""
    step_s: int
    """Width of a bin, seconds."""
    critical: list[int]
    """Number of alerts of severity critical in each bin."""
    high: list[int]
    """Number of alerts of severity high in each bin."""
    medium: list[int]
    """Number of alerts of severity medium in each bin."""
    low: list[int]
    """Number of alerts of severity low in each bin."""
    exact: bool
    """Whether all alerts of the time range were counted."""


class NodeAlert(Struct, frozen=True, kw_only=True):
    """An alert of a process."""

    id: str
    """Id of the alert."""
    severity: Severity
    """Severity of the alert."""
    title: str
    """Title of the alert."""
    t: int
    """Time of the alert, milliseconds since 1970."""


class More(Struct, frozen=True, kw_only=True):
    """What is not listed one by one, but counted."""

    alerts: int = 0
    """Number of alerts."""
    high: int = 0
    """Of these, high and critical ones."""
    processes: int = 0
    """Child processes that are not listed; the alerts are theirs."""


class Node(Struct, kw_only=True):
    """A process."""

    exec_id: str
    """Tetragon's id of the process."""
    parent_exec_id: str = ""
    """Tetragon's id of the parent process; empty if not known."""
    process: str = ""
    """Path of the program."""
    arguments: str = ""
    """Arguments of the process."""
    pid: int | None = None
    """Process id on the node."""
    uid: int | None = None
    """User id of the process."""
    started: str = ""
    """When it started (RFC 3339); empty if not known."""
    recorded: bool = True
    """Whether more than its id is known."""
    this: bool = False
    """Whether the alert is about this process."""
    alerts: list[NodeAlert] = []
    """Its alerts, at most 20, the worst first, then the newest."""
    more: More = More()
    """Its other alerts."""
    folded: More = More()
    """Its child processes that are not listed, beyond 20."""


class AncestryAnswer(Struct, frozen=True, kw_only=True):
    """The processes around an alert: its ancestors, and what each of them started."""

    nodes: list[Node]
    """The processes, from the top down."""
    root: str
    """exec_id of the topmost process."""
    source: str
    """``event`` if the event itself names the ancestors, ``window`` if they come from other alerts."""

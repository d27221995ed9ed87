"""What the answers about a stretch of time look like: the structs that the OpenAPI document is made from."""

import msgspec
from msgspec import Struct

from tocsin.gateway.queries.schemas import RowAnswer
from tocsin.gateway.window.severities import BySeverity
from tocsin.gateway.window.top_values import Entry
from tocsin.model.severity import Severity


class Since(Struct, frozen=True, kw_only=True):
    """From when on every alert is at hand, milliseconds since 1970; ``null`` where none ever left."""

    critical: int | None
    high: int | None
    medium: int | None
    low: int | None


class RangeAnswer(Struct, frozen=True, kw_only=True):
    """Alerts of a stretch of time, newest first."""

    rows: list[RowAnswer]
    before: str | None
    """Given as ``before`` it asks for the rows that follow; ``null`` where these are the last."""
    complete_since: Since
    """Of the rows."""
    counts: BySeverity
    """All of the stretch that pass the filter, however many rows are listed."""
    exact: bool
    """Whether `counts` are all that there were."""
    from_: int = msgspec.field(name="from")
    """Milliseconds since 1970, as are the others: whole seconds."""
    to: int


class FacetsAnswer(Struct, frozen=True, kw_only=True):
    """The most frequent values: text, how many, worst severity."""

    top: dict[str, list[Entry]]
    """A field's own filter does not narrow its own list."""
    distinct: dict[str, int]
    """How many different values there are."""
    exact: bool
    """Whether all alerts of the stretch were counted."""


class TimelineAnswer(Struct, frozen=True, kw_only=True):
    """Counts over time."""

    t0: int
    """Seconds since 1970: where the first bin begins."""
    step_s: int
    critical: list[int]
    high: list[int]
    medium: list[int]
    low: list[int]
    exact: bool


class NodeAlert(Struct, frozen=True, kw_only=True):
    """An alert of a process."""

    id: str
    sev: Severity
    title: str
    t: int
    """Milliseconds since 1970."""


class More(Struct, frozen=True, kw_only=True):
    """What is not listed one by one."""

    alerts: int = 0
    high: int = 0
    """High and critical ones among them."""
    processes: int = 0
    """Children that are no nodes of the answer; of them are these alerts."""


class Node(Struct, kw_only=True):
    """A process."""

    exec_id: str
    parent_exec_id: str = ""
    process: str = ""
    arguments: str = ""
    pid: int | None = None
    uid: int | None = None
    started: str = ""
    """RFC 3339, empty where it is not known."""
    recorded: bool = True
    """Whether anything is known of it but its id."""
    this: bool = False
    """Whether the alert is its."""
    alerts: list[NodeAlert] = []
    """At most 20, the worst and then the newest."""
    more: More = More()
    """Alerts of it beyond those."""
    folded: More = More()
    """Its children beyond 20."""


class AncestryAnswer(Struct, frozen=True, kw_only=True):
    """The processes around an alert: those that led to it, and what each of them started."""

    nodes: list[Node]
    root: str
    source: str
    """``event`` where Tetragon told the ancestors with the event, ``window`` where other alerts told them."""

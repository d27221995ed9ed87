"""The row: the fields of an alert that lists show, filter, count and export, each declared once.

From `RowFields` and `AlertRow` follow the JSON of a row, the fields of filters and facets, free-text search, the
columns of CSV files, and the schema in the OpenAPI document.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Struct

from tocsin.model.event import event_key
from tocsin.model.severity import Severity

Values = Callable[[Any], Iterable[str]]
"""The values that a row has in one field."""


class Use(Struct, frozen=True, kw_only=True):
    """What a field of a row serves for, besides being shown."""

    filter: bool = False
    """Filters select by it."""
    facet: bool = False
    """Its most frequent values are counted."""
    text: bool = False
    """Free text is searched in it."""
    values: Values | None = None
    """The values that filters and free text compare, if there are more than the field's own."""


def _programs(row: Any) -> Iterable[str]:
    return row.process, row.process.rpartition("/")[2]


def _event_types(row: Any) -> Iterable[str]:
    return row.event_type, event_key(row.kind)


def _kinds(row: Any) -> Iterable[str]:
    return row.kind, event_key(row.kind)


def _techniques(row: Any) -> Iterable[str]:
    return (*row.techniques, *(technique.partition(".")[0] for technique in row.techniques))


class RowFields(Struct, kw_only=True, omit_defaults=True, eq=False, gc=False):
    """The fields that many rows have in common: repeats differ in arguments, target and time alone."""

    severity: Annotated[Severity, Use(filter=True)]
    """Severity of the alert."""
    namespace: Annotated[str, Use(filter=True, facet=True, text=True)] = ""
    """Kubernetes namespace; empty for a process of the host."""
    pod: Annotated[str, Use(filter=True, text=True)] = ""
    """Name of the pod."""
    workload: Annotated[str, Use(filter=True, facet=True, text=True)] = ""
    """Name of the workload that the pod belongs to."""
    node: Annotated[str, Use(filter=True, facet=True, text=True)] = ""
    """Name of the node."""
    process: Annotated[str, Use(filter=True, facet=True, text=True, values=_programs)] = ""
    """Path of the program that the process runs. A filter takes its last part, too."""
    event_type: Annotated[str, Use(filter=True, facet=True, text=True, values=_event_types)] = ""
    """The function, hook or system call, such as ``execve``; or ``correlation``."""
    kind: Annotated[str, Use(filter=True, text=True, values=_kinds)] = ""
    """Tetragon's event type without ``process_``, such as ``exec`` or ``kprobe``; or ``correlation``."""
    rules: Annotated[tuple[str, ...], Use(filter=True, facet=True, text=True)] = ()
    """Ids of the rules that matched, worst first."""
    techniques: Annotated[tuple[str, ...], Use(filter=True, facet=True, text=True, values=_techniques)]
    """ATT&CK technique ids. A filter on a technique takes its sub-techniques, too."""
    container: Annotated[str, Use(filter=True, text=True)] = ""
    """Name of the container."""
    title: Annotated[str, Use(text=True)]
    """What happened, in words."""
    fingerprint: str
    """Alerts with the same fingerprint repeat each other."""
    silenced: bool
    """Whether a silence lowered the severity."""


class AlertRow(RowFields, kw_only=True, eq=True, gc=True):
    """One alert as a list shows it; a field without a value is left out."""

    id: str
    """Id of the alert."""
    seq: int
    """Sequence of the alert in the stream ALERTS."""
    t: int
    """Time of the alert, milliseconds since 1970."""
    n: int
    """Number of alerts that this row stands for."""
    arguments: Annotated[str, Use(text=True)] = ""
    """Arguments of the process, at most 256 characters; the last is … if they are cut."""
    target: Annotated[str, Use(filter=True, text=True)] = ""
    """The file, address, capability or kernel module that the process used."""
    late_s: int = 0
    """Seconds between the alert's time and its arrival, if more than 60."""


COLUMNS = (
    "t", "severity", "title", "rules", "techniques", "process", "arguments", "target", "kind", "event_type",
    "namespace", "workload", "pod", "container", "node", "silenced", "late_s", "fingerprint", "id", "seq",
)  # fmt: skip
"""The columns of a CSV file, in their order; ``t`` is written as ``time``."""


class RowField(Struct, frozen=True, kw_only=True):
    """One field of a row."""

    name: str
    own: bool
    """Whether it is not one of `RowFields`."""
    use: Use
    own_values: Values
    """The field's value or values."""
    values: Values
    """The values that filters and free text compare."""


def _field(info: msgspec.structs.FieldInfo) -> RowField:
    annotated = get_origin(info.type) is Annotated
    kind, *marks = get_args(info.type) if annotated else (info.type,)
    use = next((mark for mark in marks if isinstance(mark, Use)), Use())
    get = attrgetter(info.name)
    own_values: Values = get if get_origin(kind) is tuple else lambda row: (get(row),)
    return RowField(
        name=info.name,
        own=info.name not in RowFields.__struct_fields__,
        use=use,
        own_values=own_values,
        values=use.values or own_values,
    )


FIELDS = {info.name: _field(info) for info in msgspec.structs.fields(AlertRow)}
FACETS = {name: field.own_values for name, field in FIELDS.items() if field.use.facet}
"""The fields whose most frequent values are counted."""

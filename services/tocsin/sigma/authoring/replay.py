"""Judges events one after another like classifier and correlator, for rule tests and dry runs."""

from collections.abc import Sequence

from msgspec import Struct

from tocsin.model import event as events
from tocsin.model import ids
from tocsin.model.event import Container, Pod, Process
from tocsin.model.signal import Signal
from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.sigma.correlation import CorrelationEngine, Firing
from tocsin.sigma.fields.record import EventRecord
from tocsin.sigma.ruleset import Hits, RuleSet
from tocsin.sigma.syntax.documents import Correlation

CLUSTER = "default"
"""The cluster of an event that names none, as in the collector."""
_NO_PROCESS, _NO_POD, _NO_CONTAINER = Process(), Pod(), Container()


class Step(Struct, frozen=True):
    """The results of one event."""

    record: EventRecord
    hits: Hits
    firings: Sequence[Firing]


class Replay:
    """The rules of a set, and correlations over their hits."""

    def __init__(self, ruleset: RuleSet, correlations: Sequence[Correlation] | None = None) -> None:
        """*correlations*: by default those of the set; each after those that it refers to."""
        self._ruleset = ruleset
        active = ruleset.correlations if correlations is None else correlations
        self._engine = CorrelationEngine(tuple(active)) if active else None
        self._time_ns = 0
        self._seq = 0

    def feed(self, line: bytes, *, id: str = "", time_ns: int | None = None, cluster: str = "", node: str = "") -> Step:
        """Judge one event; `BadEvent` if *line* is not an event.

        *id* is by default the hash of the line, *time_ns* the event's own time, else that of the event before.
        """
        event = events.read(line)
        cluster, node = cluster or event.cluster or CLUSTER, node or event.node
        if time_ns is None:
            time_ns = parse_ns(event.time)
        self._time_ns = self._time_ns if time_ns is None else time_ns
        record = EventRecord.of(event, line, cluster=cluster, node=node)
        hits = self._ruleset.match(record, self._time_ns)
        return Step(record, hits, self._correlate(record, hits, id or ids.event_id(cluster, node, line), cluster, node))

    def _correlate(self, record: EventRecord, hits: Hits, id: str, cluster: str, node: str) -> Sequence[Firing]:
        if self._engine is None:
            return ()
        counted = tuple(hit.rule.id for hit in hits.hits if hit.rule.id in self._ruleset.counted)
        if not counted:
            return ()
        self._seq += 1
        process = record.event.body.process or _NO_PROCESS
        pod = process.pod or _NO_POD
        container = pod.container or _NO_CONTAINER
        signal = Signal(
            id=id,
            time=format_ns(self._time_ns),
            rules=counted,
            values=self._ruleset.signal_values(counted, record),
            cluster=cluster,
            node=node,
            namespace=pod.namespace or "",
            pod=pod.name or "",
            container=container.name or "",
            image=(container.image.name or "") if container.image is not None else "",
            workload=pod.workload or "",
            workload_kind=pod.workload_kind or "",
            process=process.binary or "",
        )
        return self._engine.feed(signal, self._seq)

"""A dry run of rules over many events: how often each rule matches, and the most frequent values of its matches."""

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct

from tocsin.model.errors import BadEvent
from tocsin.model.event import Process
from tocsin.sigma.authoring.replay import Replay, Step
from tocsin.sigma.correlation import Firing
from tocsin.sigma.ruleset import RuleSet
from tocsin.sigma.syntax.documents import Correlation, Rule

MAX_VALUES = 10_000
"""Different values that are counted separately; others are counted together, since a container may choose them."""
_OTHERS = "(others)"
_TOP = 5
_CHARACTERS = 256
_NO_PROCESS = Process()


class ValueCount(Struct, frozen=True):
    """One value, and its number of hits."""

    value: str
    count: int


class Outcome(Struct, frozen=True, kw_only=True):
    """The counts of one rule or correlation."""

    id: str
    title: str
    level: str
    type: str
    """``rule``, or the correlation's type."""
    file: str
    hits: int
    per_thousand: float
    """Hits per 1,000 events."""
    silenced: int = 0
    """Hits that a silence covers."""
    failures: int = 0
    failure: str = ""
    top: Mapping[str, tuple[ValueCount, ...]] = {}
    """The most frequent values of process, namespace and workload (of a correlation: of its key)."""


class Report(Struct, frozen=True, kw_only=True):
    """The result of a dry run."""

    events: int
    undecodable: int
    matched: int
    """Events that matched at least one rule."""
    outcomes: tuple[Outcome, ...]
    """Most hits first; without the rules that had none."""
    without: tuple[str, ...]
    """Ids of rules and correlations without a hit."""


class _Tally:
    """The counts of one rule."""

    __slots__ = ("failure", "failures", "hits", "silenced", "values")

    def __init__(self) -> None:
        self.hits = self.silenced = self.failures = 0
        self.failure = ""
        self.values: dict[str, Counter[str]] = {}

    def count(self, name: str, value: str) -> None:
        """One more of *value*."""
        counter = self.values.setdefault(name, Counter())
        value = value[:_CHARACTERS]
        counter[value if value in counter or len(counter) < MAX_VALUES else _OTHERS] += 1


class DryRun:
    """Judges events and counts the hits of each rule."""

    def __init__(self, ruleset: RuleSet, only: Collection[str] | None = None) -> None:
        """*only*: ids of the rules and correlations to report; by default all."""
        known: list[Rule | Correlation] = [*ruleset.rules, *ruleset.correlations]
        self._reported = {each.id: each for each in known if only is None or each.id in only}
        self._replay = Replay(ruleset)
        self._tallies: dict[str, _Tally] = {}
        self._events = self._undecodable = self._matched = 0

    def feed(self, line: bytes, *, id: str = "", time_ns: int | None = None, cluster: str = "", node: str = "") -> None:
        """Judge one event and count its hits; a line that is not an event is counted as undecodable."""
        self._events += 1
        try:
            step = self._replay.feed(line, id=id, time_ns=time_ns, cluster=cluster, node=node)
        except BadEvent:
            self._undecodable += 1
            return
        self._count_hits(step)
        for rule, error in step.hits.failed:
            if rule in self._reported:
                tally = self._tally(rule)
                tally.failures += 1
                tally.failure = error[:_CHARACTERS]
        for firing in step.firings:
            if firing.correlation.id in self._reported:
                self._count_firing(firing)

    def _tally(self, id: str) -> _Tally:
        tally = self._tallies.get(id)
        if tally is None:
            tally = self._tallies[id] = _Tally()
        return tally

    def _count_hits(self, step: Step) -> None:
        hits = [hit for hit in step.hits.hits if hit.rule.id in self._reported]
        if not hits:
            return
        self._matched += 1
        process = step.record.event.body.process or _NO_PROCESS
        pod = process.pod
        values = {
            "process": process.binary or "",
            "namespace": (pod.namespace or "") if pod is not None else "",
            "workload": (pod.workload or "") if pod is not None else "",
        }
        for hit in hits:
            tally = self._tally(hit.rule.id)
            tally.hits += 1
            tally.silenced += hit.silenced_by is not None
            for name, value in values.items():
                tally.count(name, value)

    def _count_firing(self, firing: Firing) -> None:
        tally = self._tally(firing.correlation.id)
        tally.hits += 1
        for name, value in firing.key.items():
            tally.count(name, value)

    def report(self) -> Report:
        """The counts so far."""
        tallies = self._tallies
        outcomes = [self._outcome(each, tallies[id]) for id, each in self._reported.items() if id in tallies]
        return Report(
            events=self._events,
            undecodable=self._undecodable,
            matched=self._matched,
            outcomes=tuple(sorted(outcomes, key=lambda each: (-each.hits, each.title))),
            without=tuple(id for id in self._reported if id not in tallies),
        )

    def _outcome(self, document: Rule | Correlation, tally: _Tally) -> Outcome:
        judged = self._events - self._undecodable
        return Outcome(
            id=document.id,
            title=document.title,
            level=document.level,
            type="rule" if isinstance(document, Rule) else document.type,
            file=document.file,
            hits=tally.hits,
            per_thousand=round(1000 * tally.hits / judged, 3) if judged else 0.0,
            silenced=tally.silenced,
            failures=tally.failures,
            failure=tally.failure,
            top={
                name: tuple(ValueCount(value, count) for value, count in counter.most_common(_TOP))
                for name, counter in tally.values.items()
            },
        )

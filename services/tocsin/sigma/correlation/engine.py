"""Evaluates all correlations of a set over one stream of signals, including correlations over correlations."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.model.signal import Signal
from tocsin.model.timestamps import parse_ns
from tocsin.sigma.correlation import tracker
from tocsin.sigma.correlation.expiring_dict import NOTHING, ExpiringDict
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.tracker import CorrelationTracker, Counts, Trigger
from tocsin.sigma.syntax.documents import Correlation

MAX_KEYS = 50_000
NEVER = 1 << 63
"""Later than any time."""
_MAX_IDS = 600_000
"""Ids of signals in memory; a repeat arrives within seconds, or after a crash of the classifier."""
_MAX_NODES = 20_000
_RULE: Mapping[str, str] = {}


class CorrelationEngine:
    """The state of all correlations. It depends only on the signals and their order.

    Times are those of the events. Lateness of a signal is relative to the newest time of its node, so that events that
    arrive after an outage of a node still count; state expires by the newest time of all nodes.

    A firing counts in the correlations that refer to its correlation, with its key and the completing signal's values.
    A firing that ``x-repeat`` suppresses does not count: otherwise a burst would be as many firings as it has events.
    """

    def __init__(self, correlations: Sequence[Correlation], *, max_keys: int = MAX_KEYS) -> None:
        """*correlations* are sorted, each after those that it refers to; each keeps up to *max_keys* keys."""
        self.correlations = tuple(correlations)
        self._silent = silent_ids(self.correlations)
        self._tracks = [
            CorrelationTracker(each, max_keys, silent=each.id in self._silent) for each in self.correlations
        ]
        self._routes: dict[str, list[int]] = {}
        for index, correlation in enumerate(self.correlations):
            for rule in dict.fromkeys(correlation.rules):
                self._routes.setdefault(rule, []).append(index)
        longest = max((each.horizon_ns for each in self._tracks), default=1)
        self._ids: ExpiringDict[int, None] = ExpiringDict(longest, _MAX_IDS)
        self._nodes: ExpiringDict[str, int] = ExpiringDict(longest, _MAX_NODES)
        self._known: set[str] = set()
        self._known_until = 0
        self._seq = 0
        self.clock_ns = 0
        """The newest time of all signals, in nanoseconds."""
        self.longest_ns = longest
        """After this long no earlier signal can count any more, except through correlations over correlations."""
        self.duplicates = 0
        """Number of repeated signals."""

    def restore(self, rule: str, key: Mapping[str, str], id: str, to_ns: int, *, seq: int = NOTHING) -> None:
        """*rule* fired for *key* with *id* before, completed by the message *seq*."""
        self._known.add(id)
        self._known_until = max(self._known_until, seq)
        for each in self._tracks:
            if each.correlation.id == rule:
                each.restore(key, to_ns)

    def is_known(self, id: str) -> bool:
        """Whether a firing with *id* was restored."""
        return id in self._known

    def feed(self, signal: Signal, seq: int, stored_ns: int = NEVER) -> list[Firing]:
        """Count *signal* of message *seq* of the stream; ``ValueError`` if it has no time.

        Firings are sorted, each after those that it depends on. A time after *stored_ns*, when the message was stored,
        is limited to it: a clock that is ahead would make all later signals late, and state would never expire.
        """
        time_ns = parse_ns(signal.time)
        if time_ns is None:
            raise ValueError(f"a signal without a time: {signal.time[:40]!r}")
        time_ns = min(time_ns, stored_ns)
        self._seq = max(self._seq, seq)
        if self._known and seq > self._known_until:
            self._known = set()
        if time_ns > self.clock_ns:
            self.clock_ns = time_ns
        newest_ns = self._newest(signal, time_ns)
        if self._is_repeated(signal.id):
            self.duplicates += 1
            return []
        waiting: dict[int, list[Trigger]] = {}
        for rule in signal.rules:
            self._route(Trigger(rule, time_ns, seq, signal.id, _RULE), waiting, 0)
        firings: list[Firing] = []
        while waiting:
            index = min(waiting)
            results = self._tracks[index].take(
                signal,
                seq,
                waiting.pop(index),
                newest_ns=newest_ns,
                clock_ns=self.clock_ns,
                known=self._known,
            )
            for firing, lowest in results:
                firings.append(firing)
                rule = firing.correlation.id
                id = signal.id if rule in self._silent else firing.id
                self._route(Trigger(rule, firing.to_ns, lowest, id, firing.key), waiting, index + 1)
        return firings

    @property
    def rebuild_from(self) -> int:
        """The lowest sequence that any window needs, or one below it: reading from there rebuilds the same windows."""
        lows = (each.lowest(self.clock_ns) for each in self._tracks)
        return min(self._seq + 1, *lows) if self._tracks else self._seq + 1

    @property
    def late(self) -> int:
        """Signals that were too old to count, once per correlation."""
        return sum(each.counts.late for each in self._tracks)

    @property
    def missing_key(self) -> int:
        """Signals without a group-by value or counted value, once per correlation."""
        return sum(each.counts.missing for each in self._tracks)

    @property
    def repeated(self) -> int:
        """Complete windows of correlations that were silent after an earlier firing."""
        return sum(each.counts.repeated for each in self._tracks)

    @property
    def evicted(self) -> dict[str, int]:
        """Number of keys dropped by the limit, by correlation."""
        return {id: counts.evicted for id, counts in self.counts().items() if counts.evicted}

    def counts(self) -> dict[str, Counts]:
        """The counts of each correlation, by id."""
        return {each.correlation.id: each.refresh() for each in self._tracks}

    def _route(self, trigger: Trigger, waiting: dict[int, list[Trigger]], first: int) -> None:
        """Add *trigger* to the correlations that refer to its rule, from index *first* on."""
        for index in self._routes.get(trigger.rule, ()):
            if index < first:
                continue
            waiting.setdefault(index, []).append(trigger)

    def _newest(self, signal: Signal, time_ns: int) -> int:
        """The newest time of the signal's node, including this signal."""
        self._nodes.turn(self.clock_ns)
        node = f"{signal.cluster}\0{signal.node}"
        newest_ns = self._nodes.find(node)
        if newest_ns is None or time_ns > newest_ns:
            self._nodes.put(node, time_ns)
            return time_ns
        return newest_ns

    def _is_repeated(self, id: str) -> bool:
        ids, hashed = self._ids, hash(id)
        ids.turn(self.clock_ns)
        if hashed in ids.young or hashed in ids.old:
            return True
        ids.put(hashed, None)
        return False


def horizon_ns(correlations: Iterable[Correlation]) -> int:
    """How far back signals may be that the next firing depends on, including correlations over correlations."""
    reach: dict[str, int] = {}
    ordered = list(correlations)
    silent_ = silent_ids(ordered)
    for correlation in reversed(ordered):
        horizon = tracker.horizon_ns(correlation, silent=correlation.id in silent_) + reach.get(correlation.id, 0)
        for rule in (*correlation.rules, correlation.id):
            reach[rule] = max(horizon, reach.get(rule, 0))
    return max(reach.values(), default=0)


def silent_ids(correlations: Iterable[Correlation]) -> frozenset[str]:
    """Ids of correlations without alerts of their own: all that refer to them have ``generate: false``."""
    alerting: dict[str, bool] = {}
    all_ = list(correlations)
    for correlation in all_:
        for rule in correlation.rules:
            alerting[rule] = alerting.get(rule, False) or correlation.generate
    return frozenset(each.id for each in all_ if not alerting.get(each.id, True))

"""All correlations of a set over one stream of signals, those over other correlations included."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.model.signal import Signal
from tocsin.model.timestamps import parse_ns
from tocsin.sigma.correlation import tracker
from tocsin.sigma.correlation.expiring_dict import NOTHING, ExpiringDict
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.tracker import Counts, Track, Trigger
from tocsin.sigma.syntax.documents import Correlation

MAX_KEYS = 50_000
NEVER = 1 << 63
"""Later than any time."""
_MAX_IDS = 600_000
"""Ids of signals that are known again; a repeat comes within seconds, or after a crash of the classifier."""
_MAX_NODES = 20_000
_RULE: Mapping[str, str] = {}


class CorrelationEngine:
    """What is remembered of the signals so far. It depends on nothing but them and their order.

    Times are those of the events. A signal is late by the newest time of its own node, so that a node whose events
    come after an outage is judged as if they had come in time; what is kept is forgotten by the newest time of all.

    A firing counts in the correlations that refer to its own, with its key and the completing signal's values. What
    is held back by ``x-repeat`` does not: else one storm would be as many firings as it has events.
    """

    def __init__(self, correlations: Sequence[Correlation], *, max_keys: int = MAX_KEYS) -> None:
        """*correlations* stand after those that they refer to; each keeps up to *max_keys* keys."""
        self.correlations = tuple(correlations)
        self._silent = silent(self.correlations)
        self._tracks = [Track(each, max_keys, silent=each.id in self._silent) for each in self.correlations]
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
        """The newest time of all signals."""
        self.longest_ns = longest
        """After so long nothing that came before can count any more, but through correlations of correlations."""
        self.duplicates = 0
        """Signals that came before."""

    def restore(self, rule: str, key: Mapping[str, str], id: str, to_ns: int, *, seq: int = NOTHING) -> None:
        """*rule* has fired for *key* under *id*, completed by the message *seq*, before what is fed from now on."""
        self._known.add(id)
        self._known_until = max(self._known_until, seq)
        for each in self._tracks:
            if each.correlation.id == rule:
                each.restore(key, to_ns)

    def is_known(self, id: str) -> bool:
        """Whether a firing under *id* was restored."""
        return id in self._known

    def feed(self, signal: Signal, seq: int, stored_ns: int = NEVER) -> list[Firing]:
        """Count *signal*, which message *seq* of the stream carried; ``ValueError`` where it has no time.

        What fires stands after what it rests on. No event is newer than its message, stored at *stored_ns*: a clock
        that is ahead would make all that comes after it late, and let nothing be forgotten.
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
            fired = self._tracks[index].take(
                signal,
                seq,
                waiting.pop(index),
                newest_ns=newest_ns,
                clock_ns=self.clock_ns,
                known=self._known,
            )
            for firing, low in fired:
                firings.append(firing)
                rule = firing.correlation.id
                id = signal.id if rule in self._silent else firing.id
                self._route(Trigger(rule, firing.to_ns, low, id, firing.key), waiting, index + 1)
        return firings

    @property
    def rebuild_from(self) -> int:
        """The lowest sequence that still counts in any window, or one below it: from there on, the same windows."""
        lows = (each.lowest(self.clock_ns) for each in self._tracks)
        return min(self._seq + 1, *lows) if self._tracks else self._seq + 1

    @property
    def late(self) -> int:
        """Signals too old to be counted, once for each correlation."""
        return sum(each.counts.late for each in self._tracks)

    @property
    def missing_key(self) -> int:
        """Signals without a value that is grouped by or counted, once for each correlation."""
        return sum(each.counts.missing for each in self._tracks)

    @property
    def repeated(self) -> int:
        """Satisfied windows of rules that kept silent after firing."""
        return sum(each.counts.repeated for each in self._tracks)

    @property
    def evicted(self) -> dict[str, int]:
        """Rule to keys forgotten for want of room."""
        return {id: counts.evicted for id, counts in self.counts().items() if counts.evicted}

    def counts(self) -> dict[str, Counts]:
        """Rule to what became of its signals."""
        return {each.correlation.id: each.refresh() for each in self._tracks}

    def _route(self, trigger: Trigger, waiting: dict[int, list[Trigger]], first: int) -> None:
        """To the correlations that refer to it, from the *first* on: what fires never feeds what stands before it."""
        for index in self._routes.get(trigger.rule, ()):
            if index < first:
                continue
            waiting.setdefault(index, []).append(trigger)

    def _newest(self, signal: Signal, time_ns: int) -> int:
        """The newest time of the signal's node, this one included."""
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
    """How far back the signals may lie on which the next firing rests, through correlations of correlations too."""
    reach: dict[str, int] = {}
    known = list(correlations)
    quiet = silent(known)
    for correlation in reversed(known):
        own = tracker.horizon_ns(correlation, silent=correlation.id in quiet) + reach.get(correlation.id, 0)
        for rule in (*correlation.rules, correlation.id):
            reach[rule] = max(own, reach.get(rule, 0))
    return max(reach.values(), default=0)


def silent(correlations: Iterable[Correlation]) -> frozenset[str]:
    """Correlations that do not alert by themselves: every one that refers to them says ``generate: false``."""
    named: dict[str, bool] = {}
    own = list(correlations)
    for correlation in own:
        for rule in correlation.rules:
            named[rule] = named.get(rule, False) or correlation.generate
    return frozenset(each.id for each in own if not named.get(each.id, True))

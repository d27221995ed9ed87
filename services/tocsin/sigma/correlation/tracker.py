"""One correlation at work: finds the key of a signal, its state, and what that completes."""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from tocsin.model.signal import Signal
from tocsin.model.timestamps import NS_PER_S
from tocsin.sigma.correlation.event_count import RING, Buckets, Ring
from tocsin.sigma.correlation.expiring_dict import ExpiringDict
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.group_keys import Source, compact, compact_stored, firing_id
from tocsin.sigma.correlation.temporal import InOrder, Together
from tocsin.sigma.correlation.value_count import Values
from tocsin.sigma.correlation.window_state import Span, State, capacity
from tocsin.sigma.syntax.documents import Correlation

_LATE_NS = 30 * NS_PER_S
"""The agent itself may be this late."""
_COARSEST = 16
"""A window may reach back further by this part of the timespan."""


class Counts(Struct):
    """What became of the signals of one correlation."""

    signals: int = 0
    late: int = 0
    """Too old to be counted."""
    missing: int = 0
    """Without a value that is grouped by or counted."""
    fired: int = 0
    repeated: int = 0
    """Windows that were satisfied while the rule kept silent after firing."""
    evicted: int = 0
    """Keys forgotten for want of room."""
    keys: int = 0
    """Kept now."""


class Trigger(Struct, frozen=True, gc=False):
    """Something that a correlation refers to: a rule that matched, or a correlation that fired."""

    rule: str
    time_ns: int
    low: int
    """The lowest sequence that it rests on."""
    id: str
    """Of an alert."""
    over: Mapping[str, str]
    """The key of a correlation that fired; empty for a rule."""


def span_ns(correlation: Correlation) -> int:
    """The timespan."""
    return max(1, int(correlation.timespan_s * NS_PER_S))


def horizon_ns(correlation: Correlation, *, silent: bool = False) -> int:
    """How far behind the newest signal of its node one still counts.

    Of a *silent* one nothing else tells when it fired last: it reaches back over the time that it keeps still, too.
    """
    own = span_ns(correlation)
    return own + max(_LATE_NS, own, _repeat_ns(correlation) if silent else 0)


def _repeat_ns(correlation: Correlation) -> int:
    return int(correlation.repeat_s * NS_PER_S)


class Track:
    """The windows of one correlation."""

    def __init__(self, correlation: Correlation, max_keys: int, *, silent: bool = False) -> None:
        """A *silent* one raises nothing by itself, so there is no record of when it fired."""
        self.correlation = correlation
        self.horizon_ns = horizon_ns(correlation, silent=silent)
        self._silent = silent
        self.counts = Counts()
        self._sources = {rule: Source(correlation, rule) for rule in correlation.rules}
        self._steps = {
            rule: tuple(number for number, each in enumerate(correlation.rules) if each == rule)
            for rule in correlation.rules
        }
        self._once = correlation.type in ("event_count", "value_count")
        self._valued = correlation.type == "value_count"
        self._fresh = _maker(correlation, self.horizon_ns)
        self._epoch_ns = self.horizon_ns + span_ns(correlation) // _COARSEST + 1
        self._repeat_ns = _repeat_ns(correlation)
        self._store: ExpiringDict[str, State] = ExpiringDict(self.horizon_ns, max_keys)
        self._fired: ExpiringDict[str, int] = ExpiringDict(max(self.horizon_ns, self._repeat_ns), max_keys)
        """Key to the end of the last window that fired."""
        self._restored: dict[str, int] = {}
        """The same, as it was before this process began."""
        self._restored_until = 0

    def restore(self, key: Mapping[str, str], to_ns: int) -> None:
        """The correlation has fired for *key*, in a window that ended at *to_ns*."""
        short = compact_stored(self.correlation, key)
        if short is not None:
            self._restored[short] = max(to_ns, self._restored.get(short, 0))
            self._restored_until = max(self._restored_until, to_ns + self._repeat_ns)

    def lowest(self, clock_ns: int) -> int:
        """The lowest sequence that anything kept rests on."""
        self._store.turn(clock_ns)
        return self._store.lowest

    def refresh(self) -> Counts:
        """The counts as they are now."""
        self.counts.evicted, self.counts.keys = self._store.evicted, len(self._store)
        return self.counts

    def take(
        self,
        signal: Signal,
        seq: int,
        triggers: Sequence[Trigger],
        *,
        newest_ns: int,
        clock_ns: int,
        known: Collection[str],
    ) -> list[tuple[Firing, int]]:
        """Count *triggers*, all of one signal; what fires, with the lowest sequence that it rests on.

        *newest_ns* is the newest time of the signal's node, *clock_ns* of all. A firing whose id is *known* fires
        however short ago the last one was: it did so before.
        """
        self._store.turn(clock_ns)
        found: dict[str, tuple[dict[str, str], State, Span]] = {}
        counted: set[str] = set()
        self.counts.signals += 1
        for trigger in triggers:
            if trigger.time_ns < newest_ns - self.horizon_ns:
                self.counts.late += 1
                continue
            source = self._sources[trigger.rule]
            key = source.key(signal, trigger.over)
            value = source.value(signal, trigger.over) if self._valued else ""
            if key is None or value is None:
                self.counts.missing += 1
                continue
            short = compact(key)
            if self._once and not trigger.over:
                if short in counted:
                    continue  # one signal counts once, however many of the rules it matched
                counted.add(short)
            state = self._state(short, trigger)
            for step in self._steps[trigger.rule]:
                span = state.take(trigger.time_ns, trigger.id, step, value)
                if span is not None:
                    found[short] = (key, state, span)
        return [
            (firing, min(state.low, state.low_before))
            for short, (key, state, span) in found.items()
            if (firing := self._fire(signal, seq, short, key, state, span, clock_ns, known, triggers[-1].id))
            is not None
        ]

    def _state(self, short: str, trigger: Trigger) -> State:
        """The state under *short*, made ready for a signal of this time."""
        store, time_ns, low = self._store, trigger.time_ns, trigger.low
        state = store.young.get(short)
        if state is None:
            state = store.find(short)
            if state is None:
                state = self._fresh()
                state.low = state.low_before = low
                state.epoch_until = time_ns + self._epoch_ns
                store.put(short, state)
            store.rests_on(min(state.low, state.low_before))
        if time_ns >= state.epoch_until:
            state.low_before, state.low = state.low, low
            state.epoch_until = time_ns + self._epoch_ns
            state.prune(time_ns - self.horizon_ns)
        elif low < state.low:
            state.low = low
            store.rests_on(low)
        return state

    def _fire(
        self,
        signal: Signal,
        seq: int,
        short: str,
        key: dict[str, str],
        state: State,
        span: Span,
        clock_ns: int,
        known: Collection[str],
        completing: str,
    ) -> Firing | None:
        self._fired.turn(clock_ns)
        last = self._fired.find(short)
        if self._restored:
            if clock_ns > self._restored_until:
                self._restored = {}
            elif short in self._restored:
                last = max(last or 0, self._restored[short])
        id = ""
        if last is not None and self._keeps_still(last, span.to_ns):
            id = firing_id(self.correlation.id, key, signal.id) if known else ""
            if id not in known:
                self.counts.repeated += 1
                return None
        self._fired.put(short, max(span.to_ns, last or 0))
        self.counts.fired += 1
        return Firing(
            id=id or firing_id(self.correlation.id, key, signal.id),
            correlation=self.correlation,
            key=key,
            from_ns=span.from_ns,
            to_ns=span.to_ns,
            count=span.count,
            evidence=state.evidence(span, completing),
            signal=signal,
            seq=seq,
        )

    def _keeps_still(self, last_ns: int, now_ns: int) -> bool:
        """Whether it fired so short ago, at *last_ns*, that it does not fire now.

        A silent one fires once in each `repeat` of the clock: counted from its last firing, when it fires would rest on
        all firings before, and those of which there is no record would be others after a restart.
        """
        if self._silent and self._repeat_ns:
            return now_ns // self._repeat_ns <= last_ns // self._repeat_ns
        return now_ns < last_ns + self._repeat_ns


def _maker(correlation: Correlation, horizon: int) -> Callable[[], State]:
    """What makes the state of a new key."""
    span, threshold = span_ns(correlation), max(1, correlation.threshold)
    if correlation.type == "temporal":
        return lambda: Together(len(correlation.rules), span)
    if correlation.type == "temporal_ordered":
        return lambda: InOrder(len(correlation.rules), span)
    room = capacity(threshold, span, horizon)
    if correlation.type == "value_count":
        return lambda: Values(threshold, span, room)
    if threshold > RING:
        return lambda: Buckets(threshold, span, horizon)
    return lambda: Ring(threshold, span, room)

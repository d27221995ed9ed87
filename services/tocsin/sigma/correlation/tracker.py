"""Evaluates one correlation: finds the key of a signal, the state of this key, and the window that it completes."""

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from tocsin.model.signal import Signal
from tocsin.model.timestamps import NS_PER_S
from tocsin.sigma.correlation.event_count import EXACT_UP_TO, BucketedWindow, ExactWindow
from tocsin.sigma.correlation.expiring_dict import ExpiringDict
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.group_keys import KeyReader, firing_id, key_token, stored_key_token
from tocsin.sigma.correlation.temporal import OrderedWindow, TemporalWindow
from tocsin.sigma.correlation.value_count import ValueWindow
from tocsin.sigma.correlation.window_state import Window, WindowState, capacity
from tocsin.sigma.syntax.documents import Correlation

_LATE_NS = 30 * NS_PER_S
"""The agent itself may export this late."""
_COARSEST = 16
"""A window may be longer than the timespan by this fraction of it."""


class Counts(Struct):
    """Counters of one correlation."""

    signals: int = 0
    late: int = 0
    """Signals that were too old to count."""
    missing: int = 0
    """Signals without a group-by value or counted value."""
    fired: int = 0
    repeated: int = 0
    """Complete windows while the correlation was silent after firing."""
    evicted: int = 0
    """Keys dropped by the limit."""
    keys: int = 0
    """Keys in memory now."""


class Trigger(Struct, frozen=True, gc=False):
    """What a correlation counts: a rule that matched, or a correlation that fired."""

    rule: str
    time_ns: int
    low: int
    """The lowest sequence that it depends on."""
    id: str
    """The id of its alert."""
    over: Mapping[str, str]
    """The key of a correlation that fired; empty for a rule."""


def timespan_ns(correlation: Correlation) -> int:
    """The timespan in nanoseconds."""
    return max(1, int(correlation.timespan_s * NS_PER_S))


def horizon_ns(correlation: Correlation, *, silent: bool = False) -> int:
    """How far behind the newest signal of its node a signal still counts.

    A *silent* correlation has no record of its last firing, so its horizon includes the time of ``x-repeat``, too.
    """
    timespan = timespan_ns(correlation)
    return timespan + max(_LATE_NS, timespan, _repeat_ns(correlation) if silent else 0)


def _repeat_ns(correlation: Correlation) -> int:
    return int(correlation.repeat_s * NS_PER_S)


class CorrelationTracker:
    """The windows of one correlation by key."""

    def __init__(self, correlation: Correlation, max_keys: int, *, silent: bool = False) -> None:
        """A *silent* correlation raises no alerts, so there is no record of its firings."""
        self.correlation = correlation
        self.horizon_ns = horizon_ns(correlation, silent=silent)
        self._silent = silent
        self.counts = Counts()
        self._sources = {rule: KeyReader(correlation, rule) for rule in correlation.rules}
        self._steps = {
            rule: tuple(number for number, each in enumerate(correlation.rules) if each == rule)
            for rule in correlation.rules
        }
        self._once = correlation.type in ("event_count", "value_count")
        self._valued = correlation.type == "value_count"
        self._fresh = _maker(correlation, self.horizon_ns)
        self._epoch_ns = self.horizon_ns + timespan_ns(correlation) // _COARSEST + 1
        self._repeat_ns = _repeat_ns(correlation)
        self._store: ExpiringDict[str, WindowState] = ExpiringDict(self.horizon_ns, max_keys)
        self._fired: ExpiringDict[str, int] = ExpiringDict(max(self.horizon_ns, self._repeat_ns), max_keys)
        """The end of the last window that fired, by key."""
        self._restored: dict[str, int] = {}
        """The same for firings before the start of this process."""
        self._restored_until = 0

    def restore(self, key: Mapping[str, str], to_ns: int) -> None:
        """The correlation fired for *key*, in a window that ended at *to_ns*."""
        short = stored_key_token(self.correlation, key)
        if short is not None:
            self._restored[short] = max(to_ns, self._restored.get(short, 0))
            self._restored_until = max(self._restored_until, to_ns + self._repeat_ns)

    def lowest(self, clock_ns: int) -> int:
        """The lowest sequence that any state depends on."""
        self._store.turn(clock_ns)
        return self._store.lowest

    def refresh(self) -> Counts:
        """The current counts."""
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
        """Count *triggers*, all of one signal; the firings, each with the lowest sequence that it depends on.

        *newest_ns* is the newest time of the signal's node, *clock_ns* of all nodes. A firing with a *known* id fires
        in any case, even shortly after another one: it did so before a restart.
        """
        self._store.turn(clock_ns)
        completed: dict[str, tuple[dict[str, str], WindowState, Window]] = {}
        counted: set[str] = set()
        self.counts.signals += 1
        for trigger in triggers:
            values = self._values(signal, trigger, newest_ns)
            if values is None:
                continue
            key, value = values
            short = key_token(key)
            if self._once and not trigger.over:
                if short in counted:
                    continue  # a signal counts only once, even if it matches several of the rules
                counted.add(short)
            state = self._state(short, trigger)
            for step in self._steps[trigger.rule]:
                window = state.take(trigger.time_ns, trigger.id, step, value)
                if window is not None:
                    completed[short] = (key, state, window)
        return [
            (firing, min(state.low, state.low_before))
            for short, (key, state, window) in completed.items()
            if (firing := self._fire(signal, seq, short, key, state, window, clock_ns, known, triggers[-1].id))
            is not None
        ]

    def _values(self, signal: Signal, trigger: Trigger, newest_ns: int) -> tuple[dict[str, str], str] | None:
        """The key and the counted value of *trigger*; ``None`` if it is late, or lacks one of them."""
        if trigger.time_ns < newest_ns - self.horizon_ns:
            self.counts.late += 1
            return None
        source = self._sources[trigger.rule]
        key = source.key(signal, trigger.over)
        value = source.value(signal, trigger.over) if self._valued else ""
        if key is None or value is None:
            self.counts.missing += 1
            return None
        return key, value

    def _state(self, short: str, trigger: Trigger) -> WindowState:
        """The state of the key *short*, prepared for the time of *trigger*."""
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
        state: WindowState,
        window: Window,
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
        if last is not None and self._keeps_still(last, window.to_ns):
            id = firing_id(self.correlation.id, key, signal.id) if known else ""
            if id not in known:
                self.counts.repeated += 1
                return None
        self._fired.put(short, max(window.to_ns, last or 0))
        self.counts.fired += 1
        return Firing(
            id=id or firing_id(self.correlation.id, key, signal.id),
            correlation=self.correlation,
            key=key,
            from_ns=window.from_ns,
            to_ns=window.to_ns,
            count=window.count,
            evidence=state.evidence(window, completing),
            signal=signal,
            seq=seq,
        )

    def _keeps_still(self, last_ns: int, now_ns: int) -> bool:
        """Whether the last firing, at *last_ns*, is so recent that ``x-repeat`` suppresses this one.

        A silent correlation fires once in each period of the clock. If its periods began with its last firing, they
        would depend on all earlier firings; these have no record, so that they would change after a restart.
        """
        if self._silent and self._repeat_ns:
            return now_ns // self._repeat_ns <= last_ns // self._repeat_ns
        return now_ns < last_ns + self._repeat_ns


def _maker(correlation: Correlation, horizon: int) -> Callable[[], WindowState]:
    """A function that creates the state of a new key."""
    span, threshold = timespan_ns(correlation), max(1, correlation.threshold)
    if correlation.type == "temporal":
        return lambda: TemporalWindow(len(correlation.rules), span)
    if correlation.type == "temporal_ordered":
        return lambda: OrderedWindow(len(correlation.rules), span)
    room = capacity(threshold, span, horizon)
    if correlation.type == "value_count":
        return lambda: ValueWindow(threshold, span, room)
    if threshold > EXACT_UP_TO:
        return lambda: BucketedWindow(threshold, span, horizon)
    return lambda: ExactWindow(threshold, span, room)

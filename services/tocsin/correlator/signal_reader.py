"""One reading of SIGNALS: it starts where a plan says, and raises nothing before the last known position."""

import logging

import msgspec
from msgspec import Struct

from tocsin.bus import Message
from tocsin.correlator.correlation_set import CorrelationSet
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.position import Position
from tocsin.correlator.recovery_plan import RecoveryPlan
from tocsin.model import signal as signals
from tocsin.model.timestamps import format_ns, parse_ns
from tocsin.sigma.correlation import CorrelationEngine, Firing, horizon_ns, silent_ids

log = logging.getLogger(__name__)


class Outcome(Struct, frozen=True):
    """What has to be published before the position may pass a message."""

    firings: list[Firing]
    """Firings to raise."""
    reason: str = ""
    """Why the message becomes a dead letter; empty if it does not."""


class SignalReader:
    """Feeds the messages of the stream to the engine."""

    def __init__(
        self,
        active: CorrelationSet,
        engine: CorrelationEngine,
        plan: RecoveryPlan,
        known: Position,
        metrics: CorrelatorMetrics,
    ) -> None:
        """*known* is the last known position; its stream and rules are the current ones."""
        self.active = active
        self.engine = engine
        self.plan = plan
        self.horizon_ns = horizon_ns(active.correlations)
        self.partial = plan.partial
        self.dirty = bool(plan.reset)
        """Whether the position changed since the last save."""
        self.referred_to = {rule for each in active.correlations for rule in each.rules}
        self._silent = silent_ids(active.correlations)
        self._known = known
        self._metrics = metrics
        self._done = plan.silent_to
        self._stored_ns = parse_ns(known.stored) or 0
        self._rebuilt = False
        self._begun = False
        self._last = 0 if plan.start.time_ns else plan.start.seq - 1
        """Sequence of the last message; 0 if there was none yet."""
        self._partial_until_ns = 0
        if not plan.silent_to:
            self._end_rebuild()

    def take(self, message: Message) -> Outcome | None:
        """Count the signals of *message*; ``None`` if nothing has to be published."""
        seq = message.seq
        if not self._begun:
            self._begun = True
            self.partial = self.partial or 0 < seq == self.plan.partial_at
        if 0 < self._last < seq - 1:  # the stream dropped some during this reading
            self._note_gap(self._last, seq)
        self._last = seq
        if seq > self.plan.silent_to and not self._rebuilt:
            self._end_rebuild()
        batch, firings, reason = self._feed(message, seq)
        if seq <= self.plan.silent_to:
            self._metrics.replayed += batch
            if seq == self.plan.silent_to:
                self._end_rebuild()
                self.dirty = True
            return None
        self._metrics.received += batch
        new_firings = [
            firing
            for firing in firings
            if firing.correlation.id not in self._silent and not self.engine.is_known(firing.id)
        ]
        return Outcome(new_firings, reason) if new_firings or reason else None

    def advance(self, message: Message) -> None:
        """*message* is finished."""
        if message.seq <= self._done:
            return
        self._done = self._metrics.seq = message.seq
        self._stored_ns = message.stored_ns
        self._metrics.lag = message.pending
        self.dirty = True

    def is_complete(self) -> bool:
        """Whether the missing signals are too old to count, by the times of the signals."""
        return 0 < self._partial_until_ns <= self.engine.clock_ns

    def position(self, *, counts: dict[str, int], saved: str) -> Position:
        """The current position; until the windows are rebuilt, the last known one."""
        if not self._rebuilt:
            return self._known
        return Position(
            seq=self._done,
            rebuild_from=min(self.engine.rebuild_from, self._done + 1),
            stream=self._known.stream,
            rules=self.active.windows_hash,
            stored=format_ns(self._stored_ns) if self._stored_ns else "",
            saved=saved,
            counts=counts,
        )

    def _note_gap(self, last: int, seq: int) -> None:
        log.error("signals.evicted_unread", extra={"messages": seq - 1 - last})
        self._metrics.lost += max(0, seq - 1 - max(last, self.plan.silent_to))
        self.partial, self._partial_until_ns = True, 0

    def _end_rebuild(self) -> None:
        self._rebuilt = True
        self._metrics.live()

    def _feed(self, message: Message, seq: int) -> tuple[int, list[Firing], str]:
        """The number of its signals, the firings, and what is wrong with it."""
        firings: list[Firing] = []
        try:
            batch = signals.decode(message.payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return 0, firings, f"not signals: {error}"
        reason = ""
        for signal in batch:
            try:
                firings += self.engine.feed(signal, seq, message.stored_ns)
            except Exception as error:  # one signal must not end the service
                reason = f"{type(error).__name__}: {error}"
        if self.partial and not self._partial_until_ns and self.engine.clock_ns:
            self._partial_until_ns = self.engine.clock_ns + self.horizon_ns
        return len(batch), firings, reason

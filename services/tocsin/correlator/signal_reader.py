"""One reading of SIGNALS: from a plan's start, in silence up to where it stood, and on from there."""

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
from tocsin.sigma.correlation import CorrelationEngine, Firing, horizon_ns, silent

log = logging.getLogger(__name__)


class Outcome(Struct, frozen=True):
    """What one message asks for before the position may move past it."""

    firings: list[Firing]
    """To be raised."""
    why: str = ""
    """Why it has to be buried; empty where it has not."""


class SignalReader:
    """Windows on their way through the stream."""

    def __init__(
        self,
        judging: CorrelationSet,
        windows: CorrelationEngine,
        plan: RecoveryPlan,
        known: Position,
        tally: CorrelatorMetrics,
    ) -> None:
        """*known* is where we stood, its stream and rules those of now."""
        self.judging = judging
        self.windows = windows
        self.plan = plan
        self.horizon_ns = horizon_ns(judging.correlations)
        self.partial = plan.partial
        self.dirty = bool(plan.anew)
        """Whether there is something to save."""
        self.counted = {rule for each in judging.correlations for rule in each.rules}
        self._silent = silent(judging.correlations)
        self._known = known
        self._tally = tally
        self._done = plan.silent_to
        self._stored_ns = parse_ns(known.stored) or 0
        self._rebuilt = False
        self._begun = False
        self._last = 0 if plan.start.time_ns else plan.start.seq - 1
        """The message before the next one; 0 where that is not known yet."""
        self._partial_until_ns = 0
        if not plan.silent_to:
            self._be_rebuilt()

    def take(self, message: Message) -> Outcome | None:
        """Count the signals of *message*; ``None`` where it asks for nothing."""
        seq = message.seq
        if not self._begun:
            self._begun = True
            self.partial = self.partial or 0 < seq == self.plan.partial_at
        if 0 < self._last < seq - 1:  # dropped by the stream while we were on our way
            self._miss(self._last, seq)
        self._last = seq
        if seq > self.plan.silent_to and not self._rebuilt:
            self._be_rebuilt()
        batch, firings, why = self._feed(message, seq)
        if seq <= self.plan.silent_to:
            self._tally.replayed += batch
            if seq == self.plan.silent_to:
                self._be_rebuilt()
                self.dirty = True
            return None
        self._tally.received += batch
        chosen = [
            firing
            for firing in firings
            if firing.correlation.id not in self._silent and not self.windows.is_known(firing.id)
        ]
        return Outcome(chosen, why) if chosen or why else None

    def move(self, message: Message) -> None:
        """*message* is dealt with."""
        if message.seq <= self._done:
            return
        self._done = self._tally.seq = message.seq
        self._stored_ns = message.stored_ns
        self._tally.lag = message.pending
        self.dirty = True

    def whole(self) -> bool:
        """Whether what was gone cannot count any more, by the times of the signals."""
        return 0 < self._partial_until_ns <= self.windows.clock_ns

    def standing(self, *, counts: dict[str, int], saved: str) -> Position:
        """Where we stand: where we stood, while what was known then is not rebuilt."""
        if not self._rebuilt:
            return self._known
        return Position(
            seq=self._done,
            rebuild_from=min(self.windows.rebuild_from, self._done + 1),
            stream=self._known.stream,
            rules=self.judging.windows_hash,
            stored=format_ns(self._stored_ns) if self._stored_ns else "",
            saved=saved,
            counts=counts,
        )

    def _miss(self, last: int, seq: int) -> None:
        log.error("signals.evicted_unread", extra={"messages": seq - 1 - last})
        self._tally.lost += max(0, seq - 1 - max(last, self.plan.silent_to))
        self.partial, self._partial_until_ns = True, 0

    def _be_rebuilt(self) -> None:
        self._rebuilt = True
        self._tally.live()

    def _feed(self, message: Message, seq: int) -> tuple[int, list[Firing], str]:
        """How many signals it carries, what fires, and what is wrong with it."""
        firings: list[Firing] = []
        try:
            batch = signals.decode(message.payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return 0, firings, f"not signals: {error}"
        why = ""
        for signal in batch:
            try:
                firings += self.windows.feed(signal, seq, message.stored_ns)
            except Exception as error:  # no signal may end what all others rest on
                why = f"{type(error).__name__}: {error}"
        if self.partial and not self._partial_until_ns and self.windows.clock_ns:
            self._partial_until_ns = self.windows.clock_ns + self.horizon_ns
        return len(batch), firings, why

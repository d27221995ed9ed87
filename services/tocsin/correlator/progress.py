"""The progress of the correlator: the position of its current reading, and whether its windows are partial."""

import logging
import time

from tocsin.bus import Bus
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.position import Loaded, Position, PositionWriter
from tocsin.correlator.signal_reader import SignalReader
from tocsin.model.errors import BusUnavailable
from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.runtime.health import Health

log = logging.getLogger(__name__)

_LAST_SAVES = 3
"""Tries at the end: a cancelled save may have been stored all the same, and only the next one shows that."""
_PARTIAL = "windows are partial: SIGNALS does not reach back far enough, and what rests on older signals is not seen"


class Progress:
    """The position of the current reading, in the bucket, in the metrics and in the health report."""

    def __init__(self, bus: Bus, metrics: CorrelatorMetrics, health: Health) -> None:
        self._bus = bus
        self._metrics = metrics
        self._health = health
        self._writer: PositionWriter | None = None
        self._earlier_counts: dict[str, int] = {}
        """Counts of the runs before this one."""
        self._began = 0.0
        self.known: Position | None = None
        """The last known position: from the bucket at the start, then from the end of the reading before."""
        self.reader: SignalReader | None = None

    def start(self, loaded: Loaded) -> None:
        """Continue from the stored position."""
        self._writer = PositionWriter(self._bus, after=loaded.seq)
        self.known = loaded.position
        if loaded.position is not None:
            self._earlier_counts = dict(loaded.position.counts)

    async def claim(self, loaded: Loaded) -> None:
        """Save the loaded position again; `BusUnavailable` if it could not be saved."""
        writer = self._writer
        if writer is not None and loaded.position is not None and not await writer.save(loaded.position):
            raise BusUnavailable("no answer yet")

    def begin(self) -> None:
        """A reading begins now."""
        self._began = time.monotonic()

    def follow(self, reader: SignalReader, *, reset: bool) -> None:
        """*reader* is the current reading; *reset*: an earlier position is of no use any more."""
        self.reader = reader
        plan = reader.plan
        facts = {
            "correlations": len(reader.active.correlations),
            "start_seq": plan.start.seq,
            "start_time": format_ns(plan.start.time_ns) if plan.start.time_ns else "",
            "silent_to": plan.silent_to,
        }
        log.info("signals.followed", extra=facts)
        if reset:
            self._metrics.resets += 1
            log.error("position.lost", extra={"why": plan.reset, "start_seq": plan.start.seq})
        if plan.evicted:
            self._metrics.lost += plan.evicted
            log.error("signals.evicted_unread", extra={"messages": plan.evicted})
        self.check_partial(reader)

    def check_partial(self, reader: SignalReader) -> None:
        """Report whether windows are partial; they are complete again once the longest of them has passed."""
        horizon_s = reader.horizon_ns / NS_PER_S
        if reader.partial and (reader.is_complete() or time.monotonic() > self._began + horizon_s):
            reader.partial = False
            log.warning("rebuild.whole")
        if reader.partial and not self._metrics.partial:
            log.error("rebuild.partial", extra={"start_seq": reader.plan.start.seq, "lasts_s": horizon_s})
        self._metrics.partial = reader.partial
        if reader.partial:
            self._health.failing("rebuild", _PARTIAL)
        else:
            self._health.recovered("rebuild")

    def position(self, reader: SignalReader) -> Position:
        """The position of *reader*, with the counts of all runs."""
        counts = {name: self._earlier_counts.get(name, 0) + count for name, count in self._metrics.totals().items()}
        return reader.position(counts=counts, saved=format_ns(time.time_ns()))

    async def save(self) -> bool:
        """Save the position if it moved; whether the stored one is up to date."""
        reader, writer = self.reader, self._writer
        if reader is None or writer is None or not reader.dirty:
            return True
        reader.dirty = False
        saved = await writer.save(self.position(reader))
        reader.dirty = reader.dirty or not saved
        self._metrics.unsaved = bool(writer.problem)
        if writer.problem:
            self._health.failing("position", f"the position cannot be saved: {writer.problem}")
        else:
            self._health.recovered("position")
        return saved

    async def save_last(self) -> None:
        """Save the position one last time."""
        for _ in range(_LAST_SAVES):
            if await self.save() or not self._bus.connection.up:
                return

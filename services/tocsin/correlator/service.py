"""The shell around windows: read SIGNALS in order, raise what fires, and only then move the position."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin.bus import Bus, Message, streams
from tocsin.correlator import correlation_set, position, recovery_plan
from tocsin.correlator.correlation_set import CorrelationSet
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.position import Keeper, Loaded, Position
from tocsin.correlator.publisher import Publisher
from tocsin.correlator.recovery_plan import RecoveryPlan
from tocsin.correlator.settings import Settings
from tocsin.correlator.signal_reader import Outcome, SignalReader
from tocsin.model import subjects
from tocsin.model.errors import BusError, BusUnavailable, Fatal
from tocsin.model.rule_report import RuleReport
from tocsin.model.timestamps import NS_PER_S, format_ns
from tocsin.runtime import rule_report_publisher
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.runtime.policy_files import Content, Policies
from tocsin.runtime.reload import reloads
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import streams_ready, until_answered
from tocsin.sigma.correlation import CorrelationEngine, horizon_ns

log = logging.getLogger(__name__)

T = TypeVar("T")

_SAVE_S = 1.0
_STAND_S = 30.0
_LAST_SAVES = 3
"""Tries at the end: a save that was cancelled may have been stored, which the next one finds out."""
_PARTIAL = "windows are partial: SIGNALS does not reach back far enough, and what rests on older signals is not seen"


async def run(
    bus: Bus,
    policies: Policies | None,
    first: CorrelationSet,
    settings: Settings,
    stop: asyncio.Event,
    *,
    metrics: Metrics | None = None,
) -> None:
    """Correlate by *first*, and by what becomes of *policies*, until *stop* is set; what is in hand is finished."""
    numbers, health = metrics or Metrics(), Health()
    correlator = Correlator(bus, first, settings, health, CorrelatorMetrics(numbers), stop)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, numbers, health, stop, facts=correlator.facts))
        tasks.create_task(correlator.tell())
        helpers = [tasks.create_task(correlator.halt_on_stop()), tasks.create_task(correlator.keep_saving())]
        if policies is not None:
            helpers.append(tasks.create_task(correlator.follow_rules(policies)))
        await correlator.correlate()
        for helper in helpers:
            helper.cancel()
        await asyncio.wait(helpers)
        await correlator.finish()


class Correlator:
    """The one correlator at work."""

    def __init__(
        self,
        bus: Bus,
        first: CorrelationSet,
        settings: Settings,
        health: Health,
        tally: CorrelatorMetrics,
        stop: asyncio.Event,
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._health = health
        self._tally = tally
        self._stop = stop
        self._outgoing = Publisher(bus, tally, stop.is_set)
        self._halt = asyncio.Event()
        """Reading is to end: we are to stop, or other rules wait."""
        self._changed = asyncio.Event()
        self._judging = first
        self._latest = first
        """Loaded last; it counts from the next reading on."""
        self._since = format_ns(time.time_ns())
        self._keeper: Keeper | None = None
        self._known: Position | None = None
        self._base: dict[str, int] = {}
        """Counts of the runs before."""
        self._reading: SignalReader | None = None
        self._began = 0.0
        self._stands_until = 0.0

    async def correlate(self) -> None:
        """Read, and read again after each change of rules, until we are to stop."""
        await streams_ready(self._bus, self._stop, self._health, retry_on=(BusError,))
        loaded = await self._answered(self._load)
        if loaded is None:
            return
        self._keeper = Keeper(self._bus, after=loaded.seq)
        self._known = loaded.position
        if loaded.position is not None:
            self._base = dict(loaded.position.counts)
            # another correlator that still runs learns of us at its next save, before we raise anything
            await self._answered(lambda: self._claim(loaded))
        while not self._stop.is_set():
            self._halt.clear()
            reading = await self._answered(self._begin)
            if reading is None:
                return
            await self._bus.follow(
                streams.SIGNALS, self._take, self._halt, filters=[subjects.ALL_SIGNALS], start=reading.plan.start
            )
            self._known = self._standing(reading)

    async def finish(self) -> None:
        """Save where we stand, a last time."""
        for _ in range(_LAST_SAVES):
            if await self._save() or not self._bus.connection.up:
                return

    async def halt_on_stop(self) -> None:
        """End the reading when we are to stop."""
        await self._stop.wait()
        self._halt.set()

    async def keep_saving(self) -> None:
        """Until cancelled, save where we stand, once a second where it moved."""
        while True:
            await asyncio.sleep(_SAVE_S)
            if self._halt.is_set() or self._reading is None:
                continue
            await self._save()
            self._mend(self._reading)
            if time.monotonic() > self._stands_until:
                self._stands_until = time.monotonic() + _STAND_S
                try:
                    await self._outgoing.stand()
                    await self._check_stream(self._reading)
                except Fatal:
                    raise
                except BusError as error:
                    log.debug("streams.unasked", extra={"error": str(error)})

    async def _check_stream(self, reading: SignalReader) -> None:
        """Begin anew where SIGNALS is another one: its sequences begin anew too, and nothing of it would be read."""
        standing = self._standing(reading)  # first: the position may move past what the stream says of itself then
        if recovery_plan.anew(standing, await self._bus.stream(streams.SIGNALS)):
            self._halt.set()

    async def follow_rules(self, policies: Policies) -> None:
        """Until cancelled, count by what the folders hold; what is wrong in them does not end it."""
        async for built, _ in reloads(policies, self._build, self._health):
            self.adopt(built)

    def adopt(self, built: CorrelationSet) -> None:
        """Count by *built* from the next message on; where other correlations are in it, windows are rebuilt first."""
        same = built.correlations == self._latest.correlations
        self._latest = built
        log.info("rules.loaded", extra={"correlations": len(built.correlations), "hash": built.hash, "same": same})
        if not same:
            self._halt.set()
        elif self._reading is not None:
            self._judging = self._reading.judging = built
            self._changed.set()

    async def tell(self) -> None:
        """Tell what counts, until we are to stop."""
        await rule_report_publisher.tell(self._bus, self._book, self._changed, self._stop)

    def facts(self) -> dict[str, str | int | float]:
        """What people want to know of this correlator."""
        return {
            "correlations": len(self._judging.correlations),
            "rules_hash": self._judging.hash,
            "position": self._tally.seq,
        }

    def _book(self) -> RuleReport:
        bus = self._bus
        now = format_ns(time.time_ns())
        return self._tally.book(self._judging, service=bus.service, instance=bus.instance, now=now, loaded=self._since)

    def _build(self, content: Content) -> CorrelationSet:
        return correlation_set.build(content, self._latest)

    def _take(self, message: Message) -> Awaitable[None] | None:
        """Count one message; only what has to be published is waited for."""
        reading = self._reading
        if reading is None:
            raise RuntimeError("nothing is read before there are windows")
        outcome = reading.take(message)
        if outcome is None:
            reading.move(message)
            return None
        return self._settle(outcome, message, reading)

    async def _settle(self, outcome: Outcome, message: Message, reading: SignalReader) -> None:
        await self._outgoing.settle(outcome, message, reading)
        reading.move(message)

    async def _load(self) -> Loaded:
        loaded = await position.load(self._bus)
        if loaded.unreadable:
            log.error("position.unreadable", extra={"error": loaded.unreadable})
        await self._outgoing.prepare()
        return loaded

    async def _claim(self, loaded: Loaded) -> None:
        keeper = self._keeper
        if keeper is not None and loaded.position is not None and not await keeper.save(loaded.position):
            raise BusUnavailable("no answer yet")

    async def _begin(self) -> SignalReader:
        """Find where to read from, and learn what was raised."""
        now, known = self._latest, self._known
        stream = await self._bus.stream(streams.SIGNALS)
        horizon = horizon_ns(now.correlations)
        plan = recovery_plan.plan(known, stream, rules=now.windows_hash, horizon_ns=horizon)
        windows = CorrelationEngine(now.correlations, max_keys=self._settings.max_keys)
        same = known is not None and not plan.anew
        records = await self._outgoing.restore(windows, position=plan.silent_to, same_stream=same)
        if now is not self._judging:
            self._judging, self._since = now, format_ns(time.time_ns())
            self._changed.set()
        self._tally.watch(windows)
        self._tally.seq = plan.silent_to
        self._began = time.monotonic()
        stood = known if known is not None and same else Position(stream=stream.created)
        latest = self._latest
        if latest is not now and latest.correlations == now.correlations:  # it came meanwhile, and counts the same
            self._judging = now = latest
            self._changed.set()
        self._reading = SignalReader(now, windows, plan, stood, self._tally)
        self._say(plan, anew=bool(plan.anew) and bool(known is not None or records))
        return self._reading

    def _say(self, plan: RecoveryPlan, *, anew: bool) -> None:
        """What a person should know of where we begin."""
        facts = {
            "correlations": len(self._judging.correlations),
            "start_seq": plan.start.seq,
            "start_time": format_ns(plan.start.time_ns) if plan.start.time_ns else "",
            "silent_to": plan.silent_to,
        }
        log.info("signals.followed", extra=facts)
        if anew:
            self._tally.anew += 1
            log.error("position.lost", extra={"why": plan.anew, "start_seq": plan.start.seq})
        if plan.evicted:
            self._tally.lost += plan.evicted
            log.error("signals.evicted_unread", extra={"messages": plan.evicted})
        if self._reading is not None:
            self._mend(self._reading)

    def _mend(self, reading: SignalReader) -> None:
        """Say whether windows are partial; they are not any more once the longest of them has passed."""
        over_s = reading.horizon_ns / NS_PER_S
        if reading.partial and (reading.whole() or time.monotonic() > self._began + over_s):
            reading.partial = False
            log.warning("rebuild.whole")
        if reading.partial and not self._tally.partial:
            log.error("rebuild.partial", extra={"start_seq": reading.plan.start.seq, "lasts_s": over_s})
        self._tally.partial = reading.partial
        if reading.partial:
            self._health.failing("rebuild", _PARTIAL)
        else:
            self._health.recovered("rebuild")

    def _standing(self, reading: SignalReader) -> Position:
        counts = {name: self._base.get(name, 0) + count for name, count in self._tally.totals().items()}
        return reading.standing(counts=counts, saved=format_ns(time.time_ns()))

    async def _save(self) -> bool:
        """Whether the stored position says all that can be said."""
        reading, keeper = self._reading, self._keeper
        if reading is None or keeper is None or not reading.dirty:
            return True
        reading.dirty = False
        saved = await keeper.save(self._standing(reading))
        reading.dirty = reading.dirty or not saved
        self._tally.unsaved = bool(keeper.problem)
        if keeper.problem:
            self._health.failing("position", f"the position cannot be saved: {keeper.problem}")
        else:
            self._health.recovered("position")
        return saved

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        return await until_answered(ask, self._stop, self._health, retry_on=(BusError,))

"""The shell around the engine: read SIGNALS in order, raise what fires, and only then move the position."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin.bus import Bus, Message, streams
from tocsin.correlator import correlation_set, position, recovery_plan
from tocsin.correlator.correlation_set import CorrelationSet
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.position import Loaded, Position
from tocsin.correlator.progress import Progress
from tocsin.correlator.publisher import Publisher
from tocsin.correlator.settings import Settings
from tocsin.correlator.signal_reader import Outcome, SignalReader
from tocsin.model import subjects
from tocsin.model.errors import BusError, Fatal
from tocsin.model.rule_report import RuleReport
from tocsin.model.timestamps import format_ns
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
_RECHECK_S = 30.0


async def run(
    bus: Bus,
    policies: Policies | None,
    first: CorrelationSet,
    settings: Settings,
    stop: asyncio.Event,
    *,
    metrics: Metrics | None = None,
) -> None:
    """Correlate with *first*, then with each change of *policies*, until *stop* is set; finish the current message."""
    metrics, health = metrics or Metrics(), Health()
    correlator = Correlator(bus, first, settings, health, CorrelatorMetrics(metrics), stop)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, metrics, health, stop, facts=correlator.facts))
        tasks.create_task(correlator.publish_reports())
        helpers = [tasks.create_task(correlator.halt_on_stop()), tasks.create_task(correlator.keep_saving())]
        if policies is not None:
            helpers.append(tasks.create_task(correlator.follow_rules(policies)))
        await correlator.correlate()
        for helper in helpers:
            helper.cancel()
        await asyncio.wait(helpers)
        await correlator.finish()


class Correlator:
    """The one running correlator."""

    def __init__(
        self,
        bus: Bus,
        first: CorrelationSet,
        settings: Settings,
        health: Health,
        metrics: CorrelatorMetrics,
        stop: asyncio.Event,
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._health = health
        self._metrics = metrics
        self._stop = stop
        self._publisher = Publisher(bus, metrics, stop.is_set)
        self._progress = Progress(bus, metrics, health)
        self._halt = asyncio.Event()
        """The current reading must end: the service stops, or other rules wait."""
        self._changed = asyncio.Event()
        self._active = first
        self._latest = first
        """The set that was loaded last; the next reading uses it."""
        self._since = format_ns(time.time_ns())
        self._recheck_at = 0.0

    async def correlate(self) -> None:
        """Read SIGNALS, and read again after each change of rules, until the service stops."""
        await streams_ready(self._bus, self._stop, self._health, retry_on=(BusError,))
        loaded = await self._answered(self._load)
        if loaded is None:
            return
        progress = self._progress
        progress.start(loaded)
        if loaded.position is not None:
            # another running correlator learns of this one at its next save, before this one raises anything
            await self._answered(lambda: progress.claim(loaded))
        while not self._stop.is_set():
            self._halt.clear()
            reader = await self._answered(self._begin)
            if reader is None:
                return
            await self._bus.follow(
                streams.SIGNALS, self._take, self._halt, filters=[subjects.ALL_SIGNALS], start=reader.plan.start
            )
            progress.known = progress.position(reader)

    async def finish(self) -> None:
        """Save the position one last time."""
        await self._progress.save_last()

    async def halt_on_stop(self) -> None:
        """End the current reading when the service stops."""
        await self._stop.wait()
        self._halt.set()

    async def keep_saving(self) -> None:
        """Until cancelled, save the position once a second if it moved."""
        progress = self._progress
        while True:
            await asyncio.sleep(_SAVE_S)
            if self._halt.is_set() or progress.reader is None:
                continue
            await progress.save()
            progress.check_partial(progress.reader)
            if time.monotonic() > self._recheck_at:
                self._recheck_at = time.monotonic() + _RECHECK_S
                try:
                    await self._publisher.recheck()
                    await self._check_stream(progress.reader)
                except Fatal:
                    raise
                except BusError as error:
                    log.debug("streams.unasked", extra={"error": str(error)})

    async def _check_stream(self, reader: SignalReader) -> None:
        """End the reading if SIGNALS was recreated: sequences start at 1 again, so nothing of it would be read."""
        position = self._progress.position(reader)  # taken first: it may move past the stream's answer meanwhile
        if recovery_plan.reset_reason(position, await self._bus.stream(streams.SIGNALS)):
            self._halt.set()

    async def follow_rules(self, policies: Policies) -> None:
        """Until cancelled, load the rules whenever their files change; an error in them does not end it."""
        async for built, _ in reloads(policies, self._build, self._health):
            self.adopt(built)

    def adopt(self, built: CorrelationSet) -> None:
        """Count with *built* from the next message on; if its correlations differ, windows are rebuilt first."""
        same = built.correlations == self._latest.correlations
        self._latest = built
        log.info("rules.loaded", extra={"correlations": len(built.correlations), "hash": built.hash, "same": same})
        if not same:
            self._halt.set()
        elif self._progress.reader is not None:
            self._active = self._progress.reader.active = built
            self._changed.set()

    async def publish_reports(self) -> None:
        """Publish reports on the active correlations until the service stops."""
        await rule_report_publisher.publish_reports(self._bus, self._report, self._changed, self._stop)

    def facts(self) -> dict[str, str | int | float]:
        """What the service report says of this correlator."""
        return {
            "correlations": len(self._active.correlations),
            "rules_hash": self._active.hash,
            "position": self._metrics.seq,
        }

    def _report(self) -> RuleReport:
        bus = self._bus
        now = format_ns(time.time_ns())
        return self._metrics.report(
            self._active, service=bus.service, instance=bus.instance, now=now, loaded=self._since
        )

    def _build(self, content: Content) -> CorrelationSet:
        return correlation_set.build(content, self._latest)

    def _take(self, message: Message) -> Awaitable[None] | None:
        """Count one message; the caller waits only if something has to be published."""
        reader = self._progress.reader
        if reader is None:
            raise RuntimeError("a message came before there was a reader")
        outcome = reader.take(message)
        if outcome is None:
            reader.advance(message)
            return None
        return self._settle(outcome, message, reader)

    async def _settle(self, outcome: Outcome, message: Message, reader: SignalReader) -> None:
        await self._publisher.settle(outcome, message, reader)
        reader.advance(message)

    async def _load(self) -> Loaded:
        loaded = await position.load(self._bus)
        if loaded.unreadable:
            log.error("position.unreadable", extra={"error": loaded.unreadable})
        await self._publisher.prepare()
        return loaded

    async def _begin(self) -> SignalReader:
        """Plan where to read from, and restore what was raised."""
        progress = self._progress
        now, known = self._latest, progress.known
        stream = await self._bus.stream(streams.SIGNALS)
        horizon = horizon_ns(now.correlations)
        plan = recovery_plan.plan(known, stream, rules=now.windows_hash, horizon_ns=horizon)
        engine = CorrelationEngine(now.correlations, max_keys=self._settings.max_keys)
        same = known is not None and not plan.reset
        records = await self._publisher.restore(engine, position=plan.silent_to, same_stream=same)
        if now is not self._active:
            self._active, self._since = now, format_ns(time.time_ns())
            self._changed.set()
        self._metrics.watch(engine)
        self._metrics.seq = plan.silent_to
        progress.begin()
        last = known if known is not None and same else Position(stream=stream.created)
        latest = self._latest
        if latest is not now and latest.correlations == now.correlations:  # loaded meanwhile, and it counts the same
            self._active = now = latest
            self._changed.set()
        reader = SignalReader(now, engine, plan, last, self._metrics)
        progress.follow(reader, reset=bool(plan.reset) and bool(known is not None or records))
        return reader

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        return await until_answered(ask, self._stop, self._health, retry_on=(BusError,))

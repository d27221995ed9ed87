"""The shell around judgement: take an event, publish its alert once, and acknowledge the event once that is stored."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Collection

from tocsin.bus import CLUSTER_HEADER, NODE_HEADER, RECEIVED_HEADER, Bus, Message, PubAck, TooLarge, streams
from tocsin.classifier import deduplication
from tocsin.classifier.judge import Judgement, Origin, judge, plain
from tocsin.classifier.metrics import ClassifierMetrics
from tocsin.classifier.outbox import Outbox, PendingAlert
from tocsin.classifier.pause_detector import PauseDetector
from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.reload import PolicyReloader
from tocsin.classifier.settings import Settings
from tocsin.model import alert as alerts
from tocsin.model import event as events
from tocsin.model import ids
from tocsin.model.errors import BadEvent, BusError, Fatal
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Counter, Metrics
from tocsin.runtime.policy_files import Policies
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import streams_ready, until_answered

log = logging.getLogger(__name__)

MAX_HELD = 4_000
"""The consumer leaves at most this many messages unacknowledged."""
HOLD_S = 0.2
"""A redelivered message waits this long for others, so that one reading of the streams answers for all."""
_ALONE_FROM = 5
"""From this delivery on, a message may be the one that ends the process: it is judged alone."""
_RETRY_S = 1.0
_LAST_CHANCE_S = 5.0
_UNKNOWN = "unknown"


async def run(
    bus: Bus,
    policies: Policies,
    first: PolicySet,
    settings: Settings,
    stop: asyncio.Event,
    *,
    metrics: Metrics | None = None,
) -> None:
    """Judge events with *first*, then with each change of *policies*, until *stop* is set.

    The messages in progress are then finished, or given back.
    """
    metrics, health = metrics or Metrics(), Health()
    reloader = PolicyReloader(policies, first, settings, metrics, health)
    classifier = Classifier(bus, reloader, metrics, health)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, metrics, health, stop, facts=lambda: _facts(reloader, settings)))
        await streams_ready(bus, stop, health, retry_on=(BusError,))
        await until_answered(lambda: bus.recheck_in(deduplication.RESULTS), stop, health, retry_on=(BusError,))
        if stop.is_set():
            return
        log.info("classifier.started", extra=_facts(reloader, settings))
        tasks.create_task(reloader.publish_reports(bus, stop))
        helpers = [
            tasks.create_task(task)
            for task in (
                classifier.settle_in_time(),
                classifier.pauses.run(),
                classifier.outbox.run(),
                reloader.follow(),
            )
        ]
        await bus.consume(streams.EVENTS, streams.CLASSIFIER, classifier.handle, stop)
        await classifier.give_back()
        for helper in helpers:
            helper.cancel()


def _facts(reloader: PolicyReloader, settings: Settings) -> dict[str, str | int | float]:
    policies = reloader.active
    return {
        "profile": settings.profile,
        "table_lines": len(policies.policy.table.lines),
        "rules": len(policies.rules.rules),
        "rules_hash": policies.hash,
    }


class _AnswerAge:
    """How long an answer of the streams is valid: later on, another replica may have stored more."""

    def __init__(self, bus: Bus, at: float) -> None:
        self._bus = bus
        self._until = at + streams.ack_wait_s(bus.duplicate_window_s)
        self._breaks = bus.connection.breaks

    @property
    def is_valid(self) -> bool:
        """Whether no other replica can have stored more since."""
        return self._bus.connection.breaks == self._breaks and time.monotonic() < self._until


class Classifier:
    """One running replica."""

    def __init__(self, bus: Bus, reloader: PolicyReloader, metrics: Metrics, health: Health) -> None:
        self._bus = bus
        self._reloader = reloader
        self.outbox = Outbox(bus)
        self._metrics = ClassifierMetrics(metrics, self.outbox)
        self._health = health
        self._held: dict[int, Message] = {}
        """Redelivered messages by sequence, until the streams have answered which of them have their alert."""
        self._holding = asyncio.Event()
        self._settling = asyncio.Lock()
        self._recent: deduplication.RecentResults | None = None
        self._breaks = -1
        """Number of lost connections when `_recent` was read."""
        self.pauses = PauseDetector(streams.ack_wait_s(bus.duplicate_window_s))

    async def handle(self, message: Message) -> None:
        """Judge *message*, or hold it if it may have its alert already; `BusError` if it must be delivered again."""
        self.pauses.tick()
        if self.pauses.paused or self._breaks != self._bus.connection.breaks:
            await self._look_back()
        self._metrics.received.value += 1
        if message.delivered > 1:
            self._metrics.redelivered.value += 1
            await self._hold(message)
        elif self._recent is not None and await self._is_settled(message, self._recent):
            return
        else:
            await self._judge(message)

    async def settle_in_time(self) -> None:
        """Until cancelled, settle held messages shortly after their arrival, whether or not more arrive."""
        while True:
            await self._holding.wait()
            await asyncio.sleep(HOLD_S)
            try:
                await self._settle()
            except Fatal:
                raise
            except BusError as error:
                log.warning("repeats.unreadable", extra={"held": len(self._held), "error": str(error)})
                self._health.failing("repeats", f"cannot read which alerts are stored: {error}")
                await asyncio.sleep(_RETRY_S)

    async def give_back(self) -> None:
        """Settle the held messages, or give them back."""
        try:
            async with asyncio.timeout(_LAST_CHANCE_S):
                await self._settle()
        except (BusError, TimeoutError):
            log.warning("messages.given_back", extra={"held": len(self._held)})
        for message in self._held.values():
            await message.nak()
        await self.outbox.flush(_LAST_CHANCE_S)

    async def _look_back(self) -> None:
        """Read the last results before any more events are judged."""
        breaks, began = self._bus.connection.breaks, time.monotonic()
        try:
            self._recent = await deduplication.read_recent(self._bus)
        except BusError as error:
            self._health.failing("repeats", f"cannot read which alerts are stored: {error}")
            raise
        self._health.recovered("repeats")
        self._breaks = breaks
        self.pauses.clear()
        took_s = round(time.monotonic() - began, 3)
        log.info("repeats.read", extra={"ids": len(self._recent.ids), "took_s": took_s})

    async def _is_settled(self, message: Message, recent: deduplication.RecentResults) -> bool:
        """Whether a first delivery needs no judgement now: it has its alert, or another replica may be judging it."""
        if not recent.covers(message):
            self._recent = None
            return False
        if message.id in recent.ids:
            await self._repeat(message)
            return True
        if recent.precedes(message):
            await self._hold(message)
            return True
        return False

    async def _hold(self, message: Message) -> None:
        if len(self._held) >= MAX_HELD:
            await self._settle()
        self._held[message.seq] = message
        self._metrics.held = len(self._held)
        self._holding.set()

    async def _settle(self) -> None:
        """Answer all held messages; those without an answer stay held."""
        async with self._settling:
            batch = list(self._held.values())
            if batch:
                age = _AnswerAge(self._bus, time.monotonic())
                await self._answer(batch, await deduplication.stored_ids(self._bus, batch), age)
            self._health.recovered("repeats")
            if not self._held:
                self._holding.clear()

    async def _answer(self, batch: Collection[Message], stored: Collection[str], age: _AnswerAge) -> None:
        for message in batch:
            if not age.is_valid:
                return  # the rest stays held until the next answer
            if message.id in stored:
                await self._repeat(message)
            elif message.delivered < _ALONE_FROM:
                await self._judge_surely(message)
            else:
                await self.outbox.flush()
                await self._judge_surely(message)
                await self.outbox.flush()
            self._held.pop(message.seq, None)
            self._metrics.held = len(self._held)

    async def _judge_surely(self, message: Message) -> None:
        """Judge like `Bus.consume`: a message that raises is dead-lettered, unless NATS failed."""
        try:
            await self._judge(message)
        except TooLarge as error:
            await self._dead_letter(message, str(error))
        except BusError:
            raise
        except Exception as error:
            log.exception("message.failed", extra={"subject": message.subject, "seq": message.seq})
            await self._dead_letter(message, f"{type(error).__name__}: {error}")

    async def _repeat(self, message: Message) -> None:
        self._metrics.repeated.value += 1
        await message.ack()

    async def _dead_letter(self, message: Message, reason: str) -> None:
        self._metrics.dead.value += 1
        await self._bus.dead_letters.publish_message(message, reason)

    async def _judge(self, message: Message) -> None:
        """Publish the alert of one event, and acknowledge the event once the alert is stored."""
        payload = message.payload
        try:
            event = events.read(payload)
        except BadEvent as error:
            await self._dead_letter(message, str(error))
            return
        origin = origin_of(message, event)
        judgement = judge(event, payload, origin, self._reloader.active)
        self._count(judgement)
        self._metrics.lag.observe(max(0.0, (time.time_ns() - origin.received_ns) / NS_PER_S))
        severity = judgement.alert.severity
        pending = PendingAlert(
            origin.id,
            judgement.subject,
            alerts.encode(judgement.alert),
            functools.partial(self._stored, message, self._metrics.published[severity]),
            message.nak,
        )
        await self.outbox.put(pending, judgement.signal)

    def _count(self, judgement: Judgement) -> None:
        """Count the rules that matched; a rule that failed is logged the first time."""
        counters = self._reloader.counters
        if judgement.alert.signals or judgement.alert.rules or judgement.failed:
            counters.count(judgement)
        for rule, error in judgement.failed:
            if counters.is_first_failure(rule):
                log.error("rule.failed", extra={"rule": rule, "error": error, "event": judgement.alert.id})

    def _stored(self, message: Message, published: Counter, ack: PubAck) -> Awaitable[None]:
        (self._metrics.repeated if ack.duplicate else published).value += 1
        return message.ack()


def origin_of(message: Message, event: events.Event) -> Origin:
    """The headers that the collector set; for a missing one the nearest known value."""
    headers = message.headers
    cluster = plain(headers.get(CLUSTER_HEADER, "")) or event.cluster or "default"
    node = plain(headers.get(NODE_HEADER, "")) or event.node or _UNKNOWN
    received_ns = events.integer(headers.get(RECEIVED_HEADER))
    if received_ns is None or not 0 < received_ns < 2**63:
        received_ns = message.stored_ns
    return Origin(message.id or ids.event_id(cluster, node, message.payload), cluster, node, received_ns)

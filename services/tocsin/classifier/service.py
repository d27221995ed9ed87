"""The shell around judgement: take an event, publish its alert, acknowledge once that is stored, and repeat nothing."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Collection

from tocsin.bus import CLUSTER_HEADER, NODE_HEADER, RECEIVED_HEADER, Bus, Message, PubAck, TooLarge, streams
from tocsin.classifier import deduplication
from tocsin.classifier.judge import Judged, Origin, judge, plain
from tocsin.classifier.outbox import Outbox, Outgoing
from tocsin.classifier.policy_set import PolicySet
from tocsin.classifier.reload import PolicyReloader
from tocsin.classifier.settings import Settings
from tocsin.model import alert as alerts
from tocsin.model import event as events
from tocsin.model import ids, metric_names
from tocsin.model.errors import BadEvent, BusError, Fatal
from tocsin.model.severity import Severity
from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Counter, Metrics
from tocsin.runtime.policy_files import Policies
from tocsin.runtime.service_report import report
from tocsin.runtime.stopping import streams_ready, until_answered

log = logging.getLogger(__name__)

MAX_HELD = 4_000
"""As many as the consumer leaves unacknowledged at most."""
HOLD_S = 0.2
"""How long a redelivered message waits for others, so that one reading answers for all."""
_ALONE_FROM = 5
"""From this delivery on a message may be the one that ends the process: it is not mixed with others."""
_RETRY_S = 1.0
_TICK_S = 0.5
_LAST_CHANCE_S = 5.0
_LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
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
    """Judge events by *first*, and by what becomes of *policies*, until *stop* is set; what is in hand then is
    finished, or given back.
    """
    numbers, health = metrics or Metrics(), Health()
    rulings = PolicyReloader(policies, first, settings, numbers, health)
    classifier = Classifier(bus, rulings, numbers, health)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(report(bus, numbers, health, stop, facts=lambda: _facts(rulings, settings)))
        await streams_ready(bus, stop, health, retry_on=(BusError,))
        await until_answered(lambda: bus.recheck_in(deduplication.RESULTS), stop, health, retry_on=(BusError,))
        if stop.is_set():
            return
        log.info("classifier.started", extra=_facts(rulings, settings))
        tasks.create_task(rulings.tell(bus, stop))
        helpers = [
            tasks.create_task(task)
            for task in (
                classifier.settle_in_time(),
                classifier.stay_awake(),
                classifier.outbox.run(),
                rulings.follow(),
            )
        ]
        await bus.consume(streams.EVENTS, streams.CLASSIFIER, classifier.handle, stop)
        await classifier.give_back()
        for helper in helpers:
            helper.cancel()


def _facts(rulings: PolicyReloader, settings: Settings) -> dict[str, str | int | float]:
    ruling = rulings.now
    return {
        "profile": settings.profile,
        "table_lines": len(ruling.policy.table.lines),
        "rules": len(ruling.rules.rules),
        "rules_hash": ruling.hash,
    }


class _Asked:
    """When the streams were asked what they hold: another replica may store more of it as time goes by."""

    def __init__(self, bus: Bus, at: float) -> None:
        self._bus = bus
        self._until = at + streams.ack_wait_s(bus.duplicate_window_s)
        self._breaks = bus.connection.breaks

    @property
    def holds(self) -> bool:
        """Whether the answer is still good."""
        return self._bus.connection.breaks == self._breaks and time.monotonic() < self._until


class Classifier:
    """One replica at work."""

    def __init__(self, bus: Bus, rulings: PolicyReloader, metrics: Metrics, health: Health) -> None:
        self._bus = bus
        self._rulings = rulings
        self.outbox = Outbox(bus)
        self._health = health
        self._held: dict[int, Message] = {}
        """Redelivered messages by their sequence, until the streams have said which have their alert."""
        self._holding = asyncio.Event()
        self._settling = asyncio.Lock()
        self._recent: deduplication.Recent | None = None
        self._breaks = -1
        """Connections lost when `_recent` was read."""
        self._awake = time.monotonic()
        self._slept = False
        """This process stood still for longer than the server waits, and has not looked back since."""
        self._numb_s = streams.ack_wait_s(bus.duplicate_window_s)
        """After a pause of this length the server may have given away what this process holds."""
        counter = metrics.counter
        self._received = counter(metric_names.CLASSIFIER_RECEIVED_EVENTS, "Events taken from EVENTS.")
        self._buried = counter(metric_names.CLASSIFIER_DEAD_LETTERS, "Events that could not be judged.")
        self._redelivered = counter("tocsin_classifier_redelivered_events_total", "Events delivered more than once.")
        self._repeats = counter("tocsin_classifier_repeated_events_total", "Events whose alert was stored already.")
        self._published = {
            severity: counter(metric_names.CLASSIFIER_PUBLISHED_ALERTS, "Alerts stored.", severity=severity.value)
            for severity in Severity
        }
        self._lag = metrics.histogram(
            metric_names.CLASSIFIER_EVENT_LAG, "From the collector's reading to judgement.", _LAG_BUCKETS
        )
        held = metrics.gauge(
            metric_names.CLASSIFIER_HELD_EVENTS, "Redelivered events that wait for the streams' answer."
        )
        signals = counter("tocsin_classifier_published_signals_total", "Events that correlations count.")
        waiting = metrics.gauge(
            metric_names.CLASSIFIER_WAITING_ALERTS, "Alerts that wait until their signal is stored."
        )

        def observe() -> None:
            held.set(len(self._held))
            signals.value = self.outbox.sent_signals
            waiting.set(len(self.outbox))

        metrics.observe(observe)

    async def handle(self, message: Message) -> None:
        """Judge it, or hold it where it may have its alert already; `BusError` where it must be handed over again."""
        self._note_sleep()
        if self._slept or self._breaks != self._bus.connection.breaks:
            await self._look_back()
        self._received.value += 1
        if message.delivered > 1:
            self._redelivered.value += 1
            await self._hold(message)
        elif self._recent is not None and await self._is_settled(message, self._recent):
            return
        else:
            await self._judge(message)

    async def settle_in_time(self) -> None:
        """Until cancelled, settle what is held a moment after it came, whether or not more comes."""
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

    async def stay_awake(self) -> None:
        """Until cancelled, note that this process runs: `handle` sees when it was stopped for long."""
        while True:
            self._note_sleep()
            await asyncio.sleep(min(_TICK_S, self._numb_s / 4))

    def _note_sleep(self) -> None:
        now = time.monotonic()
        self._slept = self._slept or now - self._awake > self._numb_s
        self._awake = now

    async def give_back(self) -> None:
        """Settle what is held, or leave it to others."""
        try:
            async with asyncio.timeout(_LAST_CHANCE_S):
                await self._settle()
        except (BusError, TimeoutError):
            log.warning("messages.given_back", extra={"held": len(self._held)})
        for message in self._held.values():
            await message.nak()
        await self.outbox.flush(_LAST_CHANCE_S)

    async def _look_back(self) -> None:
        """Learn what was stored last, before anything more is judged."""
        breaks, began = self._bus.connection.breaks, time.monotonic()
        try:
            self._recent = await deduplication.recent(self._bus)
        except BusError as error:
            self._health.failing("repeats", f"cannot read which alerts are stored: {error}")
            raise
        self._health.recovered("repeats")
        self._breaks, self._slept, self._awake = breaks, False, time.monotonic()
        took_s = round(time.monotonic() - began, 3)
        log.info("repeats.read", extra={"ids": len(self._recent.ids), "took_s": took_s})

    async def _is_settled(self, message: Message, recent: deduplication.Recent) -> bool:
        """Whether a first delivery needs no judgement (now): it has its alert, or another may be judging it."""
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
        self._holding.set()

    async def _settle(self) -> None:
        """Answer all that is held; what cannot be answered stays held."""
        async with self._settling:
            batch = list(self._held.values())
            if batch:
                asked = _Asked(self._bus, time.monotonic())
                await self._answer(batch, await deduplication.stored(self._bus, batch), asked)
            self._health.recovered("repeats")
            if not self._held:
                self._holding.clear()

    async def _answer(self, batch: Collection[Message], stored: Collection[str], asked: "_Asked") -> None:
        for message in batch:
            if not asked.holds:
                return  # what is left is held on, and asked for again
            if message.id in stored:
                await self._repeat(message)
            elif message.delivered < _ALONE_FROM:
                await self._judge_surely(message)
            else:
                await self.outbox.flush()
                await self._judge_surely(message)
                await self.outbox.flush()
            self._held.pop(message.seq, None)

    async def _judge_surely(self, message: Message) -> None:
        """Judge with the promise of `Bus.consume`: what raises is dead-lettered, unless it is NATS that fails."""
        try:
            await self._judge(message)
        except TooLarge as error:
            await self._bury(message, str(error))
        except BusError:
            raise
        except Exception as error:
            log.exception("message.failed", extra={"subject": message.subject, "seq": message.seq})
            await self._bury(message, f"{type(error).__name__}: {error}")

    async def _repeat(self, message: Message) -> None:
        self._repeats.value += 1
        await message.ack()

    async def _bury(self, message: Message, reason: str) -> None:
        self._buried.value += 1
        await self._bus.dead_letters.publish_message(message, reason)

    async def _judge(self, message: Message) -> None:
        """Publish the alert of one event, and acknowledge the event once the alert is stored."""
        payload = message.payload
        try:
            event = events.read(payload)
        except BadEvent as error:
            await self._bury(message, str(error))
            return
        origin = origin_of(message, event)
        judged = judge(event, payload, origin, self._rulings.now)
        self._note(judged)
        self._lag.observe(max(0.0, (time.time_ns() - origin.received_ns) / NS_PER_S))
        severity = judged.alert.severity
        outgoing = Outgoing(
            origin.id,
            judged.subject,
            alerts.encode(judged.alert),
            functools.partial(self._stored, message, self._published[severity]),
            message.nak,
        )
        await self.outbox.put(outgoing, judged.signal)

    def _note(self, judged: Judged) -> None:
        """Count what matched; a rule that failed is named the first time."""
        tally = self._rulings.tally
        if judged.alert.signals or judged.alert.rules or judged.failed:
            tally.count(judged)
        for rule, error in judged.failed:
            if tally.is_first_failure(rule):
                log.error("rule.failed", extra={"rule": rule, "error": error, "event": judged.alert.id})

    def _stored(self, message: Message, published: Counter, ack: PubAck) -> Awaitable[None]:
        (self._repeats if ack.duplicate else published).value += 1
        return message.ack()


def origin_of(message: Message, event: events.Event) -> Origin:
    """What the collector put beside the event; where it did not, what comes nearest to it."""
    headers = message.headers
    cluster = plain(headers.get(CLUSTER_HEADER, "")) or event.cluster or "default"
    node = plain(headers.get(NODE_HEADER, "")) or event.node or _UNKNOWN
    received_ns = events.integer(headers.get(RECEIVED_HEADER))
    if received_ns is None or not 0 < received_ns < 2**63:
        received_ns = message.stored_ns
    return Origin(message.id or ids.event_id(cluster, node, message.payload), cluster, node, received_ns)

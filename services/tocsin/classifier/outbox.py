"""Publishes alerts; the signal of an alert that correlations count is stored before the alert.

Signals of several events share a message: while one message is in flight, the next signals are collected. So an alert
waits for one round trip, and a flood costs few messages.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

from tocsin.bus import Bus, Then
from tocsin.model import ids, signal, subjects
from tocsin.model.signal import Signal

MAX_SIGNALS = 500
MAX_BYTES = 256 << 10
"""Bounds of one message; a signal that does not fit waits until the message is sent."""


class PendingAlert(Struct, frozen=True):
    """An alert to publish, and what to do once it is stored."""

    id: str
    subject: str
    payload: bytes
    then: Then
    give_back: Callable[[], Awaitable[None]]
    """Gives the event back if it waited so long that another replica may have judged it."""


class _SignalBatch:
    """Signals of one cluster for one message, and the alerts that wait for them, each with the start of its wait."""

    __slots__ = ("alerts", "bytes", "signals")

    def __init__(self) -> None:
        self.signals: list[bytes] = []
        self.alerts: list[tuple[PendingAlert, float]] = []
        self.bytes = 0

    def add(self, encoded: bytes, alert: PendingAlert, since: float) -> None:
        """Add a signal and its alert."""
        self.signals.append(encoded)
        self.alerts.append((alert, since))
        self.bytes += len(encoded)

    def has_room_for(self, size: int, limit: int) -> bool:
        """Whether a signal of *size* bytes fits into a message of *limit* bytes."""
        return len(self.signals) < MAX_SIGNALS and self.bytes + size <= limit


class Outbox:
    """Publishes through the bus's window; its events are not acknowledged yet, so a kill loses nothing."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._max_wait_s = bus.duplicate_window_s / 2
        """After a longer wait the server may not recognize a repeated alert any more, so the event is given back."""
        self._batches: dict[str, _SignalBatch] = {}
        self._in_flight = 0
        """Signal messages without a PubAck."""
        self._waiting = 0
        """Alerts that wait for their signal or for a free slot in the window."""
        self._due = asyncio.Event()
        self._sent = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._stored_batches: asyncio.Queue[_SignalBatch] = asyncio.Queue()
        self.sent_signals = 0

    def __len__(self) -> int:
        """Number of waiting alerts."""
        return self._waiting

    async def put(self, alert: PendingAlert, signal_: Signal | None) -> None:
        """Publish *alert*, after *signal_* if correlations count it.

        `TooLarge` if the server does not accept the alert or its signal.
        """
        if signal_ is None:
            await self._bus.publish(alert.subject, alert.payload, id=alert.id, then=alert.then)
            return
        since, encoded = time.monotonic(), signal.encode_one(signal_)
        self._bus.check_size(alert.subject, alert.payload, id=alert.id)
        self._bus.check_size(subjects.signals(signal_.cluster), encoded, id=alert.id)
        batch = await self._open_batch(signal_.cluster, len(encoded))
        batch.add(encoded, alert, since)
        self._waiting += 1
        self._empty.clear()
        if not self._in_flight:
            self._due.set()

    async def run(self) -> None:
        """Until cancelled, send collected signals and publish the alerts whose signals are stored."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_signals())
            tasks.create_task(self._send_alerts())

    async def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything is stored; ``False`` if that takes longer than *timeout_s*."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return await self._bus.flush(timeout_s)

    async def _open_batch(self, cluster: str, size: int) -> _SignalBatch:
        limit = min(MAX_BYTES, self._bus.max_payload // 2)
        while True:
            batch = self._batches.setdefault(cluster, _SignalBatch())
            if not batch.signals or batch.has_room_for(size, limit):
                return batch
            self._sent.clear()
            self._due.set()
            await self._sent.wait()

    async def _send_signals(self) -> None:
        while True:
            await self._due.wait()
            await asyncio.sleep(0)  # events that are being judged may still join
            self._due.clear()
            for cluster in list(self._batches):
                await self._send(cluster)

    async def _send(self, cluster: str) -> None:
        batch = self._batches.pop(cluster)
        self._sent.set()
        self._in_flight += 1
        self.sent_signals += len(batch.signals)
        await self._bus.publish(
            subjects.signals(cluster),
            signal.join(batch.signals),
            id=ids.together(alert.id for alert, _ in batch.alerts),
            then=lambda _: self._stored(batch),
        )

    def _stored(self, batch: _SignalBatch) -> None:
        self._in_flight -= 1
        if self._batches:
            self._due.set()
        self._stored_batches.put_nowait(batch)  # not published here: this is called to free slots

    async def _send_alerts(self) -> None:
        while True:
            batch = await self._stored_batches.get()
            for alert, since in batch.alerts:
                if time.monotonic() - since > self._max_wait_s:
                    await alert.give_back()
                else:
                    await self._bus.publish(alert.subject, alert.payload, id=alert.id, then=alert.then)
                self._waiting -= 1
            if not self._waiting:
                self._empty.set()

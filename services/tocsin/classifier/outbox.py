"""What leaves the classifier: alerts, and before an alert that correlations count its signal, stored first.

Signals of several events travel in one message: while one is on its way the next are gathered, so that an alert waits
for one round trip and a flood costs few messages.
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
"""In one message; whoever brings more waits until it is on its way. Signals differ in length a hundredfold."""


class Outgoing(Struct, frozen=True):
    """An alert that is ready, and what is to be done once it is stored."""

    id: str
    subject: str
    payload: bytes
    then: Then
    back: Callable[[], Awaitable[None]]
    """Gives the event back: it waited so long that another may have judged it by now."""


class _Gathered:
    """Signals of one cluster that go together, and the alerts that wait for them, each since when."""

    __slots__ = ("alerts", "bytes", "signals")

    def __init__(self) -> None:
        self.signals: list[bytes] = []
        self.alerts: list[tuple[Outgoing, float]] = []
        self.bytes = 0

    def add(self, encoded: bytes, alert: Outgoing, since: float) -> None:
        """Take one more along."""
        self.signals.append(encoded)
        self.alerts.append((alert, since))
        self.bytes += len(encoded)

    def takes(self, size: int, limit: int) -> bool:
        """Whether a signal of *size* bytes may come along, where all may have *limit*."""
        return len(self.signals) < MAX_SIGNALS and self.bytes + size <= limit


class Outbox:
    """Publishes through the bus's window; what is in it was not acknowledged, so a kill loses nothing."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._patience_s = bus.duplicate_window_s / 2
        """After so long the server may not know an alert as a repeat any more; whoever gets the event again asks."""
        self._gathered: dict[str, _Gathered] = {}
        self._on_their_way = 0
        """Messages of signals without a PubAck."""
        self._held = 0
        """Alerts that wait for their signal or for room in the window."""
        self._wanted = asyncio.Event()
        self._sent = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._ready: asyncio.Queue[_Gathered] = asyncio.Queue()
        self.sent_signals = 0

    def __len__(self) -> int:
        """How many alerts are held."""
        return self._held

    async def put(self, alert: Outgoing, counted: Signal | None) -> None:
        """Publish *alert*, after its signal where it is *counted*.

        `TooLarge` where the server does not take the alert, or its signal.
        """
        if counted is None:
            await self._bus.publish(alert.subject, alert.payload, id=alert.id, then=alert.then)
            return
        since, encoded = time.monotonic(), signal.encode_one(counted)
        self._bus.check_size(alert.subject, alert.payload, id=alert.id)
        self._bus.check_size(subjects.signals(counted.cluster), encoded, id=alert.id)
        gathered = await self._with_room(counted.cluster, len(encoded))
        gathered.add(encoded, alert, since)
        self._held += 1
        self._empty.clear()
        if not self._on_their_way:
            self._wanted.set()

    async def run(self) -> None:
        """Until cancelled, send what is gathered and publish the alerts whose signals are stored."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_signals())
            tasks.create_task(self._send_alerts())

    async def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was put is stored; whether it is."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return await self._bus.flush(timeout_s)

    async def _with_room(self, cluster: str, size: int) -> _Gathered:
        limit = min(MAX_BYTES, self._bus.max_payload // 2)
        while True:
            gathered = self._gathered.setdefault(cluster, _Gathered())
            if not gathered.signals or gathered.takes(size, limit):
                return gathered
            self._sent.clear()
            self._wanted.set()
            await self._sent.wait()

    async def _send_signals(self) -> None:
        while True:
            await self._wanted.wait()
            await asyncio.sleep(0)  # what is in hand already may come along
            self._wanted.clear()
            for cluster in list(self._gathered):
                await self._send(cluster)

    async def _send(self, cluster: str) -> None:
        gathered = self._gathered.pop(cluster)
        self._sent.set()
        self._on_their_way += 1
        self.sent_signals += len(gathered.signals)
        await self._bus.publish(
            subjects.signals(cluster),
            signal.join(gathered.signals),
            id=ids.together(alert.id for alert, _ in gathered.alerts),
            then=lambda _: self._stored(gathered),
        )

    def _stored(self, gathered: _Gathered) -> None:
        self._on_their_way -= 1
        if self._gathered:
            self._wanted.set()
        self._ready.put_nowait(gathered)  # not published from here: the window's room comes from where this is called

    async def _send_alerts(self) -> None:
        while True:
            gathered = await self._ready.get()
            for alert, since in gathered.alerts:
                if time.monotonic() - since > self._patience_s:
                    await alert.back()
                else:
                    await self._bus.publish(alert.subject, alert.payload, id=alert.id, then=alert.then)
                self._held -= 1
            if not self._held:
                self._empty.set()

"""A correlator at work on a test's server, what it is fed with, and what it has stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from tocsin.bus import Bus, Message, PubAck, jetstream_api, streams
from tocsin.correlator import correlation_set, position, service
from tocsin.correlator.position import Position
from tocsin.correlator.settings import Settings
from tocsin.model import alert as alerts
from tocsin.model import raised as records
from tocsin.model import signal as signals
from tocsin.model import subjects
from tocsin.model.alert import Alert
from tocsin.model.raised import Raised
from tocsin.model.signal import Signal
from tocsin.runtime.metrics import Metrics
from tocsin.sigma.syntax.documents import Correlation

from support.buses import opened, running
from support.server import SIZES, NatsServer
from support.waiting import until


class At(Struct):
    """One correlator."""

    bus: Bus
    metrics: Metrics

    def value(self, name: str) -> float:
        """A metric, added up over its labels."""
        return sum(each.value for each in self.metrics.snapshot() if each.name == f"tocsin_correlator_{name}")


@asynccontextmanager
async def correlating(
    server: NatsServer, *correlations: Correlation, duplicate_window_s: float = 60.0
) -> AsyncIterator[At]:
    """A correlator for the body; it stops in order after it."""
    metrics, own = Metrics(), Settings()
    first = correlation_set.from_correlations(correlations)
    async with (
        opened(server, "correlator", duplicate_window_s=duplicate_window_s) as bus,
        running(lambda stop: service.run(bus, None, first, own, stop, metrics=metrics)),
    ):
        yield At(bus, metrics)


class Streams:
    """What the streams hold, read by the admin; signals are the classifier's."""

    def __init__(self, bus: Bus, classifier: Bus) -> None:
        self.bus = bus
        self._classifier = classifier

    async def offer(self, *batch: Signal, id: str = "") -> int:
        """Store *batch* as one message of SIGNALS; its sequence."""
        return await self.store(
            subjects.signals("k1"), signals.encode(batch), id=id or "+".join(each.id for each in batch)
        )

    async def store(self, subject: str, payload: bytes, *, id: str) -> int:
        """Store anything; its sequence."""
        found: list[int] = []
        await self._classifier.publish(subject, payload, id=id, then=lambda ack: found.append(ack.seq))
        assert await self._classifier.flush(20)
        return found[0]

    async def until_forgotten(self) -> None:
        """Until the server does not know again what was published before now."""
        acks: list[PubAck] = []

        async def anew() -> bool:
            await self._classifier.dead_letters.publish(b"", id="probe", reason="a probe", then=acks.append)
            assert await self._classifier.flush(20)
            return len(acks) > 1 and not acks[-1].duplicate

        await until(anew, timeout_s=20, what="the end of the duplicate window")

    async def last(self, stream: str) -> int:
        """The last sequence of a stream."""
        return (await self.bus.stream(stream)).state.last_seq

    async def messages(self, stream: str) -> list[Message]:
        """All messages of a stream."""
        found: list[Message] = []
        await self.bus.read(stream, found.append, filters=[])
        return found

    async def alerts(self) -> list[Alert]:
        """All alerts."""
        return [alerts.decode(message.payload) for message in await self.messages(streams.ALERTS)]

    async def raised(self) -> list[Raised]:
        """All records."""
        return [records.decode(message.payload) for message in await self.messages(streams.RAISED)]

    async def position(self) -> Position | None:
        """Where the correlator stands, as it has saved."""
        return (await position.load(self.bus)).position

    async def stands_at_the_end(self) -> bool:
        """Whether the saved position is the end of SIGNALS."""
        now = await self.position()
        return now is not None and now.seq == await self.last(streams.SIGNALS)

    async def settled(self) -> None:
        """Until everything is dealt with and the position says so."""
        await until(self.stands_at_the_end, timeout_s=20, what="the position at the end of SIGNALS")

    async def forget(self, seq: int = 0) -> None:
        """Take the position back to what it was at *seq*, as if later saves had never come; 0: there was none."""
        key = f"$KV.{streams.BUCKET}.{subjects.CORRELATOR_KEY}"
        now = await self.position()
        assert now is not None
        if seq:
            before = Position(seq=seq, rebuild_from=1, stream=now.stream, rules=now.rules)
            await self.bus.bucket.save(subjects.CORRELATOR_KEY, position.encode(before))
        else:
            await self._api(f"STREAM.PURGE.{streams.BUCKET_STREAM}", {"filter": key})

    async def drop(self, stream: str, *, before: int) -> None:
        """Purge *stream* up to the sequence *before*, which stays."""
        await self._api(f"STREAM.PURGE.{stream}", {"seq": before})

    async def remove(self, stream: str, seq: int) -> None:
        """Take one message out of a stream."""
        await self._api(f"STREAM.MSG.DELETE.{stream}", {"seq": seq})

    async def delete(self, stream: str) -> None:
        """Take a whole stream away."""
        await self._api(f"STREAM.DELETE.{stream}", None)

    async def _api(self, subject: str, request: object) -> None:
        await jetstream_api.call(self.bus.connection, subject, request)


@asynccontextmanager
async def looking(server: NatsServer, *, duplicate_window_s: float = 60.0) -> AsyncIterator[Streams]:
    """The streams of *server*, declared with this window."""
    async with (
        opened(server, "admin", duplicate_window_s=duplicate_window_s) as bus,
        opened(server, "classifier", duplicate_window_s=duplicate_window_s) as classifier,
    ):
        await bus.declare(SIZES)
        yield Streams(bus, classifier)

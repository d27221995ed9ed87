"""The ledger as metrics, taken from a real server with the gateway's own rights."""

import asyncio

from nats.aio.client import Client

from tocsin.bus import streams
from tocsin.runtime.ledger_metrics import LedgerMetrics
from tocsin.runtime.metrics import Metrics, Sample

from support.buses import opened, publish, running
from support.server import SIZES, NatsServer
from support.waiting import until


def _value(samples: list[Sample], name: str, **labels: str) -> float | None:
    return next((own.value for own in samples if (own.name, own.labels) == (name, labels)), None)


async def _read_one(server: NatsServer) -> None:
    """As a SIEM does: one message of its durable, not answered."""
    client = Client()
    await client.connect(server.url, user="siem", password=server.passwords["siem"])
    try:
        inbox = await client.subscribe("_INBOX_siem.one")
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{streams.ALERTS_KEPT}.siem"
        await client.publish(subject, b'{"batch": 1, "expires": 9000000000}', reply="_INBOX_siem.one")
        assert (await inbox.next_msg(10.0)).data
    finally:
        await client.close()


async def test_a_balance_that_breaks_and_a_reader_that_waits_are_told(declared: NatsServer) -> None:
    metrics = Metrics()
    assert _value(metrics.snapshot(), "tocsin_ledger_age_seconds") is None
    async with opened(declared, "gateway") as bus:

        async def keep(stop: asyncio.Event) -> None:
            await LedgerMetrics(metrics).keep(bus, stop, interval_s=0.05)

        def told(name: str, value: float, **labels: str) -> bool:
            return _value(metrics.snapshot(), name, **labels) == value

        async with running(keep):
            await until(lambda: told("tocsin_ledger_balanced", 1.0), what="a ledger that balances")
            assert told("tocsin_stream_bytes", 0, stream="EVENTS")
            assert told("tocsin_stream_limit_bytes", SIZES.events, stream="EVENTS")
            async with opened(declared, "collector") as collector:
                await publish(collector, range(3))
            await until(lambda: told("tocsin_ledger_balanced", 0.0), what="a ledger that does not balance")
            assert told("tocsin_ledger_unexplained_messages", 3, hop="events")
            assert told("tocsin_ledger_difference_messages", -3, hop="events")
            assert told("tocsin_ledger_unexplained_messages", 0, hop="alerts")
            assert told("tocsin_reader_waiting_messages", 3, stream="EVENTS", reader="classifier")
            assert told("tocsin_reader_evicted_messages", 0, stream="EVENTS", reader="classifier")
            age_s = _value(metrics.snapshot(), "tocsin_ledger_age_seconds")
            assert age_s is not None
            assert age_s < 30


async def test_a_siem_that_nobody_has_is_not_told_and_one_that_has_read_is(declared: NatsServer) -> None:
    metrics = Metrics()
    async with opened(declared, "gateway") as bus:

        async def keep(stop: asyncio.Event) -> None:
            await LedgerMetrics(metrics).keep(bus, stop, interval_s=0.05)

        def readers() -> set[str]:
            return {own.labels["reader"] for own in metrics.snapshot() if own.name == "tocsin_reader_waiting_messages"}

        async with opened(declared, "classifier") as classifier:
            await publish(classifier, range(2), subject="alerts.high.c1.web.x")

        async def kept() -> bool:
            return (await bus.stream(streams.ALERTS_KEPT)).state.messages == 2

        await until(kept, timeout_s=30.0, what="both alerts in ALERTS_KEPT")
        async with running(keep):
            await until(lambda: bool(readers()), what="a first ledger")
            assert readers() == {"classifier", "correlator"}
            await _read_one(declared)
            await until(lambda: readers() == {"classifier", "correlator", "siem"}, what="the SIEM")
            waiting = _value(metrics.snapshot(), "tocsin_reader_waiting_messages", stream="ALERTS_KEPT", reader="siem")
            assert waiting == 2

"""The correlator against a real server: what it raises, and that no stop, kill or outage loses or doubles it."""

import asyncio

import msgspec
import pytest

from tocsin.bus import REASON_HEADER, Bus, streams
from tocsin.correlator import correlation_set, position, service
from tocsin.correlator.metrics import CorrelatorMetrics
from tocsin.correlator.settings import Settings
from tocsin.model import subjects
from tocsin.model.errors import Fatal
from tocsin.model.severity import Severity
from tocsin.model.signal import Signal
from tocsin.runtime.health import Health
from tocsin.runtime.metrics import Metrics
from tocsin.sigma.syntax.documents import Correlation

from support.buses import opened, running
from support.correlation_builder import correlation, signal
from support.correlator_harness import correlating, looking
from support.server import SIZES, NatsServer
from support.waiting import until

BURST = correlation(id="burst", at_least=3, within_s=10, by=["scope"], repeat_s=60)
OTHER = correlation("temporal_ordered", "r", "q", id="other", within_s=30, by=["scope"])


def burst(scope: str, *, at_s: float = 0) -> list[Signal]:
    return [signal(at_s + number, id=f"{scope}-{at_s:g}-{number}", scope=scope) for number in range(3)]


async def test_a_correlation_becomes_an_alert_with_its_record_and_reason(declared: NatsServer) -> None:
    async with looking(declared) as stored, correlating(declared, BURST) as own:
        await stored.offer(*burst("shop/web-1"))
        await stored.settled()
        [message] = await stored.messages(streams.ALERTS)
        [alert], [raised] = await stored.alerts(), await stored.raised()
        await until(lambda: own.value("raised_alerts_total") == 1)
    assert message.subject == "alerts.high.k1.shop.burst"
    assert message.id == alert.id == raised.id
    assert alert.title == "Title of burst: scope shop/web-1"
    assert alert.severity == alert.base_severity == Severity.HIGH
    assert alert.severity_from == "rule:burst"
    assert alert.kind == alert.event_type == "correlation"
    assert alert.correlation is not None
    assert alert.correlation.count == 3
    assert alert.evidence == tuple(each.id for each in burst("shop/web-1"))
    assert (alert.namespace, alert.pod, alert.node) == ("shop", "web-1", "n1")
    assert bytes(raised.alert) == message.payload
    assert raised.key == {"cluster": "k1", "scope": "shop/web-1"}
    assert raised.seq == 1


async def test_a_restart_goes_on_where_it_stood_with_what_it_remembered(declared: NatsServer) -> None:
    one, two, three = burst("a")
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            await stored.offer(one)
            await stored.offer(two)
            await stored.settled()
        async with correlating(declared, BURST) as own:
            await stored.offer(three)
            await stored.settled()
            assert own.value("replayed_signals_total") == 2
            assert own.value("received_signals_total") == 1
        assert len(await stored.alerts()) == 1


@pytest.mark.parametrize("known", [0, 1])
async def test_a_lost_save_of_the_position_doubles_nothing(declared: NatsServer, known: int) -> None:
    """As after a kill between the PubAck of an alert and the save."""
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            for scope in "abc":
                await stored.offer(*burst(scope))
            await stored.settled()
        await stored.forget(known)
        async with correlating(declared, BURST):
            await stored.offer(*burst("d"))
            await stored.settled()
        assert await stored.last(streams.RAISED) == await stored.last(streams.ALERTS) == 4
        assert [each.key["scope"] for each in await stored.raised()] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("window_s", [60.0, 0.5])
async def test_a_record_without_its_alert_is_raised_at_the_next_start(nats_server: NatsServer, window_s: float) -> None:
    """As after a kill between the two; what is stored is not stored again, however long the outage was."""
    async with looking(nats_server, duplicate_window_s=window_s) as stored:
        async with correlating(nats_server, BURST, duplicate_window_s=window_s):
            for scope in "ab":
                await stored.offer(*burst(scope))
            await stored.settled()
        lost, kept = await stored.raised()
        for stream in (streams.ALERTS, streams.ALERTS_KEPT):
            await stored.remove(stream, 1)
        await stored.forget(0)
        if window_s < 1:
            await stored.until_forgotten()
        async with correlating(nats_server, BURST, duplicate_window_s=window_s) as own:
            await stored.settled()
            assert own.value("republished_alerts_total") == 1
        ids = [each.id for each in await stored.alerts()]
        # within its window the server takes what was removed for stored, and says where
        assert ids == ([kept.id, lost.id] if window_s < 1 else [kept.id])
        assert await stored.last(streams.RAISED) == 2


async def test_a_stop_while_nats_is_away_loses_nothing(declared: NatsServer) -> None:
    one, two, three = burst("a")
    async with looking(declared) as stored:
        async with correlating(declared, BURST) as own:
            await stored.offer(one, two)
            await stored.settled()
            declared.kill()
            await until(lambda: not own.bus.connection.up)
        declared.start()
        await until(lambda: stored.bus.connection.up)
        async with correlating(declared, BURST):
            await stored.offer(three)
            await stored.settled()
        assert len(await stored.alerts()) == 1


async def test_a_killed_server_in_the_middle_loses_and_doubles_nothing(declared: NatsServer) -> None:
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            for number in range(30):
                await stored.offer(*burst(f"s{number}"))
                if number in (5, 17):
                    declared.kill()
                    declared.start()
            await stored.settled()
        found = await stored.alerts()
    assert sorted(each.correlation.key["scope"] for each in found if each.correlation) == sorted(
        f"s{number}" for number in range(30)
    )


async def test_another_rule_looks_back_in_silence_and_counts_from_there(declared: NatsServer) -> None:
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            await stored.offer(signal(0, "r", scope="a"), signal(1, "q", scope="a"), signal(2, "r", scope="b"))
            await stored.settled()
        async with correlating(declared, BURST, OTHER) as own:
            await stored.offer(signal(3, "q", scope="b"))
            await stored.settled()
            assert own.value("replayed_signals_total") == 3
        assert [each.correlation.key["scope"] for each in await stored.alerts() if each.correlation] == ["b"]


async def test_rules_that_change_while_it_runs_keep_what_was_counted(declared: NatsServer) -> None:
    stop = asyncio.Event()
    async with looking(declared) as stored, opened(declared, "correlator") as own:
        worker = _worker(own, stop, BURST)
        async with running(lambda _: worker.correlate()):
            halting = asyncio.ensure_future(worker.halt_on_stop())
            saving = asyncio.ensure_future(worker.keep_saving())
            await stored.offer(*burst("a")[:2], signal(0, "r", scope="b"))
            await stored.settled()
            worker.adopt(correlation_set.from_correlations((BURST, OTHER)))
            await stored.offer(burst("a")[2], signal(3, "q", scope="b"))
            await stored.settled()
            stop.set()
            await halting
            saving.cancel()
        found = [
            (each.correlation.rule, each.correlation.key["scope"]) for each in await stored.alerts() if each.correlation
        ]
    assert found == [("burst", "a"), ("other", "b")]


def _worker(bus: Bus, stop: asyncio.Event, *correlations: Correlation) -> service.Correlator:
    first = correlation_set.from_correlations(correlations)
    return service.Correlator(bus, first, Settings(), Health(), CorrelatorMetrics(Metrics()), stop)


async def test_where_signals_are_gone_that_still_count_it_says_so_until_they_would_be_over(
    declared: NatsServer,
) -> None:
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            await stored.offer(*burst("a")[:2])
            await stored.offer(signal(3, scope="b"))
            await stored.settled()
        await stored.drop(streams.SIGNALS, before=2)
        async with correlating(declared, BURST) as own:
            await until(lambda: own.value("partial") == 1)
            await stored.offer(signal(10, scope="c"), signal(100, scope="c"))
            await until(lambda: own.value("partial") == 0)


async def test_unread_signals_that_were_dropped_are_counted(declared: NatsServer) -> None:
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            await stored.offer(signal(0, scope="a"))
            await stored.settled()
        for number in range(1, 5):
            await stored.offer(signal(number, scope="a"))
        await stored.drop(streams.SIGNALS, before=4)
        async with correlating(declared, BURST) as own:
            await stored.settled()
            assert own.value("unread_signals_total") == 2
            assert own.value("partial") == 1


async def test_signals_created_anew_are_read_from_their_beginning(declared: NatsServer) -> None:
    async with looking(declared) as stored:
        async with correlating(declared, BURST):
            for scope in "ab":
                await stored.offer(*burst(scope))
            await stored.settled()
        await stored.delete(streams.SIGNALS)
        await stored.bus.declare(SIZES)
        await stored.offer(*burst("c"))
        async with correlating(declared, BURST) as own:
            await stored.settled()
            assert own.value("lost_positions_total") == 1
        assert [each.key["scope"] for each in await stored.raised()] == ["a", "b", "c"]


async def test_bad_bytes_are_buried_once_and_the_stream_goes_on(declared: NatsServer) -> None:
    async with looking(declared) as stored:
        broken = msgspec.structs.replace(signal(0), time="never")
        async with correlating(declared, BURST):
            await stored.store("signals.k1", b'[{"id":', id="bad")
            await stored.offer(broken, *burst("a"), id="half")
            await stored.settled()
        await stored.forget(0)
        async with correlating(declared, BURST):
            await stored.settled()
        letters = await stored.messages(streams.dead("correlator"))
        assert [letter.id for letter in letters] == ["bad", "half"]
        assert "not signals" in letters[0].headers[REASON_HEADER]
        assert "never" in letters[1].headers[REASON_HEADER]
        assert len(await stored.alerts()) == 1


async def test_a_second_correlator_ends_the_first_and_is_named(declared: NatsServer) -> None:
    async with looking(declared) as stored:

        async def both() -> None:
            async with correlating(declared, BURST):
                await stored.offer(signal(0, scope="a"))
                await stored.settled()
                now = await stored.position()
                assert now is not None
                other = msgspec.structs.replace(now, writer="another-7")
                await stored.bus.bucket.save(subjects.CORRELATOR_KEY, position.encode(other))
                await stored.offer(signal(1, scope="a"))
                await asyncio.Event().wait()

        with pytest.raises(BaseExceptionGroup) as caught:
            await asyncio.wait_for(both(), 20)
        assert caught.group_contains(Fatal, match="another-7 saves its position")


async def test_signals_of_before_are_not_raised_when_a_rule_set_is_empty(declared: NatsServer) -> None:
    async with looking(declared) as stored, correlating(declared):
        await stored.offer(*burst("a"))
        await stored.settled()
        assert await stored.alerts() == []

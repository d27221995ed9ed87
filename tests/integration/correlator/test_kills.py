"""Killed at any moment, again and again, the correlator raises exactly what the windows say, each once."""

import asyncio
import contextlib
import random
from collections import Counter

from tocsin.bus import streams
from tocsin.correlator import correlation_set, service
from tocsin.correlator.settings import Settings
from tocsin.model.signal import Signal
from tocsin.sigma.correlation import CorrelationEngine
from tocsin.sigma.syntax.documents import Correlation

from support.buses import opened
from support.correlation_builder import correlation, feed, signal
from support.correlator_harness import correlating, looking
from support.server import NatsServer

CORRELATIONS = (
    correlation("event_count", "a", id="count", at_least=3, within_s=5, by=["scope"], repeat_s=2),
    correlation("value_count", "a", "b", id="values", at_least=3, within_s=5, by=["scope"], field="v", repeat_s=2),
    correlation("temporal_ordered", "a", "b", id="ordered", within_s=5, by=["scope"], repeat_s=2),
    correlation("event_count", "count", "ordered", id="parent", at_least=4, within_s=20, repeat_s=5),
)
_KILLS = 20
_MESSAGES = 400
_WINDOW_S = 0.5


def _course(rng: random.Random) -> list[list[Signal]]:
    """Messages of a few signals, some late, some in two messages."""
    at, found, last = 0.0, [], signal(0, "a", id="first")
    for number in range(_MESSAGES):
        batch = [last] if rng.random() < 0.05 else []
        for part in range(rng.choice((1, 1, 2, 4))):
            at += rng.choice((0.05, 0.3, 1.0))
            rules = rng.sample("ab", rng.choice((1, 1, 2)))
            late = max(0.0, at - rng.choice((0, 0, 0, 8)))
            last = signal(late, *rules, id=f"{number}-{part}", scope=rng.choice("pq"), v=rng.choice("12345"))
            batch.append(last)
        found.append(batch)
    return found


async def _alive(server: NatsServer, *correlations: Correlation) -> None:
    """A correlator until it is killed: what it has on its way then is neither waited for nor saved."""
    async with opened(server, "correlator", duplicate_window_s=_WINDOW_S) as bus:
        await service.run(bus, None, correlation_set.from_correlations(correlations), Settings(), asyncio.Event())


async def test_twenty_kills_lose_and_double_nothing(nats_server: NatsServer) -> None:
    rng = random.Random(7)
    course = _course(rng)
    async with looking(nats_server, duplicate_window_s=_WINDOW_S) as stored:
        offered = 0
        for _ in range(_KILLS):
            task = asyncio.ensure_future(_alive(nats_server, *CORRELATIONS))
            upto = offered + rng.randrange(_MESSAGES // _KILLS)
            while offered < upto:
                await stored.offer(*course[offered], id=f"m{offered}")
                offered += 1
            # what was read, raised and saved until now is left to chance
            await asyncio.wait({task}, timeout=rng.choice((0.02, 0.1, 0.3, 1.2)))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for number in range(offered, _MESSAGES):
            await stored.offer(*course[number], id=f"m{number}")
        async with correlating(nats_server, *CORRELATIONS, duplicate_window_s=_WINDOW_S):
            await stored.settled()
        windows = CorrelationEngine(CORRELATIONS)
        expected = [
            firing.id for seq, batch in enumerate(course, 1) for one in batch for firing in windows.feed(one, seq)
        ]
        assert len(expected) > 100
        assert [each.id for each in await stored.raised()] == expected
        assert Counter(message.id for message in await stored.messages(streams.ALERTS)) == Counter(expected)


def test_the_course_holds_every_kind_of_firing() -> None:
    flat = [one for batch in _course(random.Random(7)) for one in batch]
    assert {firing.correlation.id for firing in feed(CorrelationEngine(CORRELATIONS), flat)} == {
        each.id for each in CORRELATIONS
    }

"""Asking until there is an answer, and pausing until it is time to stop."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin.bus import Bus
from tocsin.model.errors import BusUnavailable, Gone
from tocsin.runtime.health import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_S = 0.5


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait *seconds*, or until *stop* is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def answered(ask: Callable[[], Awaitable[T]], stop: asyncio.Event, health: Health) -> T | None:
    """The answer of *ask*, which is asked until there is one; ``None`` where *stop* came first."""
    while not stop.is_set():
        try:
            answer = await ask()
        except (BusUnavailable, Gone) as error:
            log.warning("start.postponed", extra={"error": str(error)})
            health.broken("start", str(error))
            await pause(stop, RETRY_S)
        else:
            health.mended("start")
            return answer
    return None


async def streams_exist(bus: Bus, stop: asyncio.Event, health: Health) -> None:
    """Wait until all streams are declared, or until *stop* is set."""
    told: list[str] = []
    while not stop.is_set():
        missing = await answered(bus.missing, stop, health)
        if not missing:
            break
        if missing != told:
            log.warning("streams.awaited", extra={"missing": missing})
            health.broken("streams", f"waits for {', '.join(missing)}: declared by `tocsin up` or the admin")
            told = missing
        await pause(stop, RETRY_S)
    health.mended("streams")

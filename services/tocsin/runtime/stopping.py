"""Waits at the start of a service, until NATS answers and the streams exist; with the plain waits of `bus.stopping`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tocsin.bus import Bus
from tocsin.bus.stopping import background, first_of, run_until_stopped, started, wait_or_stop
from tocsin.model.errors import BusError, BusUnavailable, Fatal, Gone
from tocsin.runtime.health import Health

__all__ = [
    "RETRY_S",
    "background",
    "first_of",
    "run_until_stopped",
    "started",
    "streams_ready",
    "until_answered",
    "wait_or_stop",
]

log = logging.getLogger(__name__)

T = TypeVar("T")
Errors = tuple[type[BusError], ...]

RETRY_S = 0.5
_TRANSIENT: Errors = (BusUnavailable, Gone)


async def until_answered(
    ask: Callable[[], Awaitable[T]], stop: asyncio.Event, health: Health, *, retry_on: Errors = _TRANSIENT
) -> T | None:
    """The answer of *ask*, which is called again after an error of *retry_on*; ``None`` if *stop* is set first.

    `Fatal` is raised in any case.
    """
    while not stop.is_set():
        try:
            answer = await ask()
        except Fatal:
            raise
        except retry_on as error:
            if health.problems.get("start") != str(error):
                log.warning("start.postponed", extra={"error": str(error)})
            health.failing("start", str(error))
            await wait_or_stop(stop, RETRY_S)
        else:
            health.recovered("start")
            return answer
    return None


async def streams_ready(bus: Bus, stop: asyncio.Event, health: Health, *, retry_on: Errors = _TRANSIENT) -> None:
    """Wait until all streams are declared, or until *stop* is set."""
    reported: list[str] = []
    while not stop.is_set():
        missing = await until_answered(bus.missing, stop, health, retry_on=retry_on)
        if not missing:
            break
        if missing != reported:
            log.warning("streams.awaited", extra={"missing": missing})
            health.failing("streams", f"waits for {', '.join(missing)}: declared by `tocsin up` or the admin")
            reported = missing
        await wait_or_stop(stop, RETRY_S)
    health.recovered("streams")

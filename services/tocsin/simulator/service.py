"""The shell of the simulator: writes lines of the generator to the sink, at the configured rate."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

from tocsin.model.timestamps import NS_PER_S
from tocsin.runtime.stopping import wait_or_stop
from tocsin.simulator.bursts import CONNECTS, FORKS
from tocsin.simulator.generator import Generator
from tocsin.simulator.pacing import Pace
from tocsin.simulator.settings import Settings
from tocsin.simulator.sinks import RotatingFile, Sink, Stdout
from tocsin.simulator.sinks.rotating import next_number, prune_backups

log = logging.getLogger(__name__)

SINGLY_BELOW = 5_000
"""Up to this rate (events a second) each event is written by a separate call."""
_FULL_WAIT_S = 0.002
_STOP_WAIT_S = 3.0
"""How long a reader that does not read may delay the end."""
_MIB = 1 << 20
_PRUNE_S = 0.05
"""Interval at which rotations are checked for."""
_STORM_S = 6
_STORM_LEAST = 60
"""A storm lasts a few seconds at any rate, so that it does not fill the whole stream."""


async def run(settings: Settings, stop: asyncio.Event) -> int:
    """Write events up to the configured number or time, or until *stop* is set; return the next number."""
    path = None if settings.path == "-" else Path(settings.path)
    first = _first_number(settings, path)
    generator = Generator(
        settings.seed,
        time.time_ns(),
        nodes=settings.nodes,
        first_number=first,
        attacks_per_minute=settings.attacks_per_minute,
        forks=_storm(settings.rate, FORKS),
        connects=_storm(settings.rate, CONNECTS),
        late_share=settings.late_share,
    )
    log.info("simulator.started", extra={"path": settings.path, "rate": settings.rate, "first_number": first})
    if path is None:
        await _to_stdout(generator, settings, stop)
    else:
        await _to_file(generator, settings, path, stop)
    log.info("simulator.ended", extra={"events": generator.number - first, "next_number": generator.number})
    return generator.number


def _storm(rate: float, whole: int) -> int:
    """The number of events of a storm, at most *whole*."""
    return max(_STORM_LEAST, min(int(rate * _STORM_S), whole))


def _first_number(settings: Settings, path: Path | None) -> int:
    if settings.first_number != "auto":
        return int(settings.first_number)
    return next_number(path) if path else 0


async def _to_stdout(generator: Generator, settings: Settings, stop: asyncio.Event) -> None:
    with contextlib.suppress(BrokenPipeError):  # the reader has closed the pipe
        await _write(generator, settings, Stdout(), stop)


async def _to_file(generator: Generator, settings: Settings, path: Path, stop: asyncio.Event) -> None:
    every_ns = int(settings.rotate_every_s * NS_PER_S)
    file = RotatingFile(path, max_bytes=int(settings.max_size_mb * _MIB), rotate_every_ns=every_ns)
    done = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_prune_regularly(file, settings, path, done))
            await _write(generator, settings, file, stop)
            done.set()
    finally:
        file.close()


async def _write(generator: Generator, settings: Settings, sink: Sink, stop: asyncio.Event) -> None:
    pace = Pace(settings.rate, count=settings.count, for_s=settings.for_s)
    start, before_ns = time.monotonic(), time.time_ns()
    while not stop.is_set() and not pace.finished:
        count = pace.take(time.monotonic() - start)
        if count:
            now_ns = time.time_ns()
            lines = generator.take(count, before_ns, now_ns)
            sink.write(lines, now_ns=now_ns, singly=settings.rate < SINGLY_BELOW)
            before_ns = now_ns
            await _flush(sink, stop)
        if not pace.finished:
            await _sleep(pace.wait_s(time.monotonic() - start), stop)


async def _flush(sink: Sink, stop: asyncio.Event) -> None:
    """Wait for the reader; after a stop at most `_STOP_WAIT_S`."""
    give_up = 0.0
    while not sink.flush():
        now = time.monotonic()
        if stop.is_set():
            give_up = give_up or now + _STOP_WAIT_S
            if now > give_up:
                log.warning("reader.stalled", extra={"waited_s": _STOP_WAIT_S})
                return
        await asyncio.sleep(_FULL_WAIT_S)


async def _prune_regularly(file: RotatingFile, settings: Settings, path: Path, done: asyncio.Event) -> None:
    """Remove or compress old files after each rotation, in the background, and once more at the end."""
    pruned = -1  # at the start, too: a killed run may have left files
    while not done.is_set() or pruned != file.rotations:
        if pruned != file.rotations:
            pruned = file.rotations
            await asyncio.to_thread(prune_backups, path, max_backups=settings.max_backups, compress=settings.compress)
        await _sleep(_PRUNE_S, done)


async def _sleep(seconds: float, until: asyncio.Event) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    await wait_or_stop(until, seconds)

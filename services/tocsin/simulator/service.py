"""The shell: the clock paces the generator, whose lines go to the sink until a number, a time or a signal ends it."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

from tocsin.runtime.stopping import wait_or_stop
from tocsin.simulator.bursts import CONNECTS, FORKS
from tocsin.simulator.generator import Generator
from tocsin.simulator.pacing import Pace
from tocsin.simulator.settings import Settings
from tocsin.simulator.sinks import RotatingFile, Sink, Stdout
from tocsin.simulator.sinks.rotating import mill, next_number

log = logging.getLogger(__name__)

SINGLY_BELOW = 5_000
"""Events a second up to which each has a write of its own."""
_FULL_WAIT_S = 0.002
_STOP_WAIT_S = 3.0
"""How long a reader that does not read may hold up the end."""
_MIB = 1 << 20
_MILL_S = 0.05
"""How soon after a rotation old files are looked at."""
_STORM_S = 6
_STORM_LEAST = 60
"""A storm lasts some seconds whatever the rate, so that it does not drown the rest."""


async def run(own: Settings, stop: asyncio.Event) -> int:
    """Write events until the number or time is reached or *stop* is set; the number that would come next."""
    path = None if own.path == "-" else Path(own.path)
    first = _first_number(own, path)
    generator = Generator(
        own.seed, time.time_ns(), nodes=own.nodes, first_number=first, attacks_per_minute=own.attacks_per_minute,
        forks=_storm(own.rate, FORKS), connects=_storm(own.rate, CONNECTS), late_share=own.late_share,
    )  # fmt: skip
    log.info("simulator.started", extra={"path": own.path, "rate": own.rate, "first_number": first})
    if path is None:
        await _to_stdout(generator, own, stop)
    else:
        await _to_file(generator, own, path, stop)
    log.info("simulator.ended", extra={"events": generator.number - first, "next_number": generator.number})
    return generator.number


def _storm(rate: float, whole: int) -> int:
    """How long a storm is, at most *whole*."""
    return max(_STORM_LEAST, min(int(rate * _STORM_S), whole))


def _first_number(own: Settings, path: Path | None) -> int:
    if own.first_number != "auto":
        return int(own.first_number)
    return next_number(path) if path else 0


async def _to_stdout(generator: Generator, own: Settings, stop: asyncio.Event) -> None:
    with contextlib.suppress(BrokenPipeError):  # the reader has seen enough
        await _write(generator, own, Stdout(), stop)


async def _to_file(generator: Generator, own: Settings, path: Path, stop: asyncio.Event) -> None:
    every_ns = int(own.rotate_every_s * 1e9)
    file = RotatingFile(path, max_bytes=int(own.max_size_mb * _MIB), rotate_every_ns=every_ns)
    done = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep_few(file, own, path, done))
            await _write(generator, own, file, stop)
            done.set()
    finally:
        file.close()


async def _write(generator: Generator, own: Settings, sink: Sink, stop: asyncio.Event) -> None:
    pace = Pace(own.rate, count=own.count, for_s=own.for_s)
    start, before_ns = time.monotonic(), time.time_ns()
    while not stop.is_set() and not pace.finished:
        count = pace.take(time.monotonic() - start)
        if count:
            now_ns = time.time_ns()
            lines = generator.take(count, before_ns, now_ns)
            sink.write(lines, now_ns=now_ns, singly=own.rate < SINGLY_BELOW)
            before_ns = now_ns
            await _flush(sink, stop)
        if not pace.finished:
            await _sleep(pace.wait_s(time.monotonic() - start), stop)


async def _flush(sink: Sink, stop: asyncio.Event) -> None:
    """Wait for the reader; after a stop only so long."""
    give_up = 0.0
    while not sink.flush():
        now = time.monotonic()
        if stop.is_set():
            give_up = give_up or now + _STOP_WAIT_S
            if now > give_up:
                log.warning("reader.stalled", extra={"waited_s": _STOP_WAIT_S})
                return
        await asyncio.sleep(_FULL_WAIT_S)


async def _keep_few(file: RotatingFile, own: Settings, path: Path, done: asyncio.Event) -> None:
    """After each rotation remove or compress what is old, beside the writing; once more at the end."""
    milled = -1  # at the start too: a killed run may have left something
    while not done.is_set() or milled != file.rotations:
        if milled != file.rotations:
            milled = file.rotations
            await asyncio.to_thread(mill, path, max_backups=own.max_backups, compress=own.compress)
        await _sleep(_MILL_S, done)


async def _sleep(seconds: float, until: asyncio.Event) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    await wait_or_stop(until, seconds)

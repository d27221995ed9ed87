"""A file with the time at which the event loop last ran, for probes of processes without a port."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tocsin.model.errors import SettingsError
from tocsin.runtime.stopping import background

log = logging.getLogger(__name__)

VARIABLE = "TOCSIN_HEALTH_FILE"
"""Path of the file; without it no file is written."""
INTERVAL_S = 5.0


@asynccontextmanager
async def beating(text: str, *, interval_s: float = INTERVAL_S) -> AsyncIterator[None]:
    """Write the time into the file *text* (no file if it is empty) every 5 s as the loop runs; remove it at the end.

    The state of NATS is not part of it: a connection that is lost for good ends the process, and one that comes back is
    no reason to restart it. `SettingsError` if the file cannot be written.
    """
    if not text:
        yield
        return
    path = Path(text)
    try:
        beat(path)
    except OSError as error:
        raise SettingsError(f"{VARIABLE} {text}: {error.strerror}; name a file in a folder that is writable") from error
    try:
        async with background(_keep(path, interval_s)):
            yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - a file in memory, at the very end


def beat(path: Path) -> None:
    """Replace *path* atomically by the seconds since boot, which no step of the clock changes; ``OSError``."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(f"{time.clock_gettime(time.CLOCK_BOOTTIME):.3f}\n", encoding="ascii")
    beside.replace(path)


async def _keep(path: Path, interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        try:
            beat(path)
        except OSError as error:
            log.warning("health.unwritable", extra={"path": str(path), "error": error.strerror})

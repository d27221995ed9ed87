"""Rules that are built again when a file of the policies changes: in a thread, and without an end to what runs."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from tocsin.runtime.health import Health
from tocsin.runtime.policy_files import Content, Policies

log = logging.getLogger(__name__)

T = TypeVar("T")


async def reloads(policies: Policies, build: Callable[[Content], T], health: Health) -> AsyncIterator[tuple[T, float]]:
    """What *build* makes of each new content, with the seconds that took.

    *build* reports what is wrong in the files by itself. An error that it raises is a fault of ours: it is logged, and
    the rules that are active stay.
    """
    async for content in policies.changes():
        began = time.monotonic()
        try:
            built = await asyncio.to_thread(build, content)
        except Exception:
            log.exception("rules.reload_failed")
            health.failing("rules", "the changed rules could not be loaded; see the log")
            continue
        health.recovered("rules")
        yield built, time.monotonic() - began

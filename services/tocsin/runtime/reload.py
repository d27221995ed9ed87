"""Builds the rules again in a thread when a file of the policies changes, while the active ones stay in use."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from tocsin.runtime.health import Health
from tocsin.runtime.policy_files import CHECK_S, Content, Policies

log = logging.getLogger(__name__)

T = TypeVar("T")


async def reloads(
    policies: Policies, build: Callable[[Content], T], health: Health, *, check_s: float = CHECK_S
) -> AsyncIterator[tuple[T, float]]:
    """The result of *build* for each new content, with the seconds that it took.

    *build* reports problems of the files in its result. An error that it raises is a fault of the program: it is
    logged, and the active rules stay.
    """
    async for content in policies.changes(check_s=check_s):
        began = time.monotonic()
        try:
            built = await asyncio.to_thread(build, content)
        except Exception:
            log.exception("rules.reload_failed")
            health.failing("rules", "the changed rules could not be loaded; see the log")
            continue
        health.recovered("rules")
        yield built, time.monotonic() - began

"""Waiting for a condition, with a deadline, where a test would otherwise sleep and hope."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

_POLL_S = 0.01


async def until(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = 10.0, what: str = "") -> None:
    """Return once *condition* holds; ``AssertionError`` naming *what* after *timeout_s*."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what or condition}")
        await asyncio.sleep(_POLL_S)

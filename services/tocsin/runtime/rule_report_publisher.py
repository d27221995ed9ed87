"""What one instance tells of the rules it judges by: every 30 seconds, and at once when they change."""

import asyncio
from collections.abc import Callable

from tocsin.bus import Bus
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleReport
from tocsin.runtime.stopping import first_of

INTERVAL_S = 30.0


async def tell(bus: Bus, book: Callable[[], RuleReport], changed: asyncio.Event, stop: asyncio.Event) -> None:
    """Tell until *stop* is set; whoever sets *changed* has it told at once. At most once, no promise."""
    subject = subjects.rules(bus.service, bus.instance)
    while True:
        changed.clear()
        await bus.publish_unstored(subject, rule_report.encode(book()))
        await first_of(stop, changed, timeout_s=INTERVAL_S)
        if stop.is_set():
            return

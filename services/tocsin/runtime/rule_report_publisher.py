"""Publishes the report on the active rules of one instance: every 30 seconds, and at once when they change."""

import asyncio
from collections.abc import Callable

from tocsin.bus import Bus
from tocsin.model import rule_report, subjects
from tocsin.model.rule_report import RuleReport
from tocsin.runtime.stopping import first_of

INTERVAL_S = 30.0


async def publish_reports(
    bus: Bus, report: Callable[[], RuleReport], changed: asyncio.Event, stop: asyncio.Event
) -> None:
    """Publish what *report* returns, unstored, until *stop* is set; setting *changed* publishes it at once."""
    subject = subjects.rules(bus.service, bus.instance)
    while True:
        changed.clear()
        await bus.publish_unstored(subject, rule_report.encode(report()))
        await first_of(stop, changed, timeout_s=INTERVAL_S)
        if stop.is_set():
            return

"""One page under one rate: first paint, from sending to paint, the renderer's CPU, heap, nodes, long tasks, search."""

import asyncio
import time
from pathlib import Path
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, CDPSession, Page

from tocsin.bus import Bus, open_bus, streams

from bench.processes import cpu_s, percentile
from support.browser import Witness, arrived, visit
from support.load import Load
from support.processes import House

HEADS = [
    "offered/s", "delivered/s", "rows/s to the page", "first paint ms", "send to paint p50 / p99 ms",
    "renderer CPU %", "JS heap MB", "rows held", "DOM nodes", "long tasks > 100 ms (worst ms)",
]  # fmt: skip
_WATCH = Path(__file__).with_name("ui_watch.js")
_SETTLE_S = 5.0
_LONG_MS = 100.0
_TEXTS = ("curl", "payments", "nginx -g", "/usr/bin", "no such text", "worker-2", "T1059", "python3", "etc passwd", "a")


class Found(Struct, frozen=True):
    """What one rate showed."""

    line: str
    searches: str
    """The search over the rows that were held, in a sentence."""


async def measure(browser: Browser, folder: Path, rate: int, seconds: float) -> Found:
    """A house of its own, under *rate* for *seconds*."""
    export = folder / "export" / "tetragon.log"
    own = House(folder, "--file", str(export))
    own.start()
    count = int(rate * (seconds + _SETTLE_S * 2) + 20)
    load = Load(
        export, "--rate", str(rate), "--count", str(count), "--max-backups", "3", "--max-size-mb", "200",
        "--late-share", "0",
    )  # fmt: skip
    try:
        async with visit(browser, Witness()) as page, open_bus(own.nats(), "admin") as bus:
            return await _measured(browser, page, bus, own, rate, seconds)
    finally:
        load.stop()
        own.stop()


async def _measured(browser: Browser, page: Page, bus: Bus, own: House, rate: int, seconds: float) -> Found:
    await page.add_init_script(path=_WATCH)
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    await arrived(page, f"{own.page}runtime?fold=0")
    paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    await asyncio.sleep(_SETTLE_S)  # what belongs to the start is over
    await page.evaluate("Object.assign(bench, { delays: [], rows: 0, frames: 0, long: [] })")
    renderers = await _renderers(browser)
    before, cpu, began = await _last(bus), _cpu(renderers), time.monotonic()
    await asyncio.sleep(seconds)
    elapsed = time.monotonic() - began
    delivered, used = (await _last(bus) - before) / elapsed, _cpu(renderers) - cpu
    seen = await page.evaluate("({ ...bench, search: undefined })")
    held = int(await page.locator(".grid").get_attribute("aria-rowcount") or 1) - 1
    nodes = await page.evaluate("document.querySelectorAll('*').length")
    heap = await _heap_mb(session)
    long = [duration for duration in seen["long"] if duration > _LONG_MS]
    cells = [
        f"{rate:,}",
        f"{delivered:,.0f}",
        f"{seen['rows'] / elapsed:,.0f}",
        f"{paint:.0f}",
        f"{percentile(seen['delays'], 0.5):.0f} / {percentile(seen['delays'], 0.99):.0f}",
        f"{100 * used / elapsed:.0f}",
        f"{heap:.1f}",
        f"{held:,}",
        f"{nodes:,}",
        f"{len(long)} ({max(long, default=0):.0f})",
    ]
    return Found("| " + " | ".join(cells) + " |", await _searches(page, held))


async def _searches(page: Page, held: int) -> str:
    taken: list[list[float]] = []
    for text in _TEXTS:
        taken.append(await page.evaluate("text => bench.search(text)", text))
        await page.evaluate("bench.search('')")
    busy, painted = ([each[index] for each in taken] for index in (0, 1))
    return (
        f"Search over {held:,} rows, {len(_TEXTS)} texts: {percentile(busy, 0.5):.0f} ms in the middle and "
        f"{max(busy):.0f} ms at most until the list is narrowed, {max(painted):.0f} ms at most until it is painted."
    )


async def _heap_mb(session: CDPSession) -> float:
    await session.send("HeapProfiler.collectGarbage")
    told: dict[str, Any] = await session.send("Performance.getMetrics")
    return next(float(metric["value"]) for metric in told["metrics"] if metric["name"] == "JSHeapUsedSize") / 1e6


async def _renderers(browser: Browser) -> list[int]:
    session = await browser.new_browser_cdp_session()
    told: dict[str, Any] = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return [int(process["id"]) for process in told["processInfo"] if process["type"] == "renderer"]


def _cpu(pids: list[int]) -> float:
    return sum(cpu_s(pid) for pid in pids if Path(f"/proc/{pid}").exists())


async def _last(bus: Bus) -> int:
    return (await bus.stream(streams.ALERTS)).state.last_seq

"""Debian's Chromium before the real page, and what each test holds against it: no error, no other host, no violation."""

import functools
import itertools
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    ViewportSize,
    WebSocket,
    expect,
)

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
"""A test machine may be busy with other things."""

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Scheme = Literal["dark", "light"]
SCHEMES: tuple[Scheme, ...] = ("dark", "light")

GATEWAY_GONE = (
    r"WebSocket connection to 'ws://127\.0\.0\.1:\d+/api/v1/stream' failed: .*",
    r"Failed to load resource: net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)",
)
"""What the browser itself writes to the console while the gateway does not answer; nothing can keep it from that."""
UNANSWERED = (r"Failed to load resource: the server responded with a status of 50[034] \(.*\)",)
"""And where the gateway answers that it cannot."""


class Witness:
    """What a browser reports, and whom it asked."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        """Requests to any host but the page's own."""
        self._allowed: list[re.Pattern[str]] = []

    def allow(self, *patterns: str) -> None:
        """From now on these are no errors."""
        self._allowed += [re.compile(pattern) for pattern in patterns]

    def watch(self, context: BrowserContext) -> None:
        """Hear all pages of *context*."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self._hear(str(error.error)))
        context.on("request", self._asked)
        context.on("page", lambda page: page.on("websocket", self._asked))

    def absolve(self) -> None:
        """Fail where there was something."""
        assert not self.errors, self.errors
        assert not self.elsewhere, self.elsewhere

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._hear(message.text)

    def _hear(self, text: str) -> None:
        if not any(pattern.fullmatch(text) for pattern in self._allowed):
            self.errors.append(text)

    def _asked(self, what: Request | WebSocket) -> None:
        address = urlsplit(what.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.elsewhere.append(what.url)


@asynccontextmanager
async def chromium(playwright: Playwright, *flags: str) -> AsyncIterator[Browser]:
    """Debian's, without a window; the test is skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    browser = await playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
    try:
        yield browser
    finally:
        await browser.close()


@asynccontextmanager
async def visit(browser: Browser, witness: Witness, **options: Any) -> AsyncIterator[Page]:
    """A page of a fresh visitor, wide and dark unless *options* say otherwise; clean at its end."""
    options.setdefault("viewport", WIDE)
    options.setdefault("color_scheme", "dark")
    context = await browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **options)
    context.set_default_timeout(PATIENCE_MS)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    witness.watch(context)
    try:
        yield await context.new_page()
    finally:
        await context.close()


expect.set_options(timeout=PATIENCE_MS)


def rows(page: Page) -> Locator:
    """The rows of the list that are drawn."""
    return page.locator(".rows .row")


async def arrived(page: Page, address: str) -> None:
    """Open *address* and wait until alerts are listed."""
    await page.goto(address)
    await expect(rows(page).first).to_be_visible()


async def live(page: Page) -> None:
    """Wait until the page says that it shows what happens now."""
    await expect(page.locator(".conn")).to_have_attribute("data-state", "live")


async def notice(page: Page, kind: str) -> Locator:
    """The notice above the list, once it is of this *kind*."""
    found = page.locator(f"[data-notice={kind}]")
    await expect(found).to_be_visible()
    return found


async def clipboard(page: Page) -> str:
    """What was copied last."""
    text: str = await page.evaluate("navigator.clipboard.readText()")
    return text


async def survey(page: Page, name: str, *, widths: tuple[ViewportSize, ...] = (WIDE, PHONE)) -> None:
    """What is shown now in both themes: nothing sticks out, axe finds nothing; each is kept as a picture.

    Afterwards the page is dark and as wide as before.
    """
    before = page.viewport_size or WIDE
    for width, scheme in itertools.product(widths, SCHEMES):
        what = f"{name}-{scheme}-{width['width']}"
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size(width)
        await keep(page, what)
        await fits(page, what)
        await axe(page, what, colours_only=scheme != SCHEMES[0])
    await page.emulate_media(color_scheme=SCHEMES[0])
    await page.set_viewport_size(before)


async def keep(page: Page, name: str) -> None:
    """A picture for whoever reviews the run."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def fits(page: Page, what: str) -> None:
    """Nothing is wider than the window, and the page has one heading of the first rank."""
    wide = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"{what}: {wide[0]} px of content in {wide[1]}"
    assert await page.locator("h1").count() == 1, what


@functools.cache
def _axe_source() -> str:
    return AXE.read_text(encoding="utf-8")


async def axe(page: Page, what: str, *, colours_only: bool = False) -> None:
    """No violation of WCAG 2.2 A and AA; *colours_only* where only the theme has changed."""
    if not AXE.exists():
        pytest.skip(f"axe-core is not at {AXE}: npm ci in ui")
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe_source())
    rules = {"type": "rule", "values": ["color-contrast"]} if colours_only else {"type": "tag", "values": _WCAG}
    found = await page.evaluate(
        "runOnly => axe.run(document, {runOnly, resultTypes: ['violations'], elementRef: false})", rules
    )
    violations = {rule["id"]: [node["html"][:200] for node in rule["nodes"]][:5] for rule in found["violations"]}
    assert not violations, f"{what}: {violations}"

"""A real browser on the real page, over the real house."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Page, async_playwright, expect

from support.house import House

pytestmark = pytest.mark.timeout(180)

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of Debian's Chromium; an error on its console fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        own = await browser.new_page(viewport={"width": 1440, "height": 900})
        own.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        own.on("pageerror", lambda error: errors.append(str(error)))
        yield own
        await browser.close()
    # while the gateway is away the browser itself reports each refused connection
    assert [text for text in errors if "ERR_CONNECTION" not in text and "WebSocket connection" not in text] == []


async def test_alerts_appear_filters_work_and_a_restart_of_the_gateway_is_told(
    house: Callable[..., House], page: Page
) -> None:
    own = house("--simulate", "40", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    own.start()
    await page.goto(own.page)
    await expect(page).to_have_url(re.compile("/runtime"))
    rows = page.locator("[role=row][aria-rowindex]").filter(has=page.locator("[role=gridcell]"))
    await expect(rows.first).to_be_visible(timeout=20_000)
    await expect(page.get_by_text("Live", exact=True).first).to_be_visible(timeout=20_000)
    box = await rows.first.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 900, "the first row is not inside the window"

    medium = page.get_by_role("button", name=re.compile("Medium"))
    await medium.click()
    await expect(medium).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("sev=medium"))
    await expect(rows.first).to_contain_text("Medium")
    await medium.click()

    await asyncio.to_thread(own.kill_child, "gateway")
    await expect(page.get_by_text(re.compile("Connection lost|Reconnecting")).first).to_be_visible(timeout=20_000)
    await expect(page.get_by_text("Live", exact=True).first).to_be_visible(timeout=40_000)
    await expect(rows.first).to_be_visible()


async def test_an_alert_opens_by_keyboard_and_shows_its_event_as_text(house: Callable[..., House], page: Page) -> None:
    own = house("--simulate", "20", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    own.start()
    await page.goto(own.page + "runtime")
    rows = page.locator("[role=row][aria-rowindex]").filter(has=page.locator("[role=gridcell]"))
    await expect(rows.first).to_be_visible(timeout=20_000)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text('"node_name"').first).to_be_visible(timeout=20_000)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("no-such-text-anywhere")
    await expect(page.get_by_text(re.compile("none match")).first).to_be_visible(timeout=20_000)

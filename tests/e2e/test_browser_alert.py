"""The page of one alert, `/alerts/{id}`: a link for a ticket, who started the process, and what else happened there."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Page, expect

from support.browser import Witness, arrived, clipboard, rows, survey
from support.processes import House
from support.waiting import until

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def home(houses: Callable[..., House]) -> House:
    """Events at a rate that a person can follow, with attacks among them."""
    own = houses("--simulate", "40", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    own.start()
    return own


async def _first(home: House, query: str) -> str:
    found: list[str] = []

    async def there() -> bool:
        async with aiohttp.ClientSession() as http, http.get(f"{home.page}api/v1/alerts?{query}") as answer:
            found[:] = [row["id"] for row in (await answer.json())["rows"]] if answer.status == 200 else []
        return bool(found)

    await until(there, 60, f"an alert of {query}")
    return found[0]


async def _shown(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.locator("main[data-detail=ready]")).to_be_visible()


async def test_an_alert_says_what_who_where_and_when(home: House, page: Page) -> None:
    id = await _first(home, "severity=critical&event_type=-correlation&namespace=payments,shop,ci")
    await _shown(page, f"{home.page}alerts/{id}")
    await expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    title = await page.get_by_role("heading", level=1).inner_text()
    await expect(page).to_have_title(re.compile(rf"^{re.escape(title[:60])}.* · (payments|shop|ci)( · .+)?$"))
    await expect(page.locator(".nav [aria-current=true]")).to_have_text("Runtime")
    await expect(page.locator(".when")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d.* · .+ ago"))
    await expect(page.get_by_role("tree", name="Process ancestry")).to_be_visible()
    await expect(page.locator("#facts-title")).to_be_visible()
    await expect(page.locator("section.around")).to_be_visible()
    await expect(page.locator("section.event pre")).to_contain_text('"node_name"')
    await survey(page, "alert")


async def test_the_tree_of_processes_is_walked_by_arrows(home: House, page: Page) -> None:
    id = await _first(home, "severity=critical&event_type=execve")
    await _shown(page, f"{home.page}alerts/{id}")
    tree = page.get_by_role("tree", name="Process ancestry")
    here = tree.locator("[role=treeitem][aria-current=true]")
    await expect(here).to_have_count(1)
    await expect(here).to_have_attribute("tabindex", "0")
    await here.focus()
    level = int(await here.get_attribute("aria-level") or 0)
    assert level >= 2, "the process that started it is above it"
    await page.keyboard.press("ArrowUp")
    await expect(here).not_to_be_focused()
    await expect(tree.locator("[role=treeitem]:focus")).to_have_count(1)
    await page.keyboard.press("Home")
    await expect(tree.locator("[role=treeitem]").first).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    first = tree.locator("[role=treeitem]").first
    if await first.get_attribute("aria-expanded") is not None:
        await expect(first).to_have_attribute("aria-expanded", "false")
        await page.keyboard.press("ArrowRight")
        await expect(first).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("End")
    await expect(tree.locator("[role=treeitem]").last).to_be_focused()


async def test_what_is_around_leads_on_and_back_comes_back(home: House, page: Page) -> None:
    await page.goto(f"{home.page}runtime?sev=high,critical")  # an old link: the address gets the new names
    await expect(page).to_have_url(re.compile("/runtime[?]severity=high,critical"))
    await rows(page).first.click()
    await expect(page.locator("[data-detail=ready]")).to_be_visible()
    await page.locator(".exp a[href^='/alerts/']").first.click()
    await expect(page).to_have_url(re.compile("/alerts/"))
    await expect(page.locator("main[data-detail=ready]")).to_be_visible()
    near = page.locator("section.around ol.near a").first
    if await near.count() > 0:
        await near.click()
        await expect(page.locator("main[data-detail=ready]")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/runtime[?].*severity=high"))
    await page.go_back()
    await expect(page).to_have_url(re.compile("/alerts/"))


async def test_event_and_link_are_copied_and_saved(home: House, page: Page) -> None:
    id = await _first(home, "severity=high&event_type=-correlation")
    await _shown(page, f"{home.page}alerts/{id}")
    await page.keyboard.press("c")
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "node_name" in json.loads(await clipboard(page))
    await page.keyboard.press("l")
    await page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('http')")
    assert urlsplit(await clipboard(page)).path == f"/alerts/{id}"
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download").click()
    assert (await coming.value).suggested_filename == f"alert-{id}.json"


async def test_an_alert_of_a_correlation_shows_what_was_counted(home: House, page: Page) -> None:
    id = await _first(home, "event_type=correlation")
    await _shown(page, f"{home.page}alerts/{id}")
    await expect(page.locator("#counted-title")).to_be_visible()
    await expect(page.locator(".evidence a").first).to_be_visible()
    await survey(page, "alert-correlation")


async def test_an_alert_that_is_not_there_is_not_there(home: House, page: Page, witness: Witness) -> None:
    witness.allow(r"Failed to load resource: the server responded with a status of 404 \(Not Found\)")
    await page.goto(f"{home.page}alerts/{'0' * 32}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such alert")
    await survey(page, "alert-unknown")
    await page.get_by_role("link", name="Runtime").first.click()
    await arrived(page, page.url)


async def test_a_path_that_means_nothing_says_so(home: House, page: Page, witness: Witness) -> None:
    witness.allow(r"Failed to load resource: the server responded with a status of 404 \(Not Found\)")
    await arrived(page, home.page)
    await page.evaluate("history.pushState(null, '', '/no/such/page'); dispatchEvent(new PopStateEvent('popstate'))")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    await survey(page, "no-such-page")

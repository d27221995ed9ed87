"""The page `/pipeline`: from the sensors to this browser, which hop is broken, and by which rules is judged."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from support import lines
from support.browser import WIDE, arrived, live, rows, survey
from support.processes import House
from support.slow import slow_client
from support.waiting import until

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

_HOPS = ["collector", "EVENTS", "classifier", "correlator", "ALERTS", "gateway"]


@pytest.fixture(scope="module")
def home(houses: Callable[..., House]) -> House:
    """Simulated events; a node is silent after ten seconds."""
    environ = {"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600", "TOCSIN_GATEWAY_SILENT_S": "10"}
    own = houses("--simulate", "200", environ=environ)
    own.start()
    return own


async def _fine(page: Page, home: House) -> None:
    await page.goto(f"{home.page}pipeline")
    await expect(page.locator("[data-verdict=fine]")).to_be_visible(timeout=60_000)


async def test_every_hop_is_there_and_works(home: House, page: Page) -> None:
    await _fine(page, home)
    await expect(page).to_have_title(re.compile(r"^(\d[\d,]* critical · )?Pipeline( · .+)?$"))
    await expect(page.locator(".nav [aria-current=page]")).to_have_text("Pipeline")
    await expect(page.locator("[data-verdict=fine]")).to_contain_text("All stages work.")
    await expect(page.locator(".hops > li")).to_have_count(len(_HOPS) + 1)
    await expect(page.locator(".hops > li.wrong")).to_have_count(0)
    await expect(page.locator(".hops > li").last).to_contain_text("This browser")
    async with aiohttp.ClientSession() as http, http.get(f"{home.page}api/v1/status") as answer:
        assert [hop["name"] for hop in (await answer.json())["hops"]][: len(_HOPS)] == _HOPS
    await expect(page.get_by_role("table", name="Nodes, not reporting first").get_by_role("row")).to_have_count(4)
    await expect(page.get_by_role("table", name="Counts of each stage").get_by_role("row").nth(1)).to_be_visible()
    await survey(page, "pipeline")


async def test_a_rule_is_found_sorted_and_leads_to_its_alerts(home: House, page: Page) -> None:
    await page.goto(f"{home.page}pipeline#rules")
    table = page.get_by_role("table", name=re.compile("^Rules; hits"))
    await expect(table).to_be_visible()
    heading = page.locator("#rules-title")
    await expect(heading).to_be_in_viewport()
    await page.get_by_role("button", name="Hits").click()
    await page.get_by_role("button", name="Hits").click()
    await expect(table.get_by_role("columnheader", name="Hits")).to_have_attribute("aria-sort", re.compile("ending$"))
    await page.get_by_label("Find a rule").fill("reverse shell")
    await expect(table.get_by_role("row")).not_to_have_count(0)
    await expect(page.locator(".sift [role=status]")).to_contain_text(re.compile(r"^\d+ of \d+ rules$"))
    await survey(page, "pipeline-rules")
    link = table.get_by_role("link").first
    await link.click()
    await expect(page).to_have_url(re.compile("/runtime[?]rules="))
    await expect(page.locator(".chip")).to_have_count(1)


async def test_a_node_leads_to_its_alerts(home: House, page: Page) -> None:
    await _fine(page, home)
    await page.get_by_role("table", name="Nodes, not reporting first").get_by_role("link").first.click()
    await expect(page).to_have_url(re.compile("/runtime[?]node=worker-"))
    await expect(rows(page).first).to_be_visible()


async def test_a_client_that_reads_slowly_is_counted_and_disturbs_nobody(home: House, page: Page) -> None:
    async with slow_client(home.page):
        await arrived(page, home.page)
        await live(page)
        await page.goto(f"{home.page}pipeline")
        slow = page.locator(".clients")
        await expect(slow).to_contain_text(re.compile(r"[1-9]\d* slow"), timeout=60_000)
        await survey(page, "pipeline-slow-client", widths=(WIDE,))
        await arrived(page, home.page)
        await live(page)
        delay = await page.locator(".conn .fact").last.inner_text()
        assert delay.endswith(" ms"), delay


async def test_a_node_that_stopped_sending_is_named(house: Callable[..., House], page: Page, tmp_path: Path) -> None:
    export = tmp_path / "tetragon.log"
    lines.append(export, lines.started(1), lines.line("process_exec", lines.process(7, "/bin/x"), node="worker-9"))
    own = house("--file", str(export), environ={"TOCSIN_GATEWAY_SILENT_S": "10"})
    own.start()
    await page.goto(f"{own.page}pipeline")
    number = 2
    deadline = time.monotonic() + 60

    async def named() -> bool:
        nonlocal number
        number += 1
        await asyncio.to_thread(lines.append, export, lines.started(number))
        verdict = page.locator("[data-verdict=broken]")
        return await verdict.count() > 0 and "worker-9" in await verdict.inner_text()

    await until(named, deadline - time.monotonic(), "worker-9 to be named")
    await expect(
        page.get_by_role("table", name="Nodes, not reporting first").get_by_role("row").nth(1)
    ).to_contain_text("worker-9")
    await survey(page, "pipeline-silent-node")


async def test_rules_that_do_not_load_are_told_on_both_pages(
    house: Callable[..., House], page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "broken.yml").write_text("title: Broken\nid: nonsense\ndetection: [1\n", encoding="utf-8")
    export = tmp_path / "tetragon.log"
    lines.append(export, lines.started(1))
    own = house("--file", str(export), environ={"TOCSIN_CLASSIFIER_RULES": str(folder)})
    own.start()
    await arrived(page, own.page)
    said = page.locator("[data-notice=rules]")
    await expect(said).to_contain_text("1 rule not loaded", timeout=60_000)
    await survey(page, "rules-not-loaded")
    await said.get_by_role("link", name="Which ones").click()
    await expect(page.get_by_role("table", name="1 rule not loaded")).to_contain_text("broken.yml")
    await survey(page, "pipeline-rules-not-loaded")

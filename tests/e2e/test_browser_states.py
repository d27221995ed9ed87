"""Every empty, broken, slow or partial state says which one it is, in a real browser before real processes."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from support import frames, lines
from support.browser import GATEWAY_GONE, UNANSWERED, WIDE, Witness, arrived, live, notice, rows, survey
from support.processes import House
from support.waiting import until

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

_RATE = "40"
_BURST = 12_000


@pytest.fixture(scope="module")
def home(houses: Callable[..., House]) -> House:
    """Simulated events; what a test breaks of it is whole again afterwards."""
    own = houses("--simulate", _RATE, environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    own.start()
    return own


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export file that only the test writes."""
    path = tmp_path / "export" / "tetragon.log"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def quiet_home(house: Callable[..., House], export: Path) -> House:
    """A house that reads `export`."""
    own = house("--file", str(export))
    own.start()
    return own


async def _is(page: Page, state: str) -> None:
    await expect(page.locator(".conn")).to_have_attribute("data-state", state)


async def _empty(page: Page, kind: str) -> None:
    await expect(page.locator(f"[data-empty={kind}]")).to_be_visible()


async def test_while_it_connects_the_page_is_an_outline_of_itself(home: House, page: Page) -> None:
    await frames.silence(page)
    await page.goto(home.page)
    await _empty(page, "connecting")
    await _is(page, "connecting")
    await survey(page, "connecting")


async def test_who_is_signed_out_keeps_what_had_arrived_and_is_told(home: House, page: Page) -> None:
    await frames.refuse(page, 4401)
    await page.goto(home.page)
    await _is(page, "signed_out")
    await expect(await notice(page, "signed_out")).to_contain_text("You are signed out")
    await survey(page, "signed-out")


async def test_a_pipeline_that_is_behind_is_said_to_be(home: House, page: Page) -> None:
    def slow(frame: frames.Frame) -> frames.Frame:
        return {**frame, "lag": {"pipeline_ms": 6_000, "pending": 12_400}} if frame["k"] == "stats" else frame

    await frames.change(page, slow)
    await page.goto(home.page)
    await _is(page, "lagging")
    await expect(page.locator(".conn")).to_contain_text("6 s behind")
    said = await notice(page, "lagging")
    await expect(said).to_contain_text("The pipeline is 6 s behind (12,400 waiting in NATS).")
    await survey(page, "lagging")
    await said.get_by_role("button", name="Pipeline").click()
    await expect(page).to_have_url(re.compile("/pipeline$"))


async def test_a_panel_that_fails_fails_alone(home: House, page: Page, witness: Witness) -> None:
    witness.allow("Cannot read properties of undefined .*")

    def broken(frame: frames.Frame) -> frames.Frame:
        return {**frame, "timeline": {"t0": 0, "step_s": 6}} if frame["k"] == "snapshot" else frame

    await frames.change(page, broken)
    await arrived(page, home.page)
    failed = page.locator("section.failed").first
    await expect(failed).to_contain_text("This panel failed.")
    await expect(rows(page).first).to_be_visible()
    await survey(page, "panel-failed")


async def test_a_filter_that_matches_nothing_shows_the_ways_out(home: House, page: Page) -> None:
    await page.goto(f"{home.page}runtime?namespace=no-such-namespace&q=nothing")
    await _empty(page, "filtered")
    await expect(page.locator("[data-empty=filtered]")).to_contain_text(re.compile(r"[\d,]+ alerts?, none match\."))
    await survey(page, "filtered-to-nothing")
    await page.get_by_role("button", name="Clear namespace").click()
    await page.get_by_role("button", name="Clear text").click()
    await expect(rows(page).first).to_be_visible()


async def test_what_means_nothing_is_struck_and_the_last_good_result_stays(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.locator("#search").fill("colour:red")
    await expect(page.locator(".problems")).to_contain_text("no field")
    await expect(rows(page).first).to_be_visible()
    await survey(page, "bad-query")
    await page.goto(f"{home.page}runtime?range=banana&severity=purple")
    await expect(page.locator(".chip.wrong")).to_have_count(2)
    await expect(rows(page).first).to_be_visible()
    await survey(page, "bad-link")


async def test_a_time_that_cannot_be_loaded_says_why_while_live_goes_on(
    home: House, page: Page, witness: Witness
) -> None:
    witness.allow(*UNANSWERED)
    await page.route(re.compile("/api/v1/(alerts|facets|timeline)[?]"), lambda route: route.fulfill(status=503))
    await arrived(page, home.page)
    await page.goto(f"{home.page}runtime?range=2026-01-01T00:00:00Z/2026-01-01T01:00:00Z")
    await _empty(page, "failed")
    await _is(page, "live")
    await survey(page, "range-failed")
    await page.get_by_role("button", name="Back to live").last.click()
    await expect(rows(page).first).to_be_visible()


async def test_a_time_of_which_nothing_is_held_is_not_called_calm(home: House, page: Page) -> None:
    await page.goto(f"{home.page}runtime?range=2026-01-01T00:00:00Z/2026-01-01T01:00:00Z")
    await _empty(page, "range")
    await survey(page, "range-empty")


async def test_the_end_of_the_gateway_is_told_and_what_came_meanwhile_is_added(
    home: House, page: Page, witness: Witness
) -> None:
    witness.allow(*GATEWAY_GONE)
    await arrived(page, home.page)
    await live(page)
    home.hold()
    await asyncio.to_thread(home.kill_child, "gateway")
    await _is(page, "reconnecting")
    said = await notice(page, "offline")
    await expect(said).to_contain_text("Connection lost at")
    await expect(page).to_have_title(re.compile("^Offline · "))
    await survey(page, "gateway-killed")
    await expect(rows(page).first).to_be_visible()
    home.release()
    await said.get_by_role("button", name="Retry now").click(force=True)
    back = page.locator("[data-notice=back]")
    await expect(back).to_have_text(re.compile(r"^Reconnected after .+\. [\d,]+ alerts? from that time w.+ added\.$"))
    await live(page)
    await survey(page, "back", widths=(WIDE,))


async def test_the_end_of_nats_is_told_by_name_and_mends_by_itself(home: House, page: Page, witness: Witness) -> None:
    witness.allow(*UNANSWERED, *GATEWAY_GONE)
    await arrived(page, home.page)
    await live(page)
    home.hold()
    await asyncio.to_thread(home.kill_child, "nats")
    said = await notice(page, "broken")
    await expect(said).to_contain_text("NATS")
    await survey(page, "nats-killed")
    await page.goto(f"{home.page}runtime?q=no-such-text")
    await _empty(page, "broken")
    await survey(page, "nats-killed-empty")
    await page.goto(f"{home.page}pipeline")
    await expect(page.locator("[data-verdict=broken]")).to_be_visible()
    await survey(page, "pipeline-nats-killed")
    home.release()
    await expect(page.locator("[data-verdict=fine]")).to_be_visible(timeout=60_000)
    await arrived(page, home.page)
    await expect(page.locator("[data-notice=broken]")).to_have_count(0)


async def test_a_collector_that_is_gone_is_named(home: House, page: Page) -> None:
    await page.goto(f"{home.page}pipeline")
    await expect(page.locator("[data-verdict=fine]")).to_be_visible(timeout=60_000)
    home.hold()
    await asyncio.to_thread(home.kill_child, "collector")
    verdict = page.locator("[data-verdict=broken]")
    await expect(verdict).to_contain_text("collector", timeout=60_000)
    await survey(page, "pipeline-collector-killed")
    await page.get_by_role("link", name="Runtime").first.click()
    await expect(await notice(page, "broken")).to_contain_text("collector")
    home.release()


async def test_without_any_agent_no_alert_is_no_good_news(quiet_home: House, page: Page) -> None:
    await page.goto(quiet_home.page)
    await _empty(page, "no-agents")
    await expect(page.locator("[data-empty=no-agents]")).to_contain_text("kubectl get pods")
    await survey(page, "no-agents")
    await page.goto(f"{quiet_home.page}pipeline")
    await expect(page.locator("[data-verdict=broken]")).to_contain_text("No agent has reported")
    await survey(page, "pipeline-no-agents")


async def test_no_alert_is_good_news_with_its_proof(quiet_home: House, page: Page, export: Path) -> None:
    await asyncio.to_thread(lines.append, export, lines.started(1, ago_s=1_200))
    await until(lambda: _counted(quiet_home, 1), what="the event")
    await page.goto(f"{quiet_home.page}runtime?range=5m")
    await _empty(page, "quiet")
    await expect(page.locator("[data-empty=quiet]")).to_contain_text(re.compile(r"No alerts in the last 5 minutes\."))
    await expect(page.locator("[data-empty=quiet]")).to_contain_text("last event")
    await survey(page, "quiet")


async def test_more_than_the_screen_can_show_is_said_and_counted(quiet_home: House, page: Page, export: Path) -> None:
    await asyncio.to_thread(lines.append, export, lines.started(0))
    await page.goto(f"{quiet_home.page}runtime?fold=0")
    await expect(rows(page)).to_have_count(1)
    await live(page)
    burst = [lines.started(n) for n in range(1, _BURST)]
    await asyncio.to_thread(lines.append, export, *burst)
    said = await notice(page, "more")
    await expect(said).to_contain_text("The 400 most severe of each quarter second are listed. Counts are exact.")
    await survey(page, "more", widths=(WIDE,))
    await expect(page.locator("section.facet button.val").first).to_contain_text(re.compile("12,0"))
    await expect(page.locator("#list-title + .n")).to_have_text(re.compile("^12,0[0-9]{2}$"))


async def test_what_came_an_hour_late_looks_like_no_attack_now(quiet_home: House, page: Page, export: Path) -> None:
    await asyncio.to_thread(lines.append, export, lines.started(0))
    await page.goto(f"{quiet_home.page}runtime?range=3h&fold=0")
    await expect(rows(page)).to_have_count(1)
    await live(page)
    late = [lines.started(n, ago_s=3_600 + n / 2) for n in range(1, 2_000)]
    await asyncio.to_thread(lines.append, export, *late)
    said = await notice(page, "late")
    await expect(said).to_contain_text(re.compile(r"[\d,]+ alerts? arrived up to .+ late"))
    await until(lambda: _counted(quiet_home, 2_000), what="all of them")
    await expect(page.locator(".late").first).to_contain_text("late")
    await expect(page.locator("section.facet button.val").first).to_contain_text("2,000")
    await survey(page, "late")
    await page.goto(f"{quiet_home.page}runtime?range=5m")
    await expect(page.locator(".card.total strong .only-l")).to_have_text("1")


async def _counted(own: House, wanted: int) -> bool:
    async with aiohttp.ClientSession() as http, http.get(own.page + "api/v1/status") as answer:
        status = await answer.json()
    return sum(status["kinds_seen"].values()) >= wanted

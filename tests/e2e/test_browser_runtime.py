"""The page `/runtime` in a real browser: the list under the reader's hand, by pointer and by keyboard alone."""

import asyncio
import csv
import gzip
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from support.browser import PHONE, ROOT, WIDE, Witness, arrived, clipboard, live, rows, survey, visit
from support.processes import House

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

_ASSETS = ROOT / "services" / "tocsin" / "gateway" / "static" / "assets"


@pytest.fixture(scope="module")
def home(houses: Callable[..., House]) -> House:
    """Events at a rate that a person can follow, with attacks among them."""
    own = houses("--simulate", "40", environ={"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"})
    own.start()
    return own


def _asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_alerts_appear_inside_the_window_and_a_severity_shows_no_other(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await expect(page).to_have_url(re.compile("/runtime"))
    await live(page)
    # in one step: a row that was found may be gone when it is asked for its place
    top = await page.evaluate("document.querySelector('.row').getBoundingClientRect().top")
    assert 0 < top < 900, "the first row is not inside the window"
    others = page.locator(".row.low, .row.high, .row.critical")
    await expect(others.first).to_be_visible()
    medium = page.get_by_role("button", name=re.compile("Medium"))
    await medium.click()
    await expect(medium).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("severity=medium"))
    await expect(page.locator(".row.medium").first).to_be_visible()
    await expect(others).to_have_count(0)
    await medium.click()
    await expect(others.first).to_be_visible()


async def test_the_page_names_itself_to_eyes_ears_and_tabs(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await expect(page).to_have_title(re.compile(r"^(\d[\d,]* critical · )?Runtime( · .+)?$"))
    await expect(page.locator("[aria-current=page]").first).to_have_text("Runtime")
    await page.keyboard.press("Tab")
    await expect(page.locator("a.skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#list-title")).to_be_focused()


async def test_the_page_and_an_open_alert_in_both_themes_and_widths(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await live(page)
    await survey(page, "runtime")
    for severity in ("critical", "high", "medium", "low"):
        await page.goto(f"{home.page}runtime?severity={severity}")
        await page.locator(f".row.{severity}").first.click()
        await expect(page.locator("[data-detail=ready]")).to_be_visible()
        await survey(page, f"open-{severity}", widths=(WIDE, PHONE) if severity == "critical" else (WIDE,))


async def test_the_list_is_walked_opened_and_left_by_keyboard(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.keyboard.press("j")
    focused = page.locator(".row:focus")
    await expect(focused).to_have_count(1)
    first = await focused.get_attribute("data-id")
    await page.keyboard.press("j")
    await expect(page.locator(f'.row:focus:not([data-id="{first}"])')).to_have_count(1)
    await page.keyboard.press("k")
    await expect(focused).to_have_attribute("data-id", first or "")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await expect(focused).to_have_attribute("data-id", first or "")
    await page.keyboard.press("Enter")
    await expect(page.locator(f'.exp[data-of="{first}"][data-detail=ready]')).to_be_visible()
    await expect(page).to_have_url(re.compile("open="))
    await page.keyboard.press("o")
    await expect(page.locator(".exp")).to_have_count(0)
    await page.keyboard.press("o")
    await expect(page.locator(".exp")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator(".exp")).to_have_count(0)
    await page.keyboard.press("End")
    await expect(page.locator(".row[aria-rowindex='2']")).to_have_count(0)
    await expect(focused).to_have_count(1)
    await page.keyboard.press(".")
    await expect(page.locator(".row[aria-rowindex='2']")).to_be_visible()
    await expect(page.locator(".pill")).to_have_count(0)


async def test_an_event_and_a_link_to_it_are_copied_by_a_key(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    detail = page.locator("[data-detail=ready]")
    await expect(detail).to_be_visible()
    id = await detail.get_attribute("data-of") or ""
    await page.keyboard.press("c")
    await expect(page.locator("[role=status]", has_text="Copied")).to_have_count(1)
    assert "node_name" in json.loads(await clipboard(page))
    await page.keyboard.press("l")
    link = await page.wait_for_function(
        "async () => { const text = await navigator.clipboard.readText(); return text.startsWith('http') && text }"
    )
    address = str(await link.json_value())
    asked = parse_qs(urlsplit(address).query)
    assert asked["open"] == [id]
    assert "/" in asked["range"][0], "a link says the minutes, not `the last`"
    await page.goto(address)
    await expect(page.locator(f'.exp[data-of="{id}"]')).to_be_visible()


async def test_space_pauses_and_a_button_keeps_its_own_space(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await live(page)
    await page.keyboard.press("Space")
    pill = page.locator(".conn")
    await expect(pill).to_have_attribute("data-state", "paused")
    await expect(page).to_have_title(re.compile("^Paused · "))
    resume = page.get_by_role("button", name=re.compile(r"Resume · [\d,]+ new"))
    await expect(resume).to_be_visible()
    top = await rows(page).first.get_attribute("data-id")
    await survey(page, "paused")
    await expect(rows(page).first).to_have_attribute("data-id", top or "")
    await page.keyboard.press("Space")
    await expect(pill).to_have_attribute("data-state", "live")
    card = page.get_by_role("button", name=re.compile("High")).first
    await card.focus()
    await page.keyboard.press("Space")
    await expect(card).to_have_attribute("aria-pressed", "true")
    await expect(pill).to_have_attribute("data-state", "live")


async def test_keys_choose_severities_pages_theme_and_tell_of_themselves(home: House, page: Page) -> None:
    await arrived(page, home.page)
    for key, severity in (("1", "critical"), ("2", "high"), ("3", "medium"), ("4", "low")):
        await page.keyboard.press(key)
        await expect(page.locator(f"button[data-severity={severity}]")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press(key)
        await expect(page.locator(f"button[data-severity={severity}]")).to_have_attribute("aria-pressed", "false")
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.keyboard.press("t")
    await page.wait_for_function("before => getComputedStyle(document.body).backgroundColor !== before", arg=before)
    await page.keyboard.press("t")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page).to_have_url(re.compile("/pipeline$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pipeline")
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await expect(page).to_have_url(re.compile("/runtime"))
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_be_visible()
    await survey(page, "shortcuts")
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()


async def test_single_keys_can_be_turned_off(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.keyboard.press("?")
    await page.get_by_label("Single keys are on").uncheck()
    await page.get_by_role("button", name="Close", exact=True).click()
    await page.keyboard.press("1")
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".row:focus")).to_have_count(1)
    await expect(page.locator("button[data-severity=critical]")).to_have_attribute("aria-pressed", "false")
    await expect(page.locator(".conn")).to_have_attribute("data-state", "live")
    await page.reload()
    await expect(rows(page).first).to_be_visible()
    await page.keyboard.press("1")
    await expect(page.locator("button[data-severity=critical]")).to_have_attribute("aria-pressed", "false")


async def test_nothing_moves_under_a_pointer_and_what_came_waits_behind_a_pill(home: House, page: Page) -> None:
    await arrived(page, home.page)
    box = await page.locator(".rows").bounding_box()
    assert box is not None
    for step in range(3):
        await page.mouse.move(box["x"] + 300 + 20 * step, box["y"] + 70)
    id = await page.evaluate("document.querySelector('.row:hover')?.dataset.id")
    pill = page.locator(".pill")
    await expect(pill).to_have_text(re.compile(r"^\d+ new while you read$"))
    assert await page.evaluate("document.querySelector('.row:hover')?.dataset.id") == id
    await survey(page, "held", widths=(WIDE,))
    await page.mouse.move(700, 20)
    await expect(pill).to_be_hidden()
    await expect(page.locator(f'.row[data-id="{id}"][aria-rowindex="4"]')).to_have_count(0)


async def test_who_has_scrolled_away_comes_back_by_the_pill(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.locator(".rows").evaluate("own => own.scrollTo(0, 200)")
    pill = page.locator(".pill")
    await expect(pill).to_be_visible()
    scrolled = await page.locator(".rows").evaluate("own => own.scrollTop")
    assert scrolled > 0
    await pill.click()
    await expect(pill).to_be_hidden()
    await expect(page.locator(".row[aria-rowindex='2']")).to_be_visible()


async def test_a_time_is_chosen_on_the_timeline_and_left_by_escape(home: House, page: Page) -> None:
    await arrived(page, home.page)
    plot = page.get_by_role("slider")
    await plot.focus()
    for key in ("ArrowRight", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        await page.keyboard.press(key)
    await expect(plot).to_have_attribute("aria-valuetext", re.compile("Selected from"))
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("range=.*%2F|range=.*/"))
    await expect(page.get_by_role("button", name="Back to live")).to_be_visible()
    await expect(rows(page).first).to_be_visible()
    await expect(page.locator("#list-title")).to_have_text("Alerts")
    await survey(page, "range")
    await page.locator("#list-title").focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Back to live")).to_have_count(0)
    await expect(page).not_to_have_url(re.compile("range="))
    canvas = await plot.bounding_box()
    assert canvas is not None
    await page.mouse.move(canvas["x"] + canvas["width"] - 120, canvas["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(canvas["x"] + canvas["width"] - 10, canvas["y"] + 40, steps=5)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile("range="))
    await page.go_back()
    await expect(page).not_to_have_url(re.compile("range="))


async def test_the_timeline_has_a_twin_in_numbers(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.get_by_role("button", name="Show as table").click()
    table = page.locator(".tl table")
    await expect(table.locator("tbody tr").first).to_be_visible()
    await survey(page, "timeline-table")
    await page.get_by_role("button", name="Show as bars").click()
    await expect(page.get_by_role("slider")).to_be_visible()


async def test_a_time_is_typed_and_a_wrong_one_is_told(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.get_by_role("button", name=re.compile("^Time range")).click()
    popup = page.get_by_role("dialog", name="Time range")
    early, late = popup.get_by_label("From"), popup.get_by_label("To", exact=True)
    at, until = await early.input_value(), await late.input_value()
    await early.fill(until)
    await late.fill(at)
    await popup.get_by_role("button", name="Show this range").click()
    await expect(popup).to_contain_text("The end must be after the beginning.")
    await survey(page, "time-range", widths=(WIDE,))
    await early.fill(at)
    await late.fill(until)
    await popup.get_by_role("button", name="Show this range").click()
    await expect(rows(page).first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Time range")).click()
    await popup.get_by_role("button", name="Last 5 min").click()
    await expect(page).to_have_url(re.compile("range=5m"))
    await live(page)


async def test_a_frequent_value_is_asked_for_and_left_out(home: House, page: Page) -> None:
    await arrived(page, home.page)
    facet = page.locator("section.facet", has=page.locator("#facet-process"))
    entry = facet.locator("button.val").first
    await expect(entry).to_be_visible()
    value = await entry.get_attribute("data-value") or ""
    await entry.click()
    await expect(entry).to_have_attribute("aria-pressed", "true")
    assert _asked(page)["process"] == [value]
    await expect(page.locator(".chips")).to_contain_text(value)
    await expect(rows(page).first).to_contain_text(value)
    await survey(page, "filtered")
    await facet.locator("button.val[aria-pressed=true]").click()
    await expect(page.locator(".chips")).to_have_count(0)
    await facet.locator("button.val").first.click(modifiers=["Alt"])
    await expect(page.locator(".chip.not")).to_have_count(1)
    assert _asked(page)["process"][0].startswith("-")
    await page.locator(".chip .x").click()
    await facet.get_by_role("button", name=re.compile("^Type to narrow")).click()
    await facet.locator("input.narrow").fill("no such program")
    await expect(facet).to_contain_text("No match")


async def test_the_focused_value_is_filtered_by_a_key(home: House, page: Page) -> None:
    await arrived(page, home.page)
    entry = page.locator("section.facet button.val").first
    await entry.focus()
    value = await entry.get_attribute("data-value") or ""
    await page.keyboard.press("f")
    await expect(page.locator(".chip")).to_contain_text(value)
    await page.keyboard.press("Shift+F")
    await expect(page.locator(".chip.not")).to_contain_text(value)


async def test_a_field_is_completed_understood_and_taken_back(home: House, page: Page) -> None:
    await arrived(page, home.page)
    await page.keyboard.press("/")
    box = page.locator("#search")
    await expect(box).to_be_focused()
    await page.keyboard.type("namesp")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value(re.compile("^namespace:$"))
    choices = page.get_by_role("option")
    await expect(choices.first).to_be_visible()
    await survey(page, "completion", widths=(WIDE,))
    await box.focus()
    if not await choices.first.is_visible():
        await page.keyboard.press("ArrowDown")
        await expect(choices.first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator(".chip")).to_have_count(1)
    await expect(page).to_have_url(re.compile("namespace="))
    await box.focus()
    await page.keyboard.press("Backspace")
    await expect(page.locator(".chip")).to_have_count(0)
    await box.fill("")
    await page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()


async def test_repeats_columns_and_files_are_the_readers_choice(home: House, page: Page) -> None:
    await arrived(page, home.page)
    fold = page.get_by_role("switch", name="Fold repeats")
    await expect(fold).to_have_attribute("aria-checked", "true")
    await fold.click()
    await expect(fold).to_have_attribute("aria-checked", "false")
    await expect(page).to_have_url(re.compile("fold=0"))
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("checkbox", name="Rule").check()
    await page.get_by_role("checkbox", name="Node").uncheck()
    await expect(page).to_have_url(re.compile("cols="))
    await survey(page, "columns", widths=(WIDE,))
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("columnheader", name="Rule")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("columnheader", name="Rule")).to_be_visible()
    await expect(fold).to_have_attribute("aria-checked", "false")
    for format in ("CSV", "NDJSON"):
        await page.get_by_role("button", name="Export", exact=True).click()
        async with page.expect_download() as coming:
            await page.get_by_role("link", name=re.compile(f"^{format}")).click()
        text = await asyncio.to_thread((await (await coming.value).path()).read_text, encoding="utf-8")
        read = list(csv.DictReader(text.splitlines())) if format == "CSV" else list(map(json.loads, text.splitlines()))
        assert len(read) > 10


async def test_an_alert_is_handed_on_as_text(home: House, page: Page) -> None:
    await page.goto(f"{home.page}runtime?severity=high,critical")
    await rows(page).first.click()
    await expect(page.locator("[data-detail=ready]")).to_be_visible()
    await page.get_by_role("button", name="Copy as").click()
    await survey(page, "copy-as", widths=(WIDE,))
    for name, begins in (("nats sub", "nats sub "), ("kubectl", "kubectl "), ("silence YAML", "")):
        way = page.locator(".popup.copies button", has_text=name)
        if await way.get_attribute("aria-disabled") == "true":
            continue
        await way.click()
        await expect(page.locator(".popup.copies button", has_text="Copied").first).to_be_visible()
        assert (await clipboard(page)).startswith(begins)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="5 minutes around").click()
    await expect(page.get_by_role("button", name="Back to live")).to_be_visible()
    await expect(page.locator(".exp")).to_have_count(1)


async def test_on_a_phone_an_alert_is_a_sheet_that_back_closes(home: House, browser: Browser, witness: Witness) -> None:
    async with visit(browser, witness, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        await arrived(page, home.page)
        await expect(page.get_by_role("navigation", name="Pages, below")).to_be_visible()
        await rows(page).first.tap()
        sheet = page.locator("dialog.sheet")
        await expect(sheet).to_have_attribute("data-detail", "ready")
        await survey(page, "sheet", widths=(PHONE,))
        await page.go_back()
        await expect(sheet).to_have_count(0)
        await page.get_by_role("button", name=re.compile("^Filters")).tap()
        drawer = page.locator("dialog.drawer")
        await expect(drawer.locator("button.val").first).to_be_visible()
        await survey(page, "drawer", widths=(PHONE,))
        await page.keyboard.press("Escape")
        await expect(drawer).to_have_count(0)
        small = await page.evaluate(
            """() => [...document.querySelectorAll('button, a, input')]
              .filter((own) => own.checkVisibility() && !own.matches('.skip, .vh *, .vh'))
              .filter((own) => getComputedStyle(own).pointerEvents !== 'none')
              .map((own) => [own.outerHTML.slice(0, 90), own.getBoundingClientRect()])
              .filter(([, { width, height }]) => width > 0 && (width < 23.5 || height < 23.5))
              .map(([html]) => html)"""
        )
        assert small == [], "targets are at least 24 x 24"


async def test_reduced_motion_leaves_no_transition(home: House, browser: Browser, witness: Witness) -> None:
    async with visit(browser, witness, reduced_motion="reduce") as page:
        await arrived(page, home.page)
        moving = await page.evaluate(
            """() => [...document.querySelectorAll('*')].filter((own) => {
              const { transitionDuration, animationName, animationDuration } = getComputedStyle(own);
              const lasts = (text) => text.split(',').some((part) => Number.parseFloat(part) > 0.001);
              return lasts(transitionDuration) || (animationName !== 'none' && lasts(animationDuration));
            }).map((own) => own.outerHTML.slice(0, 80))"""
        )
        assert moving == []


async def test_the_page_is_there_with_few_requests(home: House, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    await arrived(page, home.page)
    before_rows = [path for path in asked if not path.startswith("/api/") and not path.endswith((".woff2", ".svg"))]
    assert len(before_rows) <= 3, before_rows


async def test_the_built_page_is_as_small_as_promised() -> None:
    if not _ASSETS.is_dir():
        pytest.skip("the page is not built: npm ci && npm run build in ui")

    def size(pattern: str, *, packed: bool) -> int:
        files = [path.read_bytes() for path in _ASSETS.glob(pattern)]
        assert files, f"no {pattern} in {_ASSETS}"
        return sum(len(gzip.compress(content) if packed else content) for content in files)

    assert size("*.js", packed=True) <= 60 * 1024
    assert size("*.css", packed=True) <= 10 * 1024
    assert size("*.woff2", packed=False) <= 100 * 1024

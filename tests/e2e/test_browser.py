"""A real browser on the real page, over the real house."""

import asyncio
import gzip
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from support.house import House

pytestmark = pytest.mark.timeout(180)

_ROOT = Path(__file__).parents[2]
_ASSETS = _ROOT / "services" / "tocsin" / "gateway" / "static" / "assets"
_AXE = _ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ATTACKS = {"TOCSIN_SIMULATOR_ATTACKS_PER_MINUTE": "600"}
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Console:
    """The errors that the browser and the page report."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.allowed: tuple[str, ...] = ()
        """The one text that is no error just now."""

    def hear(self, text: str) -> None:
        """One more."""
        if text not in self.allowed:
            self.errors.append(text)


@pytest.fixture
def console() -> Console:
    """What `page` hears."""
    return Console()


@pytest.fixture
async def page(console: Console) -> AsyncIterator[Page]:
    """A page of Debian's Chromium; an error on its console fails the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        own = await browser.new_page(viewport={"width": 1440, "height": 900})
        own.on("console", lambda message: console.hear(message.text) if message.type == "error" else None)
        own.on("pageerror", lambda error: console.hear(str(error)))
        yield own
        await browser.close()
    assert console.errors == []


def _rows(page: Page) -> Locator:
    return page.locator("[role=row][aria-rowindex]").filter(has=page.locator("[role=gridcell]"))


async def test_alerts_appear_inside_the_window_and_a_severity_shows_no_other(
    house: Callable[..., House], page: Page
) -> None:
    own = house("--simulate", "40", environ=_ATTACKS)
    own.start()
    await page.goto(own.page)
    await expect(page).to_have_url(re.compile("/runtime"))
    rows = _rows(page)
    await expect(rows.first).to_be_visible(timeout=20_000)
    await expect(page.get_by_text("Live", exact=True).first).to_be_visible(timeout=20_000)
    box = await rows.first.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 900, "the first row is not inside the window"

    others = page.locator(".row.low, .row.high, .row.critical")
    await expect(others.first).to_be_visible(timeout=20_000)
    medium = page.get_by_role("button", name=re.compile("Medium"))
    await medium.click()
    await expect(medium).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("sev=medium"))
    await expect(page.locator(".row.medium").first).to_be_visible(timeout=20_000)
    await expect(others).to_have_count(0)
    await medium.click()
    await expect(others.first).to_be_visible(timeout=20_000)


async def test_the_end_of_the_gateway_is_told_and_what_came_meanwhile_is_added(
    house: Callable[..., House], page: Page, console: Console
) -> None:
    own = house("--simulate", "40", environ=_ATTACKS)
    own.start()
    await page.goto(own.page)
    await expect(_rows(page).first).to_be_visible(timeout=20_000)
    stream = own.page.replace("http", "ws", 1) + "api/v1/stream"
    console.allowed = (
        f"WebSocket connection to '{stream}' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        "Failed to load resource: net::ERR_CONNECTION_REFUSED",
        "Failed to load resource: net::ERR_CONNECTION_RESET",
        "Failed to load resource: net::ERR_EMPTY_RESPONSE",
    )
    await asyncio.to_thread(own.kill_child, "gateway")
    await expect(page.locator("[data-notice=offline]")).to_contain_text("Connection lost", timeout=20_000)
    back = page.locator("[data-notice=back]")
    await expect(back).to_have_text(re.compile(r"^Back\. [\d,]+ alerts? from the .+ added\.$"), timeout=40_000)
    await expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    console.allowed = ()
    await expect(_rows(page).first).to_be_visible()


async def test_an_alert_opens_by_keyboard_and_shows_its_event_as_text(house: Callable[..., House], page: Page) -> None:
    own = house("--simulate", "20", environ=_ATTACKS)
    own.start()
    await page.goto(own.page + "runtime")
    await expect(_rows(page).first).to_be_visible(timeout=20_000)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text('"node_name"').first).to_be_visible(timeout=20_000)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("no-such-text-anywhere")
    await expect(page.get_by_text(re.compile("none match")).first).to_be_visible(timeout=20_000)


_HTML = "<img src=x onerror=\"window.ran='img'\"><script>window.ran='script'</script></pre>"
_ANSI = "\x1b[31mred\x1b]0;title\x07"
_BIDI = "\u202egnp.exe\u2066"


def _event(arguments: str) -> bytes:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    process = {"exec_id": "bjE6MTox", "pid": 4711, "uid": 0, "cwd": "/", "start_time": now, "flags": "execve clone"}
    child = {**process, "exec_id": "bjE6Mjoy", "binary": "/usr/bin/nc", "arguments": arguments}
    event = {"process": child, "parent": {**process, "binary": "/bin/sh", "arguments": _HTML}}
    return json.dumps({"process_exec": event, "node_name": "n1", "time": now}).encode() + b"\n"


async def test_what_a_process_was_told_is_shown_as_text_and_runs_nothing(
    house: Callable[..., House], page: Page, tmp_path: Path
) -> None:
    export = tmp_path / "tetragon.log"
    export.write_bytes(_event(f"{_HTML} {_ANSI} {_BIDI}"))
    own = house("--file", str(export))
    own.start()
    await page.goto(own.page)
    row = page.locator(".row").first
    await expect(row).to_contain_text(_HTML, timeout=20_000)
    await expect(row).to_contain_text(r"\u001b[31mred\u001b]0;title\u0007 \u202egnp.exe\u2066")
    await row.click()
    await expect(page.locator(".exp")).to_contain_text(_HTML, timeout=20_000)
    await expect(page.locator(".exp pre")).to_contain_text("onerror=")
    drawn = await page.locator("body").inner_html()
    assert not set(drawn) & set("\x1b\x07\u202e\u2066")
    assert await page.locator("#app img, #app script").count() == 0
    assert await page.evaluate("window.ran ?? null") is None


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_against_wcag(house: Callable[..., House], page: Page, scheme: Any, width: int) -> None:
    if not _AXE.exists():
        pytest.skip(f"axe-core is not at {_AXE}: npm ci in ui")
    own = house("--simulate", "20", environ=_ATTACKS)
    own.start()
    # at rest: a colour on its way to another is neither of them
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.set_viewport_size({"width": width, "height": 900})
    for severity in ("critical", "high", "medium", "low"):
        await page.goto(f"{own.page}runtime?sev={severity}")
        # an open row holds the list: nothing moves while it is looked at
        await page.locator(f".row.{severity}").first.click(timeout=30_000)
        await expect(page.locator("[data-detail=ready]")).to_be_visible(timeout=20_000)
        await _look(page, f"an open alert: {severity}")
    await page.keyboard.press("Escape")
    await page.locator("#search").fill("colour:red")
    await expect(page.locator(".problems")).to_contain_text("no field")
    await page.locator("#search").fill("no-such-text-anywhere")
    await expect(page.locator("[data-empty=filtered]")).to_be_visible(timeout=20_000)
    await _look(page, "a filter that matches nothing")


async def _look(page: Page, what: str) -> None:
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "values => axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']})", _WCAG
    )
    violations = {rule["id"]: [node["html"][:200] for node in rule["nodes"]][:5] for rule in found["violations"]}
    assert violations == {}, what


def test_the_built_page_is_as_small_as_promised() -> None:
    if not _ASSETS.is_dir():
        pytest.skip("the page is not built: npm ci && npm run build in ui")

    def size(pattern: str, *, packed: bool) -> int:
        files = [path.read_bytes() for path in _ASSETS.glob(pattern)]
        assert files, f"no {pattern} in {_ASSETS}"
        return sum(len(gzip.compress(content) if packed else content) for content in files)

    assert size("*.js", packed=True) <= 60 * 1024
    assert size("*.css", packed=True) <= 10 * 1024
    assert size("*.woff2", packed=False) <= 100 * 1024

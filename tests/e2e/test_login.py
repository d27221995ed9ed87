"""Signing in and out as a person does, in a real browser before real processes."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from support.browser import Witness, live, notice, rows, survey, visit
from support.processes import House

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

TOKEN = "a-token-that-only-the-test-knows"
WRONG = (r"Failed to load resource: the server responded with a status of 401 \(.*\)",)
SIGNED_OUT = (*WRONG, r"WebSocket connection to .*")


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the token of `home` lies."""
    path = tmp_path_factory.mktemp("token") / "token"
    path.write_text(TOKEN)
    return path


@pytest.fixture(scope="module")
def home(houses: Callable[..., House], token_file: Path) -> House:
    """Simulated events behind a token."""
    environ = {"TOCSIN_GATEWAY_AUTH": "token", "TOCSIN_GATEWAY_TOKEN_FILE": str(token_file)}
    own = houses("--simulate", "40", environ=environ)
    own.start()
    return own


async def _sign_in(page: Page, token: str = TOKEN) -> None:
    await expect(page).to_have_title("Sign in · Tocsin")
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()


async def _session(page: Page) -> dict[str, Any] | None:
    found = [own for own in await page.context.cookies() if own["name"] == "tocsin_session"]
    return dict(found[0]) if found else None


async def test_a_visitor_signs_in_with_the_keyboard_and_is_where_the_link_led(
    home: House, page: Page, witness: Witness
) -> None:
    witness.allow(*WRONG)
    wanted = f"{home.page}runtime?severity=critical,high,medium,low&q="
    await page.goto(wanted)
    await expect(page).to_have_url(re.compile(r"/login\?next="))
    await expect(page.get_by_label("Token")).to_be_focused()
    await survey(page, "sign-in")
    await page.keyboard.type("not-the-token-of-this-gateway")
    await page.keyboard.press("Enter")
    said = page.get_by_role("alert")
    await expect(said).to_have_text("This is not the token of this gateway.")
    field = page.get_by_label("Token")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await survey(page, "sign-in-wrong")
    await page.keyboard.type(TOKEN)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/runtime"))
    await expect(rows(page).first).to_be_visible()
    await live(page)
    session = await _session(page)
    assert session is not None
    assert (session["httpOnly"], session["sameSite"], session["path"]) == (True, "Strict", "/")
    assert await page.evaluate("document.cookie") == ""


async def test_a_link_from_another_site_is_followed_by_whoever_is_signed_in(home: House, page: Page) -> None:
    await page.goto(home.page)
    await _sign_in(page)
    await expect(rows(page).first).to_be_visible()
    wanted = f"{home.page}pipeline"
    await page.goto(f'data:text/html,<a href="{wanted}">an alert</a>')
    await page.get_by_role("link").click()
    await expect(page).to_have_url(wanted)
    await live(page)
    await page.reload()
    await expect(page).to_have_url(wanted)
    await live(page)


async def test_the_form_is_styled_and_its_address_leads_nowhere_else(home: House, page: Page) -> None:
    await page.goto(f"{home.page}login?next=//evil.example/")
    font = await page.evaluate("document.fonts.ready.then(() => document.fonts.check('14px \"Inter Variable\"'))")
    assert font
    await _sign_in(page)
    await expect(page).to_have_url(re.compile(rf"^{re.escape(home.page)}"))
    await expect(rows(page).first).to_be_visible()


async def test_who_signs_out_is_out_in_every_tab(home: House, page: Page, witness: Witness) -> None:
    witness.allow(*SIGNED_OUT)
    await page.goto(home.page)
    await _sign_in(page)
    await live(page)
    other = await page.context.new_page()
    await other.goto(f"{home.page}logout")
    await survey(other, "sign-out")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other).to_have_url(f"{home.page}login")
    assert await _session(other) is None
    await expect(await notice(page, "signed_out")).to_contain_text("You are signed out")
    await page.get_by_role("button", name="Sign in again").click()
    await _sign_in(page)
    await live(page)


async def test_a_rotated_token_signs_everybody_out_and_the_new_one_leads_back(
    home: House, token_file: Path, browser: Browser, witness: Witness
) -> None:
    witness.allow(*SIGNED_OUT)
    async with visit(browser, witness) as page:
        wanted = f"{home.page}runtime?range=5m"
        await page.goto(wanted)
        await _sign_in(page)
        await live(page)
        await asyncio.to_thread(token_file.write_text, "another-token-that-the-test-knows")
        try:
            again = await notice(page, "signed_out")
            await expect(rows(page).first).to_be_visible()
            await again.get_by_role("button", name="Sign in again").click()
            await _sign_in(page, "another-token-that-the-test-knows")
            await expect(page).to_have_url(wanted)
            await live(page)
        finally:
            await asyncio.to_thread(token_file.write_text, TOKEN)

"""Whole houses, stopped after their test or their file, and browsers before them."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from support.browser import Witness, chromium, visit
from support.processes import House

Houses = Callable[..., House]


def _houses(root: Path) -> Iterator[Houses]:
    made: list[House] = []

    def make(*arguments: str, environ: dict[str, str] | None = None, name: str = "house") -> House:
        folder = root / name
        folder.mkdir(exist_ok=True)
        own = House(folder, *arguments, environ=environ)
        made.append(own)
        return own

    yield make
    for own in made:
        own.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Houses]:
    """Makes a house with these arguments of ``tocsin up``; what still runs at the end is stopped."""
    yield from _houses(tmp_path)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """The same for houses in which several tests of a file live."""
    yield from _houses(tmp_path_factory.mktemp("houses"))


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Hears the browser of this test; what it heard fails the test."""
    own = Witness()
    yield own
    own.absolve()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for a file of tests, each of which is a visitor of its own."""
    async with async_playwright() as playwright, chromium(playwright) as own:
        yield own


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, witness: Witness) -> AsyncIterator[Page]:
    """A page of a fresh visitor, 1440 wide and dark."""
    async with visit(browser, witness) as own:
        yield own

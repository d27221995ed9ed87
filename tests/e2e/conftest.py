"""Whole houses, stopped after their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes a house with these arguments of ``tocsin up``; what still runs at the end is stopped."""
    made: list[House] = []

    def make(*arguments: str, environ: dict[str, str] | None = None, name: str = "house") -> House:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        own = House(folder, *arguments, environ=environ)
        made.append(own)
        return own

    yield make
    for own in made:
        own.stop()

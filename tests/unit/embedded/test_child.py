"""A child is started again until it is stopped, and what it says is told line by line."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tocsin.embedded.child import Child, Spec
from tocsin.model.errors import SettingsError

from support.waiting import until


class Told:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, name: str, line: bytes) -> None:
        self.lines.append(f"{name}: {line.decode('utf-8', 'replace')}")


def child(told: Told, code: str, **options: bool) -> Child:
    spec = Spec(name="x", command=[sys.executable, "-c", code], environ=dict(os.environ), **options)  # type: ignore[arg-type]
    return Child(spec, lock=os.open(os.devnull, os.O_RDONLY), print_line=told)


async def test_it_starts_again_when_it_ends_and_stops_when_told() -> None:
    told = Told()
    own = child(told, "print('here', flush=True); raise SystemExit(3)")
    running = asyncio.create_task(own.run())
    await until(lambda: own.restarts >= 1, what="a second start")
    await own.stop()
    await running
    assert "x: here" in told.lines
    assert any("exit code 3" in line for line in told.lines)


async def test_its_own_end_is_respected_where_it_runs_once() -> None:
    own = child(Told(), "pass", once=True)
    await asyncio.wait_for(own.run(), 30)
    assert own.restarts == 0


async def test_wrong_settings_are_no_reason_to_try_again() -> None:
    own = child(Told(), "print('TOCSIN_X: no such setting'); raise SystemExit(2)")
    with pytest.raises(SettingsError, match="no such setting"):
        await asyncio.wait_for(own.run(), 30)


async def test_a_line_without_an_end_fills_no_memory(tmp_path: Path) -> None:
    told = Told()
    await asyncio.wait_for(child(told, "import sys; sys.stdout.write('a' * 3_000_000)", once=True).run(), 30)
    assert sum(len(line) - 3 for line in told.lines) == 3_000_000
    assert max(map(len, told.lines)) <= (1 << 20) + 70_000


async def test_a_child_that_is_asked_to_stop_while_it_starts_stops() -> None:
    own = child(Told(), "import time; time.sleep(60)")
    running = asyncio.create_task(own.run())
    await asyncio.sleep(0)  # it has asked for its process and has none yet
    assert own.process is None
    await asyncio.wait_for(own.stop(), 20)
    await running

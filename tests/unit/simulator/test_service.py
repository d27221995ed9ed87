"""Real runs: into files with rotation, to a pipe, killed and started again."""

import asyncio
import gzip
import os
import signal
import sys
from pathlib import Path

import pytest

from tocsin.model.errors import SettingsError
from tocsin.simulator import number_of, service
from tocsin.simulator.__main__ import main
from tocsin.simulator.settings import Settings

from support.waiting import until

pytestmark = pytest.mark.slow


def numbers(folder: Path) -> list[int]:
    found = []
    for file in folder.iterdir():
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        found += [number_of(line) for line in content.splitlines()]
    return sorted(found)


async def run(stop: asyncio.Event | None = None, **settings) -> int:
    return await service.run(Settings(**settings), stop or asyncio.Event())


@pytest.mark.parametrize(("rate", "compress"), [(4_000, True), (50_000, False)])
async def test_numbers_over_all_rotated_files_are_complete_and_unique(tmp_path, rate, compress):
    path = str(tmp_path / "tetragon.log")
    count = 2_000
    await run(rate=rate, count=count, path=path, max_size_mb=0.25, max_backups=0, compress=compress)
    files = list(tmp_path.iterdir())
    assert len(files) > 5
    assert numbers(tmp_path) == list(range(count))
    assert any(file.suffix == ".gz" for file in files) == compress


async def test_only_so_many_backups_are_kept(tmp_path):
    await run(rate=50_000, count=2_000, path=str(tmp_path / "tetragon.log"), max_size_mb=0.1, max_backups=2)
    assert len(list(tmp_path.iterdir())) == 3


async def test_it_rotates_by_time(tmp_path):
    await run(rate=1_000, for_s=0.5, path=str(tmp_path / "t.log"), rotate_every_s=0.1, max_backups=0)
    assert len(list(tmp_path.iterdir())) >= 3
    assert numbers(tmp_path) == list(range(500))


async def test_a_stop_ends_it_at_a_line_end(tmp_path):
    path, stop = tmp_path / "t.log", asyncio.Event()
    task = asyncio.create_task(run(stop, rate=2_000, path=str(path)))
    await until(lambda: path.exists() and path.stat().st_size > 100_000, what="events")
    stop.set()
    total = await task
    content = path.read_bytes()
    assert content.endswith(b"}\n")
    assert numbers(tmp_path) == list(range(total))


async def test_it_goes_on_with_the_next_number(tmp_path):
    path = str(tmp_path / "t.log")
    assert await run(rate=10_000, count=30, path=path, first_number="100") == 130
    assert await run(rate=10_000, count=30, path=path, first_number="auto") == 160
    assert numbers(tmp_path) == list(range(100, 160))


async def test_a_killed_one_goes_on_where_it_was(tmp_path):
    path = tmp_path / "deep" / "t.log"
    environ = {**os.environ, "TOCSIN_SIMULATOR_PATH": str(path), "TOCSIN_SIMULATOR_FIRST_NUMBER": "auto"}
    environ |= {"TOCSIN_SIMULATOR_RATE": "20000", "TOCSIN_SIMULATOR_MAX_SIZE_MB": "1"}
    environ |= {"TOCSIN_SIMULATOR_MAX_BACKUPS": "0"}
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin.simulator", env=environ, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            before = total_bytes(path.parent)
            await until(lambda before=before: total_bytes(path.parent) > before + 3_000_000, what="events")
        finally:
            process.kill()
            await process.wait()
    with path.open("ab") as file:
        file.write(b'{"process_exec":{"process":{"exec_id":"torn')
    await run(rate=10_000, count=10, path=str(path), first_number="auto", max_backups=0)
    found = [n for n in numbers_of_whole_lines(path.parent) if n is not None]
    assert sorted(found) == list(range(len(found)))


def numbers_of_whole_lines(folder: Path) -> list[int | None]:
    return [
        number_of(line) for file in folder.iterdir() for line in file.read_bytes().splitlines() if line[-1:] == b"}"
    ]


def total_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir()) if folder.exists() else 0


async def test_standard_output_holds_events_alone():
    code, output, log = await simulate("RATE=5000", "COUNT=300")
    assert code == 0
    assert [number_of(line) for line in output.splitlines()] == list(range(300))
    assert b"simulator.ended" in log


async def test_it_ends_when_the_reader_is_gone():
    process = await start("RATE=5000")
    await process.stdout.readline()
    process.stdout._transport.close()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_signal_is_heard_while_the_pipe_is_full():
    process = await start("RATE=50000")
    await process.stdout.readline()  # and no more: the pipe fills
    process.send_signal(signal.SIGTERM)
    await process.stdout.read()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def start(*settings: str) -> asyncio.subprocess.Process:
    environ = {**os.environ, **dict(f"TOCSIN_SIMULATOR_{s}".split("=", 1) for s in settings)}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin.simulator", env=environ, stdout=pipe, stderr=pipe, limit=1 << 20
    )


async def simulate(*settings: str) -> tuple[int | None, bytes, bytes]:
    process = await start(*settings)
    output, log = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, output, log


@pytest.mark.parametrize(
    "flags", [{"rate": "0"}, {"rate": "60000"}, {"first_number": "next"}, {"first_number": "auto"}, {"colour": "1"}]
)
async def test_a_wrong_setting_is_named(flags):
    with pytest.raises(SettingsError, match="--" + next(iter(flags)).replace("_", "-")):
        await main(flags)

"""The file source against real files: rotation, compression, truncation, and going on after a restart."""

import asyncio
import contextlib
import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tocsin.collector.sources.base import Line
from tocsin.collector.sources.export_file.rotation import OPEN_FILES
from tocsin.collector.sources.export_file.source import FileSource
from tocsin.model.checkpoint import Position

from support.lumberjack import ExportFile, compress
from support.waiting import until


class Reading:
    """What a source hands over."""

    def __init__(self, source: FileSource) -> None:
        self.source = source
        self.lines: list[Line] = []
        self.vanished_files = 0
        self.vanished_bytes = 0

    @property
    def raw(self) -> list[bytes]:
        return [line.raw for line in self.lines]

    @property
    def position(self) -> Position:
        return self.lines[-1].position

    async def run(self, stop: asyncio.Event) -> None:
        async with contextlib.aclosing(self.source.batches(stop)) as batches:
            async for batch in batches:
                self.lines += batch.lines
                self.vanished_files += batch.vanished_files
                self.vanished_bytes += batch.vanished_bytes

    async def has(self, *raw: bytes) -> None:
        """Wait for exactly these lines, and that all is read."""
        await until(lambda: self.source.caught_up and len(self.lines) >= len(raw), what=f"{len(raw)} lines")
        assert self.raw == list(raw)


@asynccontextmanager
async def reading(
    path: Path, position: Position | None = None, *, start: str = "oldest", limit: int = 1 << 20, found: bool = True
) -> AsyncIterator[Reading]:
    source = FileSource(str(path), max_line_bytes=limit, start="newest" if start == "newest" else "oldest")
    assert source.resume(position) is found
    stop = asyncio.Event()
    own = Reading(source)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(own.run(stop))
        try:
            yield own
        finally:
            stop.set()
    source.close()


@pytest.fixture
def export(tmp_path: Path) -> ExportFile:
    return ExportFile(tmp_path / "tetragon.log")


async def test_a_file_that_does_not_exist_yet_is_waited_for(export: ExportFile) -> None:
    async with reading(export.path) as own:
        await until(lambda: own.source.caught_up)
        assert "no such file" in own.source.problem
        assert str(export.path) in own.source.problem
        export.write(b"1")
        await own.has(b"1")
        assert own.source.problem == ""


async def test_a_folder_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    export = ExportFile(tmp_path / "late" / "tetragon.log")
    async with reading(export.path) as own:
        export.path.parent.mkdir()
        export.write(b"1")
        await own.has(b"1")


async def test_a_last_line_waits_for_its_end(export: ExportFile) -> None:
    export.write(b"1")
    export.write(b"half", end=b"")
    async with reading(export.path) as own:
        await own.has(b"1")
        export.write(b" and half")
        await own.has(b"1", b"half and half")
        assert own.position.offset == export.path.stat().st_size


async def test_at_a_rotation_a_last_line_without_its_end_is_a_line_of_its_own(export: ExportFile) -> None:
    export.write(b"1")
    export.write(b"cut off", end=b"")
    async with reading(export.path) as own:
        await own.has(b"1")
        export.rotate()
        export.write(b"2")
        await own.has(b"1", b"cut off", b"2")


async def test_reading_goes_on_through_a_rotation(export: ExportFile) -> None:
    export.write(b"1")
    async with reading(export.path) as own:
        await own.has(b"1")
        export.write(b"2")
        export.rotate(create=False)
        await until(lambda: len(own.lines) == 2)
        export.write(b"3")
        await own.has(b"1", b"2", b"3")


async def test_several_rotations_between_two_looks_are_read_in_order(export: ExportFile) -> None:
    export.write(b"1")
    async with reading(export.path) as own:
        await own.has(b"1")
        for number in (b"2", b"3", b"4"):
            export.write(number)
            export.rotate()
        export.write(b"5")
        await own.has(b"1", b"2", b"3", b"4", b"5")
        assert own.vanished_files == 0


async def test_rotated_files_that_wait_stay_readable_when_they_are_deleted(export: ExportFile) -> None:
    export.write(b"1")
    source = FileSource(str(export.path), max_line_bytes=1000)
    source.resume(None)
    source.refresh()
    gone = []
    for number in (b"2", b"3", b"4"):
        export.write(number)
        gone.append(export.rotate())
    source.refresh()
    for path in gone:
        path.unlink()
    stop, own = asyncio.Event(), Reading(source)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(own.run(stop))
        await own.has(b"1", b"2", b"3", b"4")
        stop.set()
    assert own.vanished_files == 0
    source.close()


async def test_the_compressed_copy_of_the_file_in_hand_is_not_read_again(export: ExportFile) -> None:
    export.write(b"1")
    async with reading(export.path) as own:
        await own.has(b"1")
        compress(export.rotate())
        export.write(b"2")
        await own.has(b"1", b"2")
        compress(export.rotate(), keep=True)
        export.write(b"3")
        await own.has(b"1", b"2", b"3")
        assert own.vanished_files == 0


async def test_with_no_checkpoint_rotated_files_are_read_first_each_once(export: ExportFile) -> None:
    for number in (b"1", b"2", b"3"):
        export.write(number)
        path = export.rotate()
        if number != b"2":
            compress(path, keep=number == b"3")
    export.path.with_name("tetragon-2026-01-02T15-00-00.000.log.gz.tmp").write_bytes(b"half")
    export.write(b"4")
    async with reading(export.path) as own:
        await own.has(b"1", b"2", b"3", b"4")


async def test_newest_begins_at_what_is_written_from_now_on(export: ExportFile) -> None:
    export.write(b"1")
    export.rotate()
    export.write(b"2", b"3")
    export.write(b"begun", end=b"")
    async with reading(export.path, start="newest") as own:
        export.write(b" and ended", b"4")
        await own.has(b"begun and ended", b"4")


async def _position(export: ExportFile, line: bytes) -> Position:
    async with reading(export.path) as own:
        await until(lambda: line in own.raw)
        return own.lines[own.raw.index(line)].position


async def test_after_a_restart_reading_goes_on_where_it_stood(export: ExportFile) -> None:
    export.write(b"1", b"2", b"3")
    position = await _position(export, b"2")
    async with reading(export.path, position) as own:
        await own.has(b"3")
        assert own.position.offset == 6


@pytest.mark.parametrize("packed", [False, True])
async def test_after_a_restart_the_file_is_found_by_its_first_line_and_all_newer_follow(
    export: ExportFile, packed: bool
) -> None:
    export.write(b"old")
    export.rotate()
    export.write(b"1", b"2", b"3")
    position = await _position(export, b"2")
    for number in (b"4", b"5"):
        path = export.rotate()
        if packed:
            compress(path)
        export.write(number)
    async with reading(export.path, position) as own:
        await own.has(b"3", b"4", b"5")
        assert own.vanished_files == 0


async def test_a_file_read_to_its_end_before_gives_nothing(export: ExportFile) -> None:
    export.write(b"1", b"2")
    position = await _position(export, b"2")
    async with reading(export.path, position) as own:
        await own.has()


async def test_where_the_checkpoints_file_is_gone_that_is_told_and_all_the_rest_is_read(export: ExportFile) -> None:
    export.write(b"1", b"2")
    position = await _position(export, b"1")
    export.rotate().unlink()
    export.write(b"3")
    export.rotate()
    export.write(b"4")
    async with reading(export.path, position, found=False) as own:
        await own.has(b"3", b"4")
        assert own.vanished_files == 1


async def test_a_file_with_the_same_inode_but_another_first_line_is_not_the_checkpoints(export: ExportFile) -> None:
    export.write(b"1", b"2")
    position = await _position(export, b"2")
    export.path.write_bytes(b"other\nlines\n")
    assert export.path.stat().st_ino == position.inode
    async with reading(export.path, position, found=False) as own:
        await own.has(b"other", b"lines")


async def test_a_file_whose_tail_was_replaced_is_not_trusted(export: ExportFile) -> None:
    export.write(b"1", b"2222222")
    position = await _position(export, b"2222222")
    export.path.write_bytes(b"1\n3333333333333333\n")
    async with reading(export.path, position, found=False) as own:
        await own.has(b"1", b"3333333333333333")


async def test_a_checkpoint_waits_while_there_is_no_file_at_all(export: ExportFile) -> None:
    export.write(b"1", b"2")
    position = await _position(export, b"1")
    away = export.path.rename(export.path.with_name("away"))
    source = FileSource(str(export.path), max_line_bytes=1000)
    assert source.resume(position) is None
    away.rename(export.path)
    assert source.resume(position) is True
    source.close()


async def test_a_truncated_file_is_read_from_its_start(export: ExportFile) -> None:
    export.write(b"1", b"2")
    async with reading(export.path) as own:
        await own.has(b"1", b"2")
        os.truncate(export.path, 0)
        export.write(b"3")
        await own.has(b"1", b"2", b"3")


async def test_a_file_rewritten_in_place_beyond_the_offset_is_noticed_by_its_beginning(export: ExportFile) -> None:
    export.write(b"1", b"2")
    async with reading(export.path) as own:
        await own.has(b"1", b"2")
        with export.path.open("r+b") as file:
            file.write(b"three\nfour\n")
        await own.has(b"1", b"2", b"three", b"four")


async def test_a_damaged_compressed_file_gives_what_is_readable_and_the_rest_is_told(export: ExportFile) -> None:
    lines = [os.urandom(3_000).hex().encode() for _ in range(200)]
    export.write(*lines)
    packed = compress(export.rotate())
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    export.write(b"next")
    async with reading(export.path) as own:
        await until(lambda: own.raw[-1:] == [b"next"])
        assert own.vanished_files == 1
        readable = own.raw[:-1]
        assert 50 < len(readable) < 150
        assert readable[:-1] == lines[: len(readable) - 1]
        assert lines[len(readable) - 1].startswith(readable[-1])


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08"])
async def test_a_compressed_file_that_is_none_is_told_and_passed_over(export: ExportFile, content: bytes) -> None:
    export.write(b"1")
    export.rotate().unlink()
    export.path.with_name("tetragon-2026-01-02T15-04-05.000.log.gz").write_bytes(content)
    export.write(b"2")
    async with reading(export.path) as own:
        await own.has(b"2")
        assert own.vanished_files == 1


async def test_a_compressed_file_may_be_several_one_after_the_other(export: ExportFile) -> None:
    export.write(b"x")
    packed = compress(export.rotate())
    packed.write_bytes(gzip.compress(b"1\n2") + gzip.compress(b"2\n3\n") + b"\0" * 512)
    async with reading(export.path) as own:
        await own.has(b"1", b"22", b"3")
        assert own.vanished_files == 0


async def test_a_line_over_the_limit_is_passed_over_and_what_follows_is_read(export: ExportFile) -> None:
    export.write(b"1", b"x" * 700_000, b"2")
    async with reading(export.path, limit=1024) as own:
        await until(lambda: len(own.lines) == 3)
        assert (own.raw[0], own.raw[2]) == (b"1", b"2")
        long = own.lines[1]
        assert (len(long.raw), long.size, len(long.digest)) == (65_536, 700_001, 32)
        position = long.position
    async with reading(export.path, position, limit=1024) as own:
        await own.has(b"2")


async def test_a_first_line_over_the_limit_still_tells_the_file(export: ExportFile) -> None:
    export.write(b"x" * 300_000, b"2")
    async with reading(export.path, limit=1024) as own:
        await until(lambda: len(own.lines) == 2)
        position = own.lines[0].position
    export.rotate()
    export.write(b"3")
    async with reading(export.path, position, limit=1024) as own:
        await own.has(b"2", b"3")


async def test_more_files_than_may_be_held_open_are_all_read(export: ExportFile) -> None:
    numbers = [b"%d" % number for number in range(OPEN_FILES + 6)]
    for number in numbers:
        export.write(number)
        export.rotate()
    async with reading(export.path) as own:
        await own.has(*numbers)


async def test_an_unread_file_that_vanishes_before_it_is_opened_is_counted_with_its_bytes(export: ExportFile) -> None:
    paths = []
    for number in range(OPEN_FILES + 1):
        export.write(b"%05d" % number)
        paths.append(export.rotate())
    source = FileSource(str(export.path), max_line_bytes=1000)
    source.resume(None)
    paths[-1].unlink()
    stop, own = asyncio.Event(), Reading(source)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(own.run(stop))
        await until(lambda: own.vanished_files == 1)
        await until(lambda: len(own.lines) == OPEN_FILES)
        stop.set()
    assert own.vanished_bytes == 6
    source.close()


async def test_a_file_that_may_not_be_read_is_told_and_tried_again(export: ExportFile) -> None:
    export.path.symlink_to(export.path)  # refused to everybody, root included
    async with reading(export.path) as own:
        await until(lambda: "cannot read" in own.source.problem)
        assert str(export.path) in own.source.problem
        export.path.unlink()
        export.write(b"1")
        await own.has(b"1")
        assert own.source.problem == ""


async def test_a_folder_in_the_files_place_is_told_and_not_fatal(export: ExportFile) -> None:
    export.path.mkdir()
    async with reading(export.path) as own:
        await until(lambda: "not a regular file" in own.source.problem)
        export.path.rmdir()
        export.write(b"1")
        await own.has(b"1")


async def test_how_far_behind_reading_is_is_known(export: ExportFile) -> None:
    export.write(b"1")
    export.rotate()
    export.write(b"22")
    source = FileSource(str(export.path), max_line_bytes=1000)
    source.resume(None)
    source.refresh()
    assert source.lag_bytes == 5
    source.close()


async def test_files_that_came_and_went_between_two_looks_are_told_of(export: ExportFile) -> None:
    export.write(b"1")
    source = FileSource(str(export.path), max_line_bytes=1000)
    source.resume(None)
    for number in (b"2", b"3"):
        gone = export.rotate()
        gone.unlink()
        export.write(number)
    export.rotate()
    export.write(b"4")
    stop, own = asyncio.Event(), Reading(source)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(own.run(stop))
        await own.has(b"1", b"3", b"4")
        stop.set()
    assert own.vanished_files == 1
    source.close()


async def test_a_file_that_is_deleted_and_made_again_is_followed(export: ExportFile) -> None:
    export.write(b"1")
    async with reading(export.path) as own:
        await own.has(b"1")
        export.path.unlink()
        await until(lambda: own.source.caught_up)
        export.write(b"2")
        await own.has(b"1", b"2")
        assert own.vanished_files == 0


async def test_a_rotated_file_of_old_that_somebody_puts_back_is_left_alone(export: ExportFile) -> None:
    export.write(b"1")
    async with reading(export.path) as own:
        await own.has(b"1")
        export.path.with_name("tetragon-2020-01-02T15-04-05.000.log").write_bytes(b"old\n")
        export.write(b"2")
        await own.has(b"1", b"2")


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_no_file_stays_open_once_it_is_read(export: ExportFile) -> None:
    before = _open_files()
    async with reading(export.path) as own:
        for number in range(30):
            export.write(b"%d" % number)
            path = export.rotate()
            if number % 3 == 0:
                compress(path)
        await until(lambda: len(own.lines) == 30)
        await until(lambda: _open_files() <= before + 1)
    assert _open_files() == before

import gzip
import re

import pytest

from tocsin.simulator import Generator, number_of
from tocsin.simulator.sinks.rotating import RotatingFile, next_number, prune_backups

pytestmark = pytest.mark.slow

NOW_NS = 1_790_000_000_123_000_000
BIG = 1 << 30


def lines(first: int, count: int) -> list[bytes]:
    return Generator(1, NOW_NS, first_number=first).take(count, NOW_NS, NOW_NS + 1_000_000)


def write(path, some, *, max_bytes=BIG, singly=True, now_ns=NOW_NS, every_ns=0):
    file = RotatingFile(path, max_bytes=max_bytes, rotate_every_ns=every_ns)
    file.write(some, now_ns=now_ns, singly=singly)
    file.close()


def numbers(folder) -> list[int]:
    found = []
    for file in folder.iterdir():
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        found += [number_of(line) for line in content.splitlines()]
    return sorted(found)


@pytest.mark.parametrize("singly", [True, False])
def test_no_file_grows_over_its_size_and_nothing_is_missing(tmp_path, singly):
    path = tmp_path / "tetragon.log"
    write(path, lines(0, 300), max_bytes=20_000, singly=singly)
    assert numbers(tmp_path) == list(range(300))
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) > 10
    assert max(sizes) <= 20_000


def test_rotated_files_are_named_as_lumberjack_does(tmp_path):
    write(tmp_path / "tetragon.log", lines(0, 40), max_bytes=10_000)
    rotated = [file.name for file in tmp_path.iterdir() if file.name != "tetragon.log"]
    assert rotated
    assert all(re.fullmatch(r"tetragon-2026-09-21T14-13-20\.\d{3}\.log", name) for name in rotated)


def test_a_line_larger_than_the_file_has_one_of_its_own(tmp_path):
    write(tmp_path / "t.log", lines(0, 5), max_bytes=10)
    assert numbers(tmp_path) == list(range(5))
    assert len(list(tmp_path.iterdir())) == 5


def test_it_rotates_by_time(tmp_path):
    file = RotatingFile(tmp_path / "t.log", max_bytes=BIG, rotate_every_ns=1_000)
    for i, line in enumerate(lines(0, 10)):
        file.write([line], now_ns=NOW_NS + i * 500, singly=True)
    file.close()
    assert file.rotations == 4
    assert numbers(tmp_path) == list(range(10))


def test_an_existing_file_is_continued(tmp_path):
    path = tmp_path / "t.log"
    write(path, lines(0, 5))
    write(path, lines(5, 5))
    assert [number_of(line) for line in path.read_bytes().splitlines()] == list(range(10))


def test_a_torn_last_line_is_ended_first(tmp_path):
    path = tmp_path / "t.log"
    first = lines(0, 3)
    path.write_bytes(b"".join(first)[:-50])
    write(path, lines(2, 1))
    assert path.read_bytes() == b"".join(first)[:-50] + b"\n" + lines(2, 1)[0]


def test_the_oldest_backups_go(tmp_path):
    path = tmp_path / "tetragon.log"
    write(path, lines(0, 100), max_bytes=10_000)
    before = sorted(file.name for file in tmp_path.iterdir())
    prune_backups(path, max_backups=2, compress=False)
    after = sorted(file.name for file in tmp_path.iterdir())
    assert after == before[-3:]


def test_no_bound_keeps_all_backups(tmp_path):
    path = tmp_path / "tetragon.log"
    write(path, lines(0, 100), max_bytes=10_000)
    before = set(tmp_path.iterdir())
    prune_backups(path, max_backups=0, compress=False)
    assert set(tmp_path.iterdir()) == before


def test_backups_are_compressed_and_nothing_is_lost(tmp_path):
    path = tmp_path / "tetragon.log"
    write(path, lines(0, 100), max_bytes=20_000)
    prune_backups(path, max_backups=0, compress=True)
    prune_backups(path, max_backups=0, compress=True)
    assert {file.name.rpartition(".")[2] for file in tmp_path.iterdir() if file != path} == {"gz"}
    assert numbers(tmp_path) == list(range(100))


def test_the_next_number_follows_the_last_whole_line(tmp_path):
    path = tmp_path / "t.log"
    assert next_number(path) == 0
    write(path, lines(7, 5))
    assert next_number(path) == 12


def test_a_torn_line_does_not_count(tmp_path):
    path = tmp_path / "t.log"
    content = b"".join(lines(7, 5))
    path.write_bytes(content[:-20])
    assert number_of(content.splitlines()[-1][:-20]) in (11, None)
    assert next_number(path) == 11
    RotatingFile(path, max_bytes=BIG).close()
    assert next_number(path) == 11


def test_a_whole_event_counts_though_its_line_end_is_missing(tmp_path):
    path = tmp_path / "t.log"
    path.write_bytes(b"".join(lines(7, 5))[:-1])
    assert next_number(path) == 12


@pytest.mark.parametrize("compress", [True, False])
def test_after_a_rotation_the_next_number_is_found_in_the_newest_backup(tmp_path, compress):
    path = tmp_path / "tetragon.log"
    write(path, lines(0, 100), max_bytes=20_000)
    prune_backups(path, max_backups=0, compress=compress)
    last = next_number(path)
    assert last == 100
    held = len(path.read_bytes().splitlines())
    path.write_bytes(b"")
    assert next_number(path) == 100 - held


def test_lines_longer_than_a_look_back_are_read_whole(tmp_path):
    path = tmp_path / "t.log"
    path.write_bytes(lines(3, 1)[0] + b"x" * 3_000_000 + b"\n")
    assert next_number(path) == 4

"""Cutting bytes into lines."""

import hashlib
import itertools

from hypothesis import given
from hypothesis import strategies as st

from tocsin.collector.sources.export_file.line_splitter import HEAD_BYTES, LineSplitter


def _chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(st.binary(max_size=400).map(lambda b: b.replace(b"a", b"\n")), st.lists(st.integers(0, 400)), st.integers(1, 40))
def test_no_byte_is_lost_wherever_the_chunks_are_cut(data: bytes, cuts: list[int], limit: int) -> None:
    scanner = LineSplitter(limit)
    lines = [line for chunk in _chunks(data, cuts) for line in scanner.feed(chunk)]
    assert scanner.unfinished_bytes == len(data) - (data.rfind(b"\n") + 1)
    rest = scanner.finish()
    lines += [rest] if rest is not None else []
    whole = data.split(b"\n")
    whole = whole if whole[-1] else whole[:-1]
    assert len(lines) == len(whole)
    assert sum(line.size for line in lines) == len(data)
    for line, expected in zip(lines, whole, strict=True):
        assert line.raw == expected[: max(len(line.raw), 0)]
        if len(expected) > limit:
            assert line.digest == hashlib.blake2b(expected, digest_size=16).hexdigest()
        else:
            assert (line.raw, line.digest) == (expected, "")


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" ")), max_size=8))
def test_each_line_ends_where_its_line_end_is(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    scanned = LineSplitter(1000, offset=7).feed(data)
    assert [line.raw for line in scanned] == lines
    for line in scanned:
        assert data[line.end - 7 - line.size : line.end - 7] == line.raw + b"\n"


def test_of_a_line_over_the_limit_only_the_beginning_is_held() -> None:
    scanner = LineSplitter(100_000)
    for _ in range(64):
        assert scanner.feed(b"x" * 65_536) == []
    (line,) = scanner.feed(b"\n")
    assert (len(line.raw), line.size) == (HEAD_BYTES, 64 * 65_536 + 1)
    assert line.digest == hashlib.blake2b(b"x" * 64 * 65_536, digest_size=16).hexdigest()


def test_a_line_of_exactly_the_limit_is_whole() -> None:
    assert LineSplitter(5).feed(b"12345\n")[0].digest == ""
    assert LineSplitter(5).feed(b"123456\n")[0].digest

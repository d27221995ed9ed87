"""Finding the checkpoint's file again."""

from tocsin.collector.sources.export_file.file_identity import IDENTITY_BYTES, Candidate, find, fingerprint
from tocsin.model.checkpoint import Position


def test_a_first_line_that_may_still_grow_identifies_nothing() -> None:
    assert fingerprint(b"", final=False) == ""
    assert fingerprint(b'{"proc', final=False) == ""
    assert fingerprint(b"", final=True) == ""


def test_what_follows_the_first_line_changes_nothing() -> None:
    assert fingerprint(b"one\n", final=False) == fingerprint(b"one\ntwo\n", final=True) != ""
    assert fingerprint(b"one\n", final=False) != fingerprint(b"one", final=True)


def test_of_a_very_long_first_line_the_beginning_is_enough() -> None:
    long = b"x" * IDENTITY_BYTES
    assert fingerprint(long, final=False) == fingerprint(long + b"y" * 10 + b"\n", final=True) != ""


def _at(mark: str, offset: int = 10, inode: int = 1) -> Position:
    return Position(fingerprint=mark, inode=inode, offset=offset)


def test_the_file_is_found_by_its_first_line_whatever_its_inode() -> None:
    candidates = [Candidate("a", 1, 100), Candidate("b", 2, 100), Candidate("c", 3, None)]
    assert find(_at("b", inode=3), candidates) == 1
    assert find(_at("c", inode=1), candidates) == 2
    assert find(_at("d"), candidates) is None


def test_between_equal_first_lines_the_inode_decides_else_the_newest_is_taken() -> None:
    candidates = [Candidate("a", 1, 100), Candidate("a", 2, 100)]
    assert find(_at("a", inode=1), candidates) == 0
    assert find(_at("a", inode=9), candidates) == 1


def test_a_file_that_is_shorter_than_the_offset_is_another() -> None:
    assert find(_at("a", offset=101), [Candidate("a", 1, 100)]) is None
    assert find(_at("a", offset=100), [Candidate("a", 1, 100)]) == 0


def test_an_unknown_first_line_fits_nothing() -> None:
    assert find(_at(""), [Candidate("", 1, 100)]) is None

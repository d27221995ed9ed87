"""A token's file: what is in it counts soon after it changes, and a broken one locks nobody out."""

import logging
from pathlib import Path

import pytest

from tocsin.gateway.auth.tokens import File
from tocsin.model.errors import SettingsError

OLD, NEW = "the-old-token-of-this-gateway", "the-new-token-of-this-gateway"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    own = tmp_path / "token"
    own.write_text(f"{OLD}\n")
    return own


def test_a_new_token_counts_a_second_later(path: Path) -> None:
    file = File(str(path), "TOCSIN_X")
    assert file.now(10.0).matches(OLD)
    path.write_text(NEW)
    assert file.now(10.9).matches(OLD)
    assert file.now(11.0).matches(NEW)
    assert not file.now(11.0).matches(OLD)


def test_a_secret_that_is_mounted_changes_by_its_link(tmp_path: Path) -> None:
    for name, text in (("one", OLD), ("two", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(text)
    link = tmp_path / "data"
    link.symlink_to("one")
    file = File(str(link / "token"), "TOCSIN_X")
    assert file.now(1.0).matches(OLD)
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").replace(link)
    assert file.now(2.0).matches(NEW)


@pytest.mark.parametrize("broken", [b"", b"short", b"\xff" * 40, None])
def test_while_a_file_cannot_be_used_the_last_good_token_stays_and_that_is_said(
    path: Path, broken: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = File(str(path), "TOCSIN_X")
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(broken)
    with caplog.at_level(logging.WARNING):
        assert [file.now(n).matches(OLD) for n in (1.0, 2.0, 3.0)] == [True] * 3
    (said,) = caplog.records
    assert said.message == "token.unusable"
    assert str(path) in said.__dict__["error"]
    path.write_text(NEW)
    assert file.now(4.0).matches(NEW)


def test_nothing_is_said_of_a_token_that_is_the_same(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = File(str(path), "TOCSIN_X")
    path.write_text(f"\n{OLD}  \n")
    with caplog.at_level(logging.DEBUG):
        before = file.now(1.0)
    assert not caplog.records
    path.write_text(NEW)
    with caplog.at_level(logging.DEBUG):
        assert file.now(2.0) is not before
    assert [record.message for record in caplog.records] == ["token.rotated"]
    assert NEW not in str(vars(caplog.records[0]))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^TOCSIN_X: {tmp_path}/none cannot be read: No such file"):
        File(str(tmp_path / "none"), "TOCSIN_X")
    with pytest.raises(SettingsError, match=f"^TOCSIN_X: {tmp_path} cannot be read: Is a directory"):
        File(str(tmp_path), "TOCSIN_X")

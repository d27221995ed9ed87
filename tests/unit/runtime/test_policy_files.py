"""The folders of policies: what is read, what is left out, and which changes are seen."""

import asyncio
from pathlib import Path

import pytest

from tocsin.model.errors import SettingsError
from tocsin.runtime import policy_files
from tocsin.runtime.policy_files import Content, Policies


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a severity table and one rule."""
    (tmp_path / "rules" / "deep").mkdir(parents=True)
    (tmp_path / "severity.yaml").write_text("profiles: {}\n")
    (tmp_path / "rules" / "deep" / "a.yml").write_text("title: a\n")
    return tmp_path


def test_rules_are_found_at_any_depth_and_what_is_hidden_or_no_yaml_is_not(folder: Path) -> None:
    (folder / "rules" / ".hidden.yml").write_text("no\n")
    (folder / "rules" / "notes.md").write_text("no\n")
    content = Policies(str(folder)).read()
    assert content.severity == b"profiles: {}\n"
    assert content.rules == {str(folder / "rules" / "deep" / "a.yml"): b"title: a\n"}
    assert content.unreadable == {}


def test_a_configmap_is_read_once_through_its_links(tmp_path: Path) -> None:
    version = tmp_path / "rules" / "..2026_11_24"
    version.mkdir(parents=True)
    (version / "a.yml").write_text("title: a\n")
    (tmp_path / "rules" / "..data").symlink_to(version.name)
    (tmp_path / "rules" / "a.yml").symlink_to("..data/a.yml")
    (tmp_path / "severity.yaml").write_text("x\n")
    assert list(Policies(str(tmp_path)).read().rules) == [str(tmp_path / "rules" / "a.yml")]


def test_more_folders_of_rules_are_read_and_one_that_is_none_is_named(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("own")
    (own / "mine.yaml").write_text("title: mine\n")
    assert str(own / "mine.yaml") in Policies(str(folder), str(own)).read().rules
    with pytest.raises(SettingsError, match=r"TOCSIN_CLASSIFIER_RULES: .*nowhere is not a folder"):
        Policies(str(folder), str(own / "nowhere")).read()


def test_a_missing_severity_table_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TOCSIN_X_POLICIES: cannot read .*severity.yaml"):
        Policies(str(tmp_path), prefix="TOCSIN_X").read()


def test_a_file_that_cannot_be_read_any_more_keeps_what_it_held(folder: Path) -> None:
    reader = Policies(str(folder))
    reader.read()
    rule = folder / "rules" / "deep" / "a.yml"
    rule.unlink()
    rule.symlink_to("nowhere")
    content = reader.read()
    assert content.rules == {str(rule): b"title: a\n"}
    assert "No such file" in content.unreadable[str(rule)]


def test_a_pipe_is_named_and_not_waited_for(folder: Path) -> None:
    import os

    os.mkfifo(folder / "rules" / "pipe.yml")
    assert "not a regular file" in Policies(str(folder)).read().unreadable[str(folder / "rules" / "pipe.yml")]


def test_of_a_large_file_only_enough_is_read_to_see_that_it_is(folder: Path) -> None:
    (folder / "rules" / "large.yml").write_bytes(b"#" * (policy_files.MAX_FILE_BYTES * 2))
    content = Policies(str(folder)).read()
    assert len(content.rules[str(folder / "rules" / "large.yml")]) == policy_files.MAX_FILE_BYTES + 1


async def _next(reader: Policies) -> Content:
    async for content in reader.changes(check_s=0.05):
        return content
    raise AssertionError("the changes ended")


@pytest.mark.slow
async def test_a_changed_file_a_new_one_and_a_swapped_link_are_seen(folder: Path) -> None:
    reader = Policies(str(folder))
    reader.read()
    async with asyncio.timeout(30):
        (folder / "rules" / "b.yml").write_text("title: b\n")
        assert (await _next(reader)).rules[str(folder / "rules" / "b.yml")] == b"title: b\n"
        (folder / "rules" / "b.yml").write_text("title: other\n")
        assert (await _next(reader)).rules[str(folder / "rules" / "b.yml")] == b"title: other\n"
        for version in ("one", "two"):
            (folder / "rules" / f"..{version}").mkdir()
            (folder / "rules" / f"..{version}" / "c.yml").write_text(version)
        (folder / "rules" / "..data").symlink_to("..one")
        (folder / "rules" / "c.yml").symlink_to("..data/c.yml")
        assert (await _next(reader)).rules[str(folder / "rules" / "c.yml")] == b"one"
        (folder / "rules" / "..new").symlink_to("..two")
        (folder / "rules" / "..new").rename(folder / "rules" / "..data")
        assert (await _next(reader)).rules[str(folder / "rules" / "c.yml")] == b"two"
        (folder / "rules" / "b.yml").unlink()
        assert str(folder / "rules" / "b.yml") not in (await _next(reader)).rules


def test_a_folder_that_is_gone_keeps_what_it_held_and_says_so(folder: Path) -> None:
    reader = Policies(str(folder))
    before = reader.read().rules
    (folder / "rules").rename(folder / "elsewhere")
    content = reader.read()
    assert content.rules == before
    assert "the folder is gone" in content.unreadable[str(folder / "rules")]
    (folder / "elsewhere").rename(folder / "rules")
    assert reader.read().unreadable == {}


def test_a_file_that_is_removed_takes_its_rules_with_it(folder: Path) -> None:
    reader = Policies(str(folder))
    reader.read()
    (folder / "rules" / "deep" / "a.yml").unlink()
    assert reader.read().rules == {}

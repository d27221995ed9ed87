"""The state directory belongs to one supervisor, and its credentials to nobody else."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.bus.permissions import users
from tocsin.embedded.state import StateDir, default_path, read_environment, write_private
from tocsin.model.errors import SettingsError, TocsinError


def test_credentials_are_made_once_and_kept(tmp_path: Path) -> None:
    first = StateDir(tmp_path).passwords()
    assert StateDir(tmp_path).passwords() == first
    assert set(first) == set(users.NAMES)
    assert len(set(first.values())) == len(first)


def test_what_holds_a_password_may_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    state.passwords()
    write_private(state.environment, "A=1\nB=x=y\n")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "credentials.json", state.environment)]
    assert modes == [0o600, 0o600]
    assert read_environment(state.environment) == {"A": "1", "B": "x=y"}


def test_broken_credentials_stop_the_start_and_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{")
    with pytest.raises(SettingsError, match=r"credentials\.json"):
        StateDir(tmp_path).passwords()


def test_a_child_that_outlives_its_supervisor_keeps_the_directory(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    lock = state.lock()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(lock,)) as child:
        state.unlock()
        with pytest.raises(TocsinError, match=f"pid {child.pid}"):
            StateDir(tmp_path).lock()
        child.communicate()
    again = StateDir(tmp_path)
    again.lock()
    again.unlock()


def test_the_default_place_follows_the_environment() -> None:
    assert default_path({"TOCSIN_STATE_DIR": "/x"}) == Path("/x")
    assert default_path({"XDG_STATE_HOME": "/y"}) == Path("/y/tocsin")


def test_the_size_of_the_store_is_chosen_once_whatever_the_disk_does_later(tmp_path: Path) -> None:
    chosen = StateDir(tmp_path).store_bytes(0)
    (tmp_path / "ballast").write_bytes(bytes(1 << 20))
    assert StateDir(tmp_path).store_bytes(0) == chosen
    assert StateDir(tmp_path).store_bytes(5) == 5
    assert StateDir(tmp_path).store_bytes(0) == 5

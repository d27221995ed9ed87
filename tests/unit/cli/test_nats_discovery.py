"""Where NATS is, and as whom: the environment first, else a running `tocsin up`."""

from pathlib import Path

import pytest

from tocsin.cli import nats_discovery
from tocsin.cli.describe import meanings
from tocsin.collector.settings import Settings
from tocsin.embedded.state import StateDir, write_private
from tocsin.model.errors import SettingsError


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """A state directory as `tocsin up` leaves it."""
    state = StateDir(tmp_path)
    address = f"nats://admin:{state.passwords()['admin']}@127.0.0.1:4333"
    write_private(state.environment, f"TOCSIN_NATS_URL={address}\nTOCSIN_PAGE_URL=http://127.0.0.1:1/\n")
    return tmp_path


def test_people_ask_as_the_admin_of_what_runs(running: Path) -> None:
    own = nats_discovery.nats({"TOCSIN_STATE_DIR": str(running)})
    assert own.url.startswith("nats://admin:")
    assert own.url.endswith("@127.0.0.1:4333")


def test_a_service_beside_it_is_its_own_user_and_not_the_admin(running: Path) -> None:
    found = nats_discovery.missing({}, str(running), user="collector")
    assert found == {
        "TOCSIN_NATS_URL": "nats://127.0.0.1:4333",
        "TOCSIN_NATS_USER": "collector",
        "TOCSIN_NATS_PASSWORD": StateDir(running).passwords()["collector"],
    }


def test_the_environment_wins(running: Path) -> None:
    environ = {"TOCSIN_NATS_URL": "nats://elsewhere:4222", "TOCSIN_STATE_DIR": str(running)}
    assert nats_discovery.missing(environ, user="collector") == {}
    assert nats_discovery.nats(environ).url == "nats://elsewhere:4222"


def test_where_nothing_runs_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TOCSIN_NATS_URL"):
        nats_discovery.nats({"TOCSIN_STATE_DIR": str(tmp_path)})


def test_the_help_of_a_setting_is_what_stands_under_its_field() -> None:
    assert meanings(Settings)["max_line_bytes"].startswith("A longer line becomes a dead letter")

"""The files of deploy/ that are made from the code are what the code makes of them now."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.bus.permissions import users

_ROOT = Path(__file__).resolve().parents[2]


def test_nothing_differs_from_what_scripts_deploy_writes() -> None:
    command = [sys.executable, str(_ROOT / "scripts" / "deploy"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_wrong_flag_is_wrong_usage() -> None:
    command = [sys.executable, str(_ROOT / "scripts" / "deploy"), "--chek"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "usage" in done.stderr) == (2, True)


def test_the_deployed_users_hold_no_password_and_name_a_variable_each() -> None:
    text = (_ROOT / "deploy" / "nats" / "users.conf").read_text()
    found = re.findall(r"password = (\S+)", text)
    assert sorted(found) == sorted(f"${users.variable(name)}" for name in users.NAMES)
    assert "nkey" not in text

"""`make run` installs only what running needs, and keeps its state in the checkout."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def commands(tmp_path: Path, *arguments: str, **environment: str) -> str:
    """What make would do where nothing is installed yet."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "TOCSIN_", "MFLAGS"))}
    command = ["make", "-n", *arguments, f"VENV={tmp_path / 'environment'}"]
    return subprocess.run(
        command, cwd=ROOT, env={**own, **environment}, check=True, capture_output=True, text=True
    ).stdout


def test_running_installs_no_tool_of_development(tmp_path: Path) -> None:
    shown = commands(tmp_path, "run")
    assert "requirements/run.txt" in shown
    assert "requirements/dev.txt" not in shown


def test_the_quick_tests_install_the_tools_on_top(tmp_path: Path) -> None:
    shown = commands(tmp_path, "quick")
    assert shown.index("requirements/run.txt") < shown.index("requirements/dev.txt")


def test_each_checkout_has_a_state_directory_that_is_printed(tmp_path: Path) -> None:
    shown = commands(tmp_path, "run")
    assert f"State directory: {ROOT}/state" in shown
    assert f'--state-dir "{ROOT}/state"' in shown
    assert "/state/" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_state_directory_of_the_environment_is_used(tmp_path: Path) -> None:
    assert '--state-dir "/elsewhere"' in commands(tmp_path, "run", TOCSIN_STATE_DIR="/elsewhere")


def test_options_are_passed_on(tmp_path: Path) -> None:
    assert commands(tmp_path, "run", "ARGS=--port 8081").rstrip().endswith("--port 8081")


def test_no_command_is_mistaken_for_a_file() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE)) == set(phony.replace("\\", "").split())

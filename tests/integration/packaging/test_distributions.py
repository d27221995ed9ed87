"""The wheel is a product of its own, and neither it nor the source distribution is built without the page."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tocsin.embedded.state import read_environment

ROOT = Path(__file__).resolve().parents[3]
PAGE = Path("services/tocsin/gateway/static")
BUILD_S, READY_S, STOP_S = 60, 60, 40

pytestmark = pytest.mark.skipif(not (ROOT / PAGE / "index.html").exists(), reason="the page is not built: `make ui`")


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command's end, with everything that it said."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=own, timeout=BUILD_S, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One command of pip that needs no package index."""
    return run(sys.executable, "-m", "pip", *arguments)


def build_wheel(tree: Path, folder: Path) -> Path:
    """The wheel of *tree*."""
    built = pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, tree)
    assert built.returncode == 0, built.stdout
    [wheel] = folder.glob("tocsin-*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment with the packages of requirements/run.txt and nothing else, linked to ours."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    locked = (ROOT / "requirements" / "run.txt").read_text()
    for name in re.findall(r"^([\w.-]+)==", locked, re.MULTILINE):
        found = distribution(name)
        for part in {Path(*file.parts[: file.parts.index("bin") + 2]) if "bin" in file.parts else Path(file.parts[0])
                     for file in found.files or []}:  # fmt: skip
            place = folder / "bin" / part.name if "bin" in part.parts else packages / part
            if not place.exists() and part.name != "__pycache__":
                place.symlink_to(Path(str(found.locate_file(part))).resolve())
    return folder


@pytest.fixture
def bare_tree(tmp_path: Path) -> Path:
    """What a build reads, without the page."""
    tree = tmp_path / "tree"
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "scripts/hatch_build.py"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    for name in ("services", "policies"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("static", "__pycache__"))
    return tree


@contextlib.contextmanager
def running(environment: Path, folder: Path) -> Iterator[str]:
    """``tocsin up --simulate`` of the environment; the address of its page."""
    state, log = folder / "state", folder / "up.log"
    command = [environment / "bin" / "tocsin", "up", "--simulate", "--port", "0", "--nats-port", "0"]
    own = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with log.open("wb") as file:
        process = subprocess.Popen([*command, "--state-dir", state], env=own, cwd=folder, stdout=file, stderr=file)
    try:
        until = time.monotonic() + READY_S
        while not (address := read_environment(state / "env").get("TOCSIN_PAGE_URL")):
            assert time.monotonic() < until, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_S)


def wait_for(address: str, pattern: str) -> bytes:
    """The body at *address* once it matches *pattern*."""
    until = time.monotonic() + READY_S
    while True:
        with contextlib.suppress(OSError):
            body: bytes = urllib.request.urlopen(address, timeout=5).read()
            if re.search(pattern.encode(), body):
                return body
        assert time.monotonic() < until, f"{address} never had {pattern}"
        time.sleep(0.2)


def files(wheel: Path) -> dict[str, int]:
    """Each file in the wheel with its checksum; without the list of checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {each.filename: each.CRC for each in archive.infolist() if not each.filename.endswith("/RECORD")}


def test_an_installed_wheel_runs_with_its_page_and_policies(wheel: Path, environment: Path, tmp_path: Path) -> None:
    installed = run(sys.executable, "-m", "pip", "--python", environment / "bin/python", "install", "--no-index", wheel)
    assert installed.returncode == 0, installed.stdout
    with running(environment, tmp_path) as address:
        wait_for(f"{address}api/v1/alerts?limit=1", r'"rows":\[\{"id":')
        wait_for(address, r"<script[^>]* src=\"/?assets/index-")
        wait_for(f"{address}api/v1/rules", r'"id":')
    rules = run(environment / "bin" / "tocsin", "rules", "test", cwd=tmp_path)
    assert rules.returncode == 0, rules.stdout


def test_a_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    assert built.returncode == 0, built.stdout
    [archive] = tmp_path.glob("*.tar.gz")
    (tmp_path / "source").mkdir()
    assert run("tar", "xf", archive, "-C", tmp_path / "source").returncode == 0
    [tree] = (tmp_path / "source").iterdir()
    assert files(build_wheel(tree, tmp_path / "again")) == files(wheel)


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_without_the_page_nothing_is_built_and_the_error_names_the_command(target: str, bare_tree: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", bare_tree / "dist", cwd=bare_tree)
    assert built.returncode != 0
    assert "`make ui`" in built.stdout
    assert not list(bare_tree.glob("dist/*"))


def test_pip_shows_the_command_too(bare_tree: Path) -> None:
    built = pip("wheel", "--no-deps", "--no-build-isolation", "-w", bare_tree / "dist", bare_tree)
    assert built.returncode != 0
    assert "`make ui`" in built.stdout


def test_an_editable_install_needs_no_page(bare_tree: Path) -> None:
    program = "import hatchling.build as b; b.build_editable('dist')"
    (bare_tree / "dist").mkdir()
    built = run(sys.executable, "-c", program, cwd=bare_tree)
    assert built.returncode == 0, built.stdout
    assert list(bare_tree.glob("dist/*.whl"))

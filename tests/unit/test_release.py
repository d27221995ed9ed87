"""What is released: one version everywhere, a date in the changelog, a clean tree, and checksums that can be checked."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import tocsin

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.2.3"
DATED = f"# Changelog\n\n## {VERSION} (2026-12-01)\n\n- A line.\n"


def load(name: str) -> ModuleType:
    """The program ``scripts/NAME`` as a module; it does nothing when it is imported."""
    path = ROOT / "scripts" / name
    loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
    spec = importlib.util.spec_from_loader(path.stem, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


release, wheel_sbom = load("release"), load("wheel_sbom.py")


def git(tree: Path, *words: str) -> None:
    """One command of git in *tree*, without the settings of this user."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=tree, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A committed tree with a dated version."""
    (tmp_path / "CHANGELOG.md").write_text(DATED)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "First")
    return tmp_path


def test_a_clean_tree_with_a_dated_version_can_be_released(tree: Path) -> None:
    assert release.obstacles(tree, VERSION) == []


def test_a_changed_tree_is_refused_and_the_file_is_named(tree: Path) -> None:
    (tree / "new").write_text("")
    [reason] = release.obstacles(tree, VERSION)
    assert "new" in reason


@pytest.mark.parametrize(
    "heading", ["## Unreleased", f"## {VERSION}", f"## {VERSION} (soon)", "## 1.2.30 (2026-12-01)"]
)
def test_a_version_without_a_date_is_refused(tree: Path, heading: str) -> None:
    (tree / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    git(tree, "commit", "-qam", "Changed")
    [reason] = release.obstacles(tree, VERSION)
    assert f"## {VERSION} (YYYY-MM-DD)" in reason


def test_wrong_arguments_build_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--upload"]) == 2
    assert "--snapshot" in capsys.readouterr().err


def test_the_checksums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"wheel")
    (tmp_path / "b.tgz").write_bytes(b"chart")
    release.checksums(tmp_path)
    release.checksums(tmp_path)  # its own file is not in it
    command = ["sha256sum", "--check", "SHA256SUMS"]
    checked = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert checked.stdout.splitlines() == ["a.whl: OK", "b.tgz: OK"]


def test_every_file_that_names_the_version_names_the_same() -> None:
    chart = (ROOT / "deploy" / "helm" / "tocsin" / "Chart.yaml").read_text()
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    named = {tocsin.__version__, *re.findall(r'(?m)^(?:version|appVersion): "?([^"\n]+)"?$', chart)}
    named |= set(re.findall(r"(?m)^ARG VERSION=(.+)$", dockerfile))
    assert named == {release.version()}


def test_what_runs_is_locked_in_the_versions_that_are_tested() -> None:
    pins = {
        name: set(re.findall(r"(?m)^([\w.-]+==[^\s\\]+)", (ROOT / "requirements" / name).read_text().lower()))
        for name in ("run.txt", "image.txt", "dev.txt")
    }
    assert pins["run.txt"] <= pins["image.txt"] <= pins["dev.txt"]


def test_no_lock_file_names_a_package_index() -> None:
    files = [*(ROOT / "requirements").iterdir(), ROOT / "deploy" / "docker" / "build.txt"]
    assert [path.name for path in files if "://" in path.read_text() or "index-url" in path.read_text()] == []
    page = (ROOT / "ui" / "package-lock.json").read_text()
    assert '"resolved"' not in page


def test_the_bill_of_the_wheel_names_the_locked_packages_and_what_is_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = tmp_path / "bill.json"
    monkeypatch.setattr(sys, "argv", ["wheel_sbom.py", str(goal)])
    wheel_sbom.main()
    bill = json.loads(goal.read_text())
    named = {each["purl"].partition("@")[0] for each in bill["components"] if each["purl"].startswith("pkg:pypi/")}
    locked = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements" / "run.txt").read_text())
    assert named == {f"pkg:pypi/{name.lower()}" for name in locked}
    page = {each["name"] for each in bill["components"] if each["purl"].startswith("pkg:npm/")}
    assert {"preact", "@preact/signals", "@preact/signals-core"} <= page
    assert "vite" not in page
    assert bill["metadata"]["component"]["version"] == release.version()
    known = {bill["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in bill["components"])}
    assert {ref for edge in bill["dependencies"] for ref in [edge["ref"], *edge["dependsOn"]]} <= known

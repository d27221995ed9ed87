"""Scripts that run inside the image use modules that exist: no other check imports them."""

import importlib.util
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "deploy" / "docker"


@pytest.mark.parametrize("name", ["credentials", "assemble", "sbom"])
def test_it_can_be_imported(name: str) -> None:
    spec = importlib.util.spec_from_file_location(f"docker_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))

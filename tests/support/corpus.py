"""Real Tetragon events, where this machine has them: they are not part of the project."""

import gzip
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def files() -> list[Path]:
    """All files of single events; skips the test where there are none."""
    found = sorted(FOLDER.glob("*.jsonl"))
    if not found:
        pytest.skip(f"the corpus of real events is not at {FOLDER}")
    return found


def lines(name: str) -> list[bytes]:
    """The events of one file, by its name without ``.jsonl``."""
    path = FOLDER / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"the corpus of real events has no {path}")
    return path.read_bytes().splitlines()


def full(name: str) -> list[bytes]:
    """The bytes that Tetragon wrote, line by line."""
    path = FOLDER / "full" / f"{name}.raw.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the corpus of real events has no {path}")
    return gzip.decompress(path.read_bytes()).splitlines()


def scrapes() -> list[bytes]:
    """Metrics of real agents, as they were scraped."""
    found = sorted((FOLDER / "metrics").glob("*.txt"))
    if not found:
        pytest.skip(f"the corpus of real events has no metrics at {FOLDER}")
    return [path.read_bytes() for path in found]

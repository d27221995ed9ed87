"""An export file as Tetragon's writer keeps it: whole lines, rotated by renaming, compressed when asked."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FIRST = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)


class ExportFile:
    """The file at a path, and what it was rotated into."""

    def __init__(self, path: Path) -> None:
        """Nothing is written yet; each rotation takes place a second after the one before."""
        self.path = path
        self._rotations = 0

    def write(self, *lines: bytes, end: bytes = b"\n") -> None:
        """Append *lines*, each with its *end*."""
        with self.path.open("ab") as file:
            for line in lines:
                file.write(line + end)

    def rotate(self, *, create: bool = True) -> Path:
        """Rename the file by the time, and make a new one; where it is now."""
        moment = _FIRST + timedelta(seconds=self._rotations)
        self._rotations += 1
        rotated = self.path.with_name(f"{self.path.stem}-{moment:%Y-%m-%dT%H-%M-%S}.000{self.path.suffix}")
        self.path.rename(rotated)
        if create:
            self.path.touch()
        return rotated


def compress(path: Path, *, keep: bool = False) -> Path:
    """Compress a rotated file, as the writer does; where it is now."""
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    if not keep:
        path.unlink()
    return packed

"""Export files of an agent on this machine, and the free space of a disk."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tocsin.cli.doctor.checks.export import NEW_PATH, OLD_PATH
from tocsin.cli.doctor.observations import ExportFile

_MOST = 1_000


def exports(environ: Mapping[str, str], named: str = "") -> list[ExportFile]:
    """The file *named*, else the collector's file and the default files of agents, each once."""
    paths = [named] if named else [environ.get("TOCSIN_COLLECTOR_PATH", ""), NEW_PATH, OLD_PATH]
    return [_export(Path(path)) for path in dict.fromkeys(filter(None, paths))]


def _export(path: Path) -> ExportFile:
    try:
        status = path.stat()
        rotated = _rotated(path)
    except FileNotFoundError:
        return ExportFile(path=str(path))
    except OSError as error:
        return ExportFile(path=str(path), exists=True, problem=error.strerror or str(error))
    problem = "" if os.access(path, os.R_OK) else "Permission denied"
    return ExportFile(
        path=str(path),
        exists=True,
        problem=problem,
        size=status.st_size,
        changed_ns=status.st_mtime_ns,
        rotated=rotated,
    )


def _rotated(path: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of each rotated file of *path*, oldest first."""
    name = re.compile(rf"{re.escape(path.stem)}-.+{re.escape(path.suffix)}(\.gz)?")
    files = []
    with os.scandir(path.parent) as entries:
        for entry, _ in zip(entries, range(_MOST), strict=False):
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                files.append((status.st_mtime_ns, status.st_size))
    return tuple((size, changed) for changed, size in sorted(files))


def disk_free(folder: Path) -> int | None:
    """Free bytes on the disk of *folder*; ``None`` if there is no such folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None

"""Export files of an agent on this machine, and how much of the disk is free."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tocsin.cli.doctor.checks.export import NEW_PATH, OLD_PATH
from tocsin.cli.doctor.observations import ExportFile

_MOST = 1_000


def exports(environ: Mapping[str, str], named: str = "") -> list[ExportFile]:
    """The file that was *named*, else the collector's and those where agents write by default; each once."""
    paths = [named] if named else [environ.get("TOCSIN_COLLECTOR_PATH", ""), NEW_PATH, OLD_PATH]
    return [_export(Path(path)) for path in dict.fromkeys(filter(None, paths))]


def _export(path: Path) -> ExportFile:
    try:
        found = path.stat()
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
        size=found.st_size,
        changed_ns=found.st_mtime_ns,
        rotated=rotated,
    )


def _rotated(path: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of each file that was rotated away from *path*, oldest first."""
    name = re.compile(rf"{re.escape(path.stem)}-.+{re.escape(path.suffix)}(\.gz)?")
    found = []
    with os.scandir(path.parent) as entries:
        for entry, _ in zip(entries, range(_MOST), strict=False):
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                found.append((about.st_mtime_ns, about.st_size))
    return tuple((size, changed) for changed, size in sorted(found))


def disk_free(folder: Path) -> int | None:
    """Bytes free where *folder* lies; ``None`` where there is no such folder here."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None

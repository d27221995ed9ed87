"""The names that lumberjack gives to rotated files, and the order in which they were written."""

import re
from collections.abc import Iterable
from pathlib import PurePath

from msgspec import Struct

_STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}"


class RotatedFile(Struct, frozen=True, order=True):
    """One rotated file, with or without its compressed copy."""

    stamp: str
    """UTC time of its rotation; files are ordered by it."""
    plain: str = ""
    """The name of the plain file; empty if there is none."""
    packed: str = ""
    """The name of the compressed file; both exist while the file is compressed."""

    @property
    def names(self) -> list[str]:
        """The names to try, the plain one first."""
        return [name for name in (self.plain, self.packed) if name]


def pattern(path: str) -> re.Pattern[str]:
    """The pattern of the names of rotated files of *path*; ``.gz.tmp`` does not match."""
    whole = PurePath(path)
    return re.compile(rf"{re.escape(whole.stem)}-({_STAMP}){re.escape(whole.suffix)}(\.gz)?", re.ASCII)


def rotated_files(names: Iterable[str], pattern: re.Pattern[str]) -> list[RotatedFile]:
    """The rotated files among *names*, oldest first; a file and its compressed copy are one."""
    files: dict[str, dict[str, str]] = {}
    for name in names:
        match = pattern.fullmatch(name)
        if match:
            files.setdefault(match[1], {})["packed" if match[2] else "plain"] = name
    return [RotatedFile(stamp, **parts) for stamp, parts in sorted(files.items())]

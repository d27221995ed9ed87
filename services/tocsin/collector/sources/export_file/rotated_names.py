"""The names that lumberjack gives to rotated files, and the order in which they were written."""

import re
from collections.abc import Iterable
from pathlib import PurePath

from msgspec import Struct

_STAMP = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}"


class RotatedFile(Struct, frozen=True, order=True):
    """One file that is not written any more."""

    stamp: str
    """UTC time of its rotation, which is also its order."""
    plain: str = ""
    """Its name where it is there as it was written."""
    packed: str = ""
    """Its name where it is there compressed; both may be, for a moment."""

    @property
    def names(self) -> list[str]:
        """The names to try, the plain one first."""
        return [name for name in (self.plain, self.packed) if name]


def pattern(path: str) -> re.Pattern[str]:
    """What the names of the rotated files of *path* look like; ``.gz.tmp`` is no such name."""
    whole = PurePath(path)
    return re.compile(rf"{re.escape(whole.stem)}-({_STAMP}){re.escape(whole.suffix)}(\.gz)?", re.ASCII)


def rotated_files(names: Iterable[str], shape: re.Pattern[str]) -> list[RotatedFile]:
    """The rotated files among *names*, oldest first, a file and its compressed copy as one."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        match = shape.fullmatch(name)
        if match:
            found.setdefault(match[1], {})["packed" if match[2] else "plain"] = name
    return [RotatedFile(stamp, **parts) for stamp, parts in sorted(found.items())]

"""The folders of policies on disk: read as a whole, and watched for changes that are complete."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

import tocsin
from tocsin.model.errors import SettingsError

SEVERITY_FILE = "severity.yaml"
RULES_FOLDER = "rules"
MAX_FILE_BYTES = 1 << 20
"""One more byte is read of a larger file, so that the parser can report that it is too large."""
MAX_FILES = 10_000
_MAX_DEPTH = 16
_ENDINGS = (".yml", ".yaml")
CHECK_S = 1.0
"""Interval of the checks for a change."""

Stamp = tuple[int, int, int, int]
"""Inode, size, time of the last change (ns), device: a file with another stamp has changed."""


class Content(Struct, frozen=True):
    """The content of the folders at one time."""

    severity: bytes
    severity_path: str
    rules: dict[str, bytes]
    """By path, as messages name it; for a file that cannot be read now, its last content."""
    unreadable: dict[str, str]
    """Path to the error of the system."""


class Policies:
    """``severity.yaml`` and ``rules/`` of one folder, and further folders of rules."""

    def __init__(self, folder: str = "", more_rules: str = "", *, prefix: str = "TOCSIN_CLASSIFIER") -> None:
        """*folder* is empty for the one that the program ships; *more_rules* are folders, separated by colons.

        *prefix* is that of the settings, for error messages.
        """
        self._prefix = prefix
        self._folder = shipped() if not folder else Path(folder)
        self._rules = [self._folder / RULES_FOLDER, *(Path(part) for part in more_rules.split(":") if part)]
        self._last: dict[str, bytes] = {}
        self._stamps: dict[str, Stamp] = {}

    def read(self) -> Content:
        """The present content; a file that cannot be read any more keeps its last content.

        `SettingsError` if a folder of the settings is not one, or ``severity.yaml`` could never be read.
        """
        path = self._folder / SEVERITY_FILE
        self._stamps = self._read_stamps()  # first: a change during the reading is noticed as one
        contents: dict[str, bytes] = {}
        unreadable: dict[str, str] = {}
        for name in self._stamps:
            try:
                contents[name] = _content(Path(name))
            except OSError as error:
                unreadable[name] = error.strerror or str(error)
                if name in self._last:
                    contents[name] = self._last[name]
        for folder in self._rules:
            if self._keep(folder, contents):
                unreadable[str(folder)] = "the folder is gone; its last rules stay active"
        if len(self._stamps) > MAX_FILES:
            unreadable[str(self._rules[-1])] = f"more than {MAX_FILES:,} rule files in all: the rest is not read"
        if str(path) not in contents:
            raise SettingsError(f"{self._prefix}_POLICIES: cannot read {path}: {unreadable[str(path)]}")
        for folder in self._rules[1:]:
            if not folder.is_dir() and not self._last:
                raise SettingsError(f"{self._prefix}_RULES: {folder} is not a folder")
        self._last = dict(contents)
        return Content(contents.pop(str(path)), str(path), contents, unreadable)

    def _keep(self, folder: Path, contents: dict[str, bytes]) -> bool:
        """Keep the last rules of *folder* if it is gone: only deleted files remove rules. Whether any were kept."""
        if _is_readable(folder):
            return False
        before = {name: file for name, file in self._last.items() if Path(name).is_relative_to(folder)}
        contents.update({name: file for name, file in before.items() if Path(name) != self._folder / SEVERITY_FILE})
        return bool(before)

    async def changes(self, *, check_s: float = CHECK_S) -> AsyncIterator[Content]:
        """Each new content, once two checks have seen the same stamps: then the writing is complete."""
        before = self._stamps
        while True:
            await asyncio.sleep(check_s)
            now = await asyncio.to_thread(self._read_stamps)
            if now != self._stamps and now == before:
                yield await asyncio.to_thread(self.read)
            before = now

    def _read_stamps(self) -> dict[str, Stamp]:
        severity = self._folder / SEVERITY_FILE
        stamps = dict.fromkeys([str(severity)], _stamp(severity))
        for folder in self._rules:
            for path in _files(folder):
                if len(stamps) > MAX_FILES:
                    return stamps
                stamps[str(path)] = _stamp(path)
        return stamps


def shipped() -> Path:
    """The folder of policies that the program ships: beside the package, else that of the repository."""
    package = Path(tocsin.__file__).parent
    beside = package / "policies"
    return beside if beside.is_dir() else package.parents[1] / "policies"


def rule_files(places: Sequence[Path]) -> dict[str, bytes]:
    """The rule files among *places*, which are files or folders; ``OSError`` if one cannot be read."""
    contents = {}
    for place in places:
        for path in _files(place) if place.is_dir() else (place,):
            contents[str(path)] = _content(path)
    return contents


def _files(folder: Path, depth: int = 0) -> Iterator[Path]:
    """The files in order of their names. Names with a leading dot are left out: a ConfigMap has its versions there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError:
        yield folder  # it is not a file: reading it reports the error
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.name.endswith(_ENDINGS):
            yield Path(entry.path)
        elif depth < _MAX_DEPTH and _is_folder(entry):
            yield from _files(Path(entry.path), depth + 1)


def _is_readable(folder: Path) -> bool:
    """Whether *folder* is a folder that can be listed."""
    try:
        with os.scandir(folder):
            return True
    except OSError:
        return False


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _stamp(path: Path) -> Stamp:
    """The stamp of the target of a symbolic link, so that a new target is a change."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_dev)


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would block the reader
        raise OSError(0, "is not a regular file, or a folder that may not be read")
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)

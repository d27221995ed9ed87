"""The folders of policies on disk: read whole, and watched for a change that has come to rest."""

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
"""Of a larger file one byte more is read, so that whoever parses it can say that it is too large."""
MAX_FILES = 10_000
_MAX_DEPTH = 16
_ENDINGS = (".yml", ".yaml")
LOOK_S = 1.0
"""Between two looks for a change."""

Stamp = tuple[int, int, int, int]
"""Inode, size, time of the last change (ns), device: another one is another content."""


class Content(Struct, frozen=True):
    """What the folders held when they were read."""

    severity: bytes
    severity_path: str
    rules: dict[str, bytes]
    """By path, as messages name it; of a file that cannot be read now, what it held before."""
    unreadable: dict[str, str]
    """Path to what the system says."""


class Policies:
    """``severity.yaml`` and ``rules/`` of one folder, and further folders of rules."""

    def __init__(self, folder: str = "", more_rules: str = "", *, prefix: str = "TOCSIN_CLASSIFIER") -> None:
        """*folder* is empty for the one that came with the program; *more_rules* are folders, separated by colons.

        *prefix* is that of the settings they come from, for messages.
        """
        self._prefix = prefix
        self._folder = shipped() if not folder else Path(folder)
        self._rules = [self._folder / RULES_FOLDER, *(Path(part) for part in more_rules.split(":") if part)]
        self._last: dict[str, bytes] = {}
        self._stamps: dict[str, Stamp] = {}

    def read(self) -> Content:
        """Everything as it is now; what cannot be read any more is as it was last.

        `SettingsError` where a folder that was asked for is none, or ``severity.yaml`` could never be read.
        """
        path = self._folder / SEVERITY_FILE
        self._stamps = self._look()  # first: what changes while it is read is seen as a change
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
                unreadable[str(folder)] = "the folder is gone; what it held judges on"
        if len(self._stamps) > MAX_FILES:
            unreadable[str(self._rules[-1])] = f"more than {MAX_FILES:,} files of rules in all: the rest is not read"
        if str(path) not in contents:
            raise SettingsError(f"{self._prefix}_POLICIES: cannot read {path}: {unreadable[str(path)]}")
        for folder in self._rules[1:]:
            if not folder.is_dir() and not self._last:
                raise SettingsError(f"{self._prefix}_RULES: {folder} is no folder")
        self._last = dict(contents)
        return Content(contents.pop(str(path)), str(path), contents, unreadable)

    def _keep(self, folder: Path, contents: dict[str, bytes]) -> bool:
        """Whether *folder* is gone, with what was read from it: that is kept. To drop rules one drops their files."""
        if _is_readable(folder):
            return False
        before = {name: held for name, held in self._last.items() if Path(name).is_relative_to(folder)}
        contents.update({name: held for name, held in before.items() if Path(name) != self._folder / SEVERITY_FILE})
        return bool(before)

    async def changes(self, *, look_s: float = LOOK_S) -> AsyncIterator[Content]:
        """Each new content, once it has been the same at two looks: nobody is in the middle of writing it."""
        before = self._stamps
        while True:
            await asyncio.sleep(look_s)
            now = await asyncio.to_thread(self._look)
            if now != self._stamps and now == before:
                yield await asyncio.to_thread(self.read)
            before = now

    def _look(self) -> dict[str, Stamp]:
        severity = self._folder / SEVERITY_FILE
        found = dict.fromkeys([str(severity)], _stamp(severity))
        for folder in self._rules:
            for path in _files(folder):
                if len(found) > MAX_FILES:
                    return found
                found[str(path)] = _stamp(path)
        return found


def shipped() -> Path:
    """The folder of policies that came with the program: beside the package, else that of the repository."""
    package = Path(tocsin.__file__).parent
    beside = package / "policies"
    return beside if beside.is_dir() else package.parents[1] / "policies"


def rule_files(places: Sequence[Path]) -> dict[str, bytes]:
    """The rule files among *places*, files or folders; ``OSError`` where one cannot be read."""
    found = {}
    for place in places:
        for path in _files(place) if place.is_dir() else (place,):
            found[str(path)] = _content(path)
    return found


def _files(folder: Path, depth: int = 0) -> Iterator[Path]:
    """In order of their names; what begins with a dot is left out: a ConfigMap keeps its versions there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError:
        yield folder  # which is no file, and is named as such
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.name.endswith(_ENDINGS):
            yield Path(entry.path)
        elif depth < _MAX_DEPTH and _is_folder(entry):
            yield from _files(Path(entry.path), depth + 1)


def _is_readable(folder: Path) -> bool:
    """Whether it is a folder that can be listed."""
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
    """Through symbolic links, so that a link set to another file is a change."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_dev)


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would keep whoever opens it waiting
        raise OSError(0, "is no regular file, or a folder that may not be read")
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)

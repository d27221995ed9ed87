"""A file that rotates as Tetragon's does (lumberjack): it is renamed with the time in UTC, then a new one is opened."""

import gzip
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tocsin.model.timestamps import NS_PER_MS
from tocsin.simulator.event_numbers import number_of

_MODE = 0o600
_TAIL_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 18
"""Bytes written at once if lines are not written singly."""


class RotatingFile:
    """Appends complete lines to *path*; rotated files are in the same folder."""

    def __init__(self, path: Path, *, max_bytes: int, rotate_every_ns: int = 0) -> None:
        """Open or create the file and its folder; an incomplete last line is ended. *rotate_every_ns* 0: by size."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._max_bytes = max_bytes
        self._every_ns = rotate_every_ns
        self._rotate_at = 0
        self.rotations = 0
        self._open()
        if not _ends_with_line(path):
            self._append(b"\n")

    def write(self, lines: Sequence[bytes], *, now_ns: int, singly: bool) -> None:
        """Append *lines*; rotate before a line that would make the file too large, and at the set interval."""
        if self._every_ns and now_ns >= self._rotate_at:
            if self._rotate_at and self._size:
                self._rotate(now_ns)
            self._rotate_at = now_ns + self._every_ns
        batch: list[bytes] = []
        length = 0
        most = 1 if singly else _CHUNK_BYTES
        for line in lines:
            if length >= most or self._size + length + len(line) > self._max_bytes:
                self._append(b"".join(batch))
                batch, length = [], 0
                if self._size and self._size + len(line) > self._max_bytes:
                    self._rotate(now_ns)
            batch.append(line)
            length += len(line)
        self._append(b"".join(batch))

    def flush(self) -> bool:
        """Whether all lines are written: always."""
        return True

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._size = os.fstat(self._fd).st_size

    def _append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self._size += len(chunk)

    def _rotate(self, now_ns: int) -> None:
        os.close(self._fd)
        self._path.rename(_free_backup(self._path, now_ns))
        self._open()
        self.rotations += 1


def prune_backups(path: Path, *, max_backups: int, compress: bool) -> None:
    """Remove the oldest backups above *max_backups* (0 keeps all), then compress the others if *compress* is set."""
    names = sorted({_plain(p) for p in _backups(path)})
    surplus = names[: len(names) - max_backups] if max_backups else []
    for plain in surplus:
        plain.unlink(missing_ok=True)
        _gz(plain).unlink(missing_ok=True)
    if compress:
        for plain in names[len(surplus) :]:
            if plain.exists():
                _compress(plain)


def next_number(path: Path) -> int:
    """One more than the number of the last complete event in the file, or in its newest backup; 0 without any."""
    files = [path] if path.exists() else []
    for file in [*files, *sorted(_backups(path), key=_plain, reverse=True)]:
        for line in _lines_backwards(file):
            number = number_of(line)
            if number is not None and _is_json(line):  # an incomplete line may contain its number, but is not an event
                return number + 1
    return 0


def _lines_backwards(file: Path) -> Iterator[bytes]:
    """Lines from the last to the first; a plain file is read only as far as lines are taken."""
    if file.suffix == ".gz":
        with gzip.open(file) as packed:
            yield from reversed(packed.read().splitlines())
        return
    with file.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        rest = b""
        while end:
            start = max(end - _TAIL_BYTES, 0)
            stream.seek(start)
            head, *lines = (stream.read(end - start) + rest).split(b"\n")
            yield from reversed(lines)
            rest, end = head, start
        yield rest


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) == 0:
            return True
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _backups(path: Path) -> list[Path]:
    """Rotated files, plain and compressed, without unfinished compressed ones."""
    files = [*path.parent.glob(f"{path.stem}-*{path.suffix}"), *path.parent.glob(f"{path.stem}-*{path.suffix}.gz")]
    return [p for p in files if p != path]


def _plain(backup: Path) -> Path:
    return backup.with_suffix("") if backup.suffix == ".gz" else backup


def _gz(plain: Path) -> Path:
    return plain.with_name(f"{plain.name}.gz")


def _free_backup(path: Path, now_ns: int) -> Path:
    """The name for a file rotated now; if it is taken, that of the next free millisecond."""
    ms = now_ns // NS_PER_MS
    while True:
        moment = datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H-%M-%S")
        backup = path.with_name(f"{path.stem}-{moment}.{ms % 1000:03d}{path.suffix}")
        if not backup.exists() and not _gz(backup).exists():
            return backup
        ms += 1


def _compress(plain: Path) -> None:
    half = plain.with_name(f"{plain.name}.gz.tmp")
    with plain.open("rb") as source, gzip.open(half, "wb") as target:
        shutil.copyfileobj(source, target)
    half.chmod(_MODE)
    half.rename(_gz(plain))
    plain.unlink(missing_ok=True)

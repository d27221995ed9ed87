"""Telling files apart by their first line, and finding the one that a checkpoint speaks of."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from tocsin.model.checkpoint import Position

IDENTITY_BYTES = 64 << 10
"""At most this much of a first line makes the fingerprint, so that a hostile one costs no more than a real one."""


def fingerprint(beginning: bytes, *, final: bool) -> str:
    """BLAKE2b-128 of the first line with its line end, or of its first 64 KiB where it is longer.

    Empty while the line may still grow; a *final* file's only line needs no end.
    """
    end = beginning.find(b"\n", 0, IDENTITY_BYTES)
    if end >= 0:
        identity = beginning[: end + 1]
    elif len(beginning) >= IDENTITY_BYTES or (final and beginning):
        identity = beginning[:IDENTITY_BYTES]
    else:
        return ""
    return hashlib.blake2b(identity, digest_size=16).hexdigest()


class Candidate(Struct, frozen=True):
    """A file that may be the checkpoint's."""

    fingerprint: str
    inode: int
    size: int | None
    """``None`` where only reading it all would tell (compressed)."""


def find(position: Position, candidates: Sequence[Candidate]) -> int | None:
    """Which of *candidates* (oldest first) *position* lies in; its inode decides only between equal first lines.

    A file shorter than the offset is not it: what followed the first line has been replaced.
    """
    fitting = [
        (candidate.inode == position.inode, index)
        for index, candidate in enumerate(candidates)
        if candidate.fingerprint
        and candidate.fingerprint == position.fingerprint
        and (candidate.size is None or candidate.size >= position.offset)
    ]
    return max(fitting)[1] if fitting else None

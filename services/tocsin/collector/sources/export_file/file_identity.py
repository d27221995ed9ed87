"""Identifies files by their first line, and finds the file of a checkpoint."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from tocsin.model.checkpoint import Position

IDENTITY_BYTES = 64 << 10
"""At most this much of the first line is hashed, so that a hostile line costs no more than a real one."""


def fingerprint(beginning: bytes, *, final: bool) -> str:
    """BLAKE2b-128 of the first line with its line end, or of its first 64 KiB if it is longer.

    Empty while the line may still grow; the only line of a *final* file needs no end.
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
    """A file that may be the one of the checkpoint."""

    fingerprint: str
    inode: int
    size: int | None
    """``None`` if it is unknown without reading the whole file (compressed)."""


def find(position: Position, candidates: Sequence[Candidate]) -> int | None:
    """The index of the candidate (oldest first) that *position* lies in; inodes decide between equal first lines.

    A file shorter than the offset does not match: the bytes after its first line were replaced.
    """
    fitting = [
        (candidate.inode == position.inode, index)
        for index, candidate in enumerate(candidates)
        if candidate.fingerprint
        and candidate.fingerprint == position.fingerprint
        and (candidate.size is None or candidate.size >= position.offset)
    ]
    return max(fitting)[1] if fitting else None

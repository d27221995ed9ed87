"""Stable ids: the same bytes of the same node are the same event, after any number of resends."""

import functools
import hashlib
from collections.abc import Iterable

_ID_BYTES = 16
_FINGERPRINT_BYTES = 8
_PART_CHARACTERS = 256
"""Enough to distinguish two names; a longer one must not fill the caches."""


@functools.lru_cache(maxsize=1024)
def _seeded(cluster: str, node: str) -> hashlib.blake2b:
    seed = f"{len(cluster)}:{cluster}{len(node)}:{node}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(seed, digest_size=_ID_BYTES)


def event_id(cluster: str, node: str, line: bytes) -> str:
    """BLAKE2b-128 of cluster, node and the raw line (before redaction), as 32 hex digits."""
    hasher = _seeded(cluster[:_PART_CHARACTERS], node[:_PART_CHARACTERS]).copy()
    hasher.update(line)
    return hasher.hexdigest()


def dead_id(line: bytes, place: str) -> str:
    """The id of bytes that are not an event: equal bytes at two *places* (file and offset) are two dead letters."""
    hasher = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES, person=b"tocsin.dead")
    hasher.update(line)
    return hasher.hexdigest()


def together(ids: Iterable[str]) -> str:
    """The id of a message with several parts, each of which has its own id."""
    return hashlib.blake2b("".join(ids).encode(), digest_size=_ID_BYTES, person=b"tocsin.many").hexdigest()


def fingerprint(*parts: str) -> str:
    """16 hex digits of what repeats: two alerts with the same fingerprint may be folded into one row."""
    if max(map(len, parts)) > _PART_CHARACTERS:
        parts = tuple(part[:_PART_CHARACTERS] for part in parts)
    return _fingerprint(*parts)


@functools.lru_cache(maxsize=4096)
def _fingerprint(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_FINGERPRINT_BYTES).hexdigest()


def fingerprint_of(text: str) -> str:
    """16 hex digits that distinguish a long text from others."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_FINGERPRINT_BYTES).hexdigest()

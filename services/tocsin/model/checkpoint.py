"""Where a source stands, and what became of every line it has read: the first page of the ledger."""

import msgspec
from msgspec import Struct


class Position(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a file that survives its renaming; a source without replay (stdin) leaves it empty."""

    fingerprint: str = ""
    """Hash of the file's first line: an inode is reused at once and is only a hint."""
    inode: int = 0
    offset: int = 0
    """Uncompressed bytes from the start of the file; everything before it is settled."""
    path: str = ""
    """Where the file was when this was written."""


class Counts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the lines before `Checkpoint.position`; `lines` is the sum of the next four."""

    lines: int = 0
    stored: int = 0
    """Became a message of EVENTS that was not there before."""
    dead: int = 0
    """Became a dead letter that was not there before."""
    repeated: int = 0
    """Were stored or dead already."""
    skipped: int = 0
    """Were empty."""
    bytes: int = 0
    """All of them, line ends included."""
    vanished_files: int = 0
    """Files that were gone before they were read to their end."""
    vanished_bytes: int = 0
    """What was not read of them, where that is known."""


class Checkpoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Saved under the source's key of the bucket, never past what JetStream has acknowledged."""

    source: str
    """For people: ``file /var/log/tetragon/tetragon.log``, ``stdin``."""
    cluster: str
    node: str = ""
    """The node the collector is bound to; empty when it takes each event's own."""
    saved: str = ""
    """RFC 3339."""
    writer: str = ""
    """The instance that saved it."""
    floor_seq: int = 0
    """Every event of this source with a sequence of EVENTS up to this one is counted."""
    floor_dead: int = 0
    """The same for DEAD_COLLECTOR."""
    counts: Counts = Counts()
    position: Position = Position()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Checkpoint)


def encode(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as JSON."""
    return _encoder.encode(checkpoint)


def decode(value: bytes) -> Checkpoint:
    """A checkpoint from its JSON; ``msgspec.DecodeError`` where it is none."""
    return _decoder.decode(value)

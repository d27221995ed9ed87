"""The position of a source, and the result of every line that it has read: the collector's part of the ledger."""

import msgspec
from msgspec import Struct


class Mark(Struct, frozen=True, array_like=True):
    """The sequences up to which the streams were counted when the newest lines of a log had reached a time."""

    reach_ns: int
    floor_seq: int
    floor_dead: int


class LogPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in the log of a pod's container, which has no offsets: time and content identify it."""

    pod: str = ""
    """The pod's uid."""
    name: str = ""
    """``namespace/name`` of the pod."""
    restarts: int = 0
    """How often the container had been restarted when its log was read here."""
    reach_ns: int = 0
    """The newest event time that several of the last lines reach, by the node's clock; 0 if it is unknown."""
    hashes: str = ""
    """Base64 of 8 bytes for each of the last lines, oldest first: they identify lines that the log returns again."""
    marks: list[Mark] = []
    """Oldest first: the sequences from which the streams are searched for lines that are older than the hashes."""


class Interval(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Lines that were most likely written and cannot be read; their number is unknown."""

    pod: str
    """``namespace/name``."""
    node: str
    """The pod's node."""
    reason: str
    """For a person."""
    after: str = ""
    """Time of the last event before, RFC 3339 by the node's clock; empty if there is none."""
    before: str = ""
    """Time of the first event afterwards; empty if there is none."""
    noticed: str = ""
    """When the collector noticed it, by its own clock."""


MOST_INTERVALS = 32
"""The newest ones are kept, up to this number; `Counts.unread_intervals` counts all."""


class Position(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a file that survives its renaming, or in a log; a source without replay (stdin) leaves it empty."""

    fingerprint: str = ""
    """Hash of the file's first line: an inode is reused at once and is only a hint."""
    inode: int = 0
    """Inode of the file."""
    offset: int = 0
    """Uncompressed bytes from the start of the file, everything before which is settled; of a log: its lines."""
    path: str = ""
    """Where the file was when this was written."""
    log: LogPlace | None = None
    """The place, if the source is a pod's log."""


class Counts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The results of the lines before `Checkpoint.position`; `lines` is the sum of the next four."""

    lines: int = 0
    """Lines that were read."""
    stored: int = 0
    """Lines that became a new message of EVENTS."""
    dead: int = 0
    """Lines that became a new dead letter."""
    repeated: int = 0
    """Lines that were stored or dead letters already."""
    skipped: int = 0
    """Empty lines."""
    bytes: int = 0
    """Size of the lines with their line ends."""
    vanished_files: int = 0
    """Files that were removed before they were read to the end."""
    vanished_bytes: int = 0
    """Bytes of them that were not read, if known."""
    unread_intervals: int = 0
    """How often lines were written that cannot be read, an unknown number each time."""


class Checkpoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Saved under the source's key of the bucket, never past what JetStream has acknowledged."""

    source: str
    """Name of the source: ``file /var/log/tetragon/tetragon.log``, ``stdin``."""
    cluster: str
    """Name of the cluster."""
    node: str = ""
    """The node the collector is bound to; empty when it takes each event's own."""
    saved: str = ""
    """When it was saved (RFC 3339)."""
    writer: str = ""
    """The instance that saved it."""
    floor_seq: int = 0
    """Every event of this source with a sequence of EVENTS up to this one is counted."""
    floor_dead: int = 0
    """The same for DEAD_COLLECTOR."""
    counts: Counts = Counts()
    """What became of the lines before `position`."""
    position: Position = Position()
    """The position up to which the source is read and settled."""
    intervals: list[Interval] = []
    """The newest of what `Counts.unread_intervals` counts."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Checkpoint)


def encode(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as JSON."""
    return _encoder.encode(checkpoint)


def decode(value: bytes) -> Checkpoint:
    """A checkpoint from its JSON; ``msgspec.DecodeError`` if it is not one."""
    return _decoder.decode(value)

"""The settings of the simulator, with the prefix ``TOCSIN_SIMULATOR``."""

from typing import Annotated

from msgspec import Meta, Struct

MAX_RATE = 50_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many events to write, of which kind, and where."""

    rate: Annotated[float, Meta(gt=0, le=MAX_RATE)] = 20.0
    """Events a second."""
    seed: int = 1
    """The same seed gives the same cluster, scenes and order."""
    nodes: Annotated[int, Meta(ge=1, le=100)] = 3
    """Number of nodes that the events come from."""
    path: str = "-"
    """The export file, rotated as Tetragon does; ``-`` is standard output."""
    count: Annotated[int, Meta(ge=0)] = 0
    """Stop after this many events; 0 does not stop."""
    for_s: Annotated[float, Meta(ge=0)] = 0.0
    """Stop after this many seconds; 0 does not stop."""
    max_size_mb: Annotated[float, Meta(gt=0, le=10_000)] = 10.0
    """Rotate the file before it grows beyond this many MiB."""
    max_backups: Annotated[int, Meta(ge=0)] = 5
    """Number of rotated files to keep; 0 keeps all."""
    rotate_every_s: Annotated[float, Meta(ge=0)] = 0.0
    """Rotate also after this many seconds; 0 rotates by size only."""
    compress: bool = False
    """Compress rotated files with gzip."""
    first_number: Annotated[str, Meta(pattern=r"^(auto|\d{1,18})$")] = "0"
    """Number of the first event; ``auto`` continues after the last complete line of the file."""
    late_share: Annotated[float, Meta(ge=0, le=0.5)] = 0.002
    """Share of pod events that are written 2 to 30 s late, as by an agent that waits for the pod's data."""
    attacks_per_minute: Annotated[float, Meta(ge=0, le=10_000)] = 6.0
    """Number of attack stories that start in a minute of simulated time, beside the normal activity."""

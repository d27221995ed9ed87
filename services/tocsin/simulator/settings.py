"""What the simulator may be told: the settings with the prefix ``TOCSIN_SIMULATOR``."""

from typing import Annotated

from msgspec import Meta, Struct

MAX_RATE = 50_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many events, of what kind, and where to."""

    rate: Annotated[float, Meta(gt=0, le=MAX_RATE)] = 20.0
    """Events a second."""
    seed: int = 1
    """The same seed makes the same cluster, scenes and order."""
    nodes: Annotated[int, Meta(ge=1, le=100)] = 3
    """How many nodes the events come from."""
    path: str = "-"
    """The export file, rotated as Tetragon does; ``-`` is standard output."""
    count: Annotated[int, Meta(ge=0)] = 0
    """Stop after so many events; 0 is for ever."""
    for_s: Annotated[float, Meta(ge=0)] = 0.0
    """Stop after so many seconds; 0 is for ever."""
    max_size_mb: Annotated[float, Meta(gt=0, le=10_000)] = 10.0
    """Rotate before the file grows over so many MiB."""
    max_backups: Annotated[int, Meta(ge=0)] = 5
    """Rotated files to keep; 0 keeps all."""
    rotate_every_s: Annotated[float, Meta(ge=0)] = 0.0
    """Rotate after so many seconds too; 0 does not."""
    compress: bool = False
    """Compress rotated files with gzip."""
    first_number: Annotated[str, Meta(pattern=r"^(auto|\d{1,18})$")] = "0"
    """Number of the first event; ``auto`` goes on after the last complete line of the file."""
    late_share: Annotated[float, Meta(ge=0, le=0.5)] = 0.002
    """Share of the events of pods that are written 2 to 30 s late, as the agent does while it waits for their pod."""
    attacks_per_minute: Annotated[float, Meta(ge=0, le=10_000)] = 6.0
    """How many attack stories start in a minute of simulated time, beside the background."""
